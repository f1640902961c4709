// Makes a plan that fails small: what can be left out is.
#pragma once

#include "tests/simulation/plan.h"
#include "tests/simulation/world.h"

namespace junctor::simulation {

// A part of `plan`, which fails, that fails too: as small as `max_runs` runs make it. Set
// `options.asks_per_audit` to 1: what is wrong is then seen at once.
Plan Shrink(Plan plan, const RunOptions& options, size_t max_runs);

}  // namespace junctor::simulation
