// The price table of a process: the built-in one, with the operator's file before it.
#pragma once

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "engine/prices/price_table.h"

namespace junctor::engine {

// Reads `file`, a price file; empty: there is none. Errors begin with its name.
absl::StatusOr<std::shared_ptr<const PriceTable>> LoadPriceTable(const std::string& file);

}  // namespace junctor::engine
