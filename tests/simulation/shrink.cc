#include "tests/simulation/shrink.h"

#include <algorithm>
#include <cstddef>
#include <utility>
#include <vector>

namespace junctor::simulation {
namespace {

// Leaves out runs of items, long ones first, as long as the plan still fails.
template <typename Item>
void ShrinkItems(Plan* plan, std::vector<Item> Plan::*items, const RunOptions& options,
                 size_t* runs_left) {
  for (size_t length = (plan->*items).size(); length > 0; length /= 2) {
    for (size_t from = 0; from < (plan->*items).size() && *runs_left > 0;) {
      Plan smaller = *plan;
      std::vector<Item>& left = smaller.*items;
      const size_t to = std::min(from + length, left.size());
      left.erase(left.begin() + static_cast<std::ptrdiff_t>(from),
                 left.begin() + static_cast<std::ptrdiff_t>(to));
      --*runs_left;
      if (RunPlan(smaller, options).failure.has_value()) {
        *plan = std::move(smaller);
      } else {
        from += length;
      }
    }
  }
}

}  // namespace

Plan Shrink(Plan plan, const RunOptions& options, size_t max_runs) {
  const RunResult first = RunPlan(plan, options);
  if (first.failure.has_value()) {
    // What comes after the failure has no part in it.
    Plan before = plan;
    std::erase_if(before.requests,
                  [&](const RequestPlan& request) { return request.arrival > first.failed_at; });
    std::erase_if(before.faults,
                  [&](const FaultPlan& fault) { return fault.at > first.failed_at; });
    if (RunPlan(before, options).failure.has_value()) plan = std::move(before);
  }
  for (size_t before = 0; before != plan.requests.size() + plan.faults.size() && max_runs > 0;) {
    before = plan.requests.size() + plan.faults.size();
    ShrinkItems(&plan, &Plan::faults, options, &max_runs);
    ShrinkItems(&plan, &Plan::requests, options, &max_runs);
  }
  return plan;
}

}  // namespace junctor::simulation
