// When a failed attempt at a model is followed by another (R19, R21). Pure.
#pragma once

#include <cstdint>
#include <optional>

#include "runtime/program/error_class.h"
#include "runtime/program/program_parts.h"

namespace junctor {

// One failed attempt.
struct FailedAttempt {
  uint32_t attempt = 0;  // its number at this element, from 0
  ErrorClass error = ErrorClass::kConnect;
  std::optional<uint64_t> retry_after_ms;  // what the provider asked for
  uint64_t random = 0;                     // uniform, for the jitter
};

// The delay before the next attempt in ms, or nothing when there is none: no retries left, an error
// class that is not retried (IsRetried), or a Retry-After above kMaxRetryAfterMs. A Retry-After
// within it replaces the backoff and is kept exactly; otherwise the delay is the backoff times a
// factor from 0.75 to 1.25.
std::optional<uint32_t> DelayBeforeRetry(const ModelSpec& model, const FailedAttempt& failed);

}  // namespace junctor
