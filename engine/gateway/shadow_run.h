// A version that decides in the shadow: its flow is run for a request that another version has
// served, and nothing of it reaches the world.
#pragma once

#include <cstdint>
#include <memory>
#include <string_view>

#include "engine/gateway/decision_record.h"
#include "engine/limits/limit_backend.h"
#include "engine/observe/ids.h"
#include "engine/observe/shadow_differences.h"
#include "runtime/program/program.h"
#include "runtime/request/request.h"

namespace junctor::engine {

// What a decision in the shadow looks at.
struct ShadowWorld {
  RandomSource* random = nullptr;
  LimitBackend* limits = nullptr;
  std::string_view gateway;  // whose limits they are (R17)
  int64_t unix_nanoseconds = 0;
};

// What `program`, of which `version` is the number, would have decided for `request`. Draws, limits
// and calls of elements that `served` came through too get the same answers. Elsewhere a draw is
// made anew, a limit is looked at without being taken, and a call succeeds.
RouteDecision DecideInShadow(const std::shared_ptr<const Program>& program, uint64_t version,
                             const Request& request, const DecisionRecord& served,
                             const ShadowWorld& world);

}  // namespace junctor::engine
