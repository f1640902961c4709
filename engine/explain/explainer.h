// Runs one request through a program with the world assumed, and writes down what decided each
// step.
#pragma once

#include <cstdint>
#include <memory>

#include "engine/explain/assumptions.h"
#include "engine/explain/explanation.h"
#include "engine/explain/known_limits.h"
#include "runtime/program/program.h"
#include "runtime/request/request.h"

namespace junctor::engine {

// The run of `request` through `program`: the same interpreter as in the gateway, with answers from
// `assumptions`, and draws and jitter from `seed`. Deterministic. A failed attempt takes the time
// of its timeout when it is one, and none otherwise. With `limits`, a limit of which nothing is
// assumed says what it would say in that state.
Explanation Explain(const std::shared_ptr<const Program>& program, const Request& request,
                    const Assumptions& assumptions, uint64_t seed,
                    const KnownLimits* limits = nullptr);

}  // namespace junctor::engine
