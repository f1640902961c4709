// A whole simulated run: a plan is done, and what must always be true is checked after every event.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "tests/simulation/context.h"
#include "tests/simulation/plan.h"

namespace junctor::simulation {

struct RunOptions {
  Break broken = Break::kNothing;
  bool prints = false;  // the trace
  // After so many questions to limits all windows are compared with their stores.
  uint64_t asks_per_audit = 256;
};

struct RunResult {
  std::optional<std::string> failure;  // the first thing that was wrong, with its time
  Time failed_at = 0;
  uint64_t hash = 0;  // of the trace
  uint64_t events = 0;
  uint64_t asks = 0;          // questions to limits whose answers were checked
  uint64_t checks = 0;        // windows that were compared with their store
  uint64_t beyond_holds = 0;  // charges above what their requests held
};

// Runs a plan. Deterministic.
RunResult RunPlan(const Plan& plan, const RunOptions& options);

}  // namespace junctor::simulation
