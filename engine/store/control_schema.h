// The control plane's tables.
#pragma once

#include <cstdint>
#include <span>

#include "engine/store/migrations.h"

namespace junctor::engine {

// How many changes are kept for those who follow them. At 100 changes a second an instance may be
// away for a quarter of an hour; who missed more reads everything.
inline constexpr int64_t kKeptChanges = 100'000;

// In order; see Migrate.
std::span<const Migration> ControlMigrations();

}  // namespace junctor::engine
