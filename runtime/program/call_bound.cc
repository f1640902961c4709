#include "runtime/program/call_bound.h"

#include <algorithm>

#include "runtime/program/retry_rules.h"

namespace junctor {

void Cover(const CallBound& other, CallBound* bound) {
  bound->any = std::max(bound->any, other.any);
  bound->failing = std::max(bound->failing, other.failing);
}

CallBound BoundOfModel(const ModelSpec& model, const CallBound& success,
                       const CallBound* fallback) {
  const uint64_t attempts = MaxAttempts(model);
  if (fallback == nullptr) return {attempts + success.any, attempts};
  // Where no model stands on the fallback's way, there is nothing to begin early.
  const uint64_t hedges = model.hedge_after_ms != 0 && fallback->failing > 0 ? 1 : 0;
  CallBound bound{attempts + std::max(success.any + hedges, fallback->any),
                  attempts + fallback->failing};
  if (model.on_stream_failure == StreamFailurePolicy::kContinue) {
    // The hedge was dropped when the attempt that broke off had won, and is not taken up again.
    bound.failing += hedges;
    bound.any = std::max(bound.any, bound.failing + success.failing);
  }
  return bound;
}

}  // namespace junctor
