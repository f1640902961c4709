// What follows a failed attempt at a model: again, and when, or no more (R19, R21). Pure.
#pragma once

#include <cstdint>
#include <optional>

#include "runtime/program/error_class.h"
#include "runtime/program/program_parts.h"

namespace junctor {

// Longest Retry-After that is waited for; a longer one ends the attempts on the element (R21).
inline constexpr uint64_t kMaxRetryAfterMs = 5'000;
// Delays differ by up to this much, in percent, from what the route says, so that many callers
// don't come back at once (R21).
inline constexpr uint32_t kJitterPercent = 25;

// One failed attempt.
struct FailedAttempt {
  uint32_t attempt = 0;  // its number at this element, from 0
  ErrorClass error = ErrorClass::kConnect;
  std::optional<uint64_t> retry_after_ms;  // what the provider asked for
  uint64_t random = 0;                     // uniform, for the jitter
};

// The delay before attempt `attempt` (from 1), without jitter, in ms: retryDelay × 1, × attempt or
// × 2^(attempt - 1). At most 5 s × 2^4 within the bounds of R19.
uint64_t BackoffMs(const ModelSpec& model, uint32_t attempt);

// The delay before the next attempt in ms, or nothing when there is none: no retries left, an error
// class that is not retried, or a Retry-After above kMaxRetryAfterMs. A Retry-After within it
// replaces the backoff and is kept exactly; otherwise the delay is the backoff times a factor from
// 0.75 to 1.25.
std::optional<uint32_t> DelayBeforeRetry(const ModelSpec& model, const FailedAttempt& failed);

// Whether the element's fallback is next when no attempt is left: it has one, and it is for this
// class (R21).
bool LeadsToFallback(const ModelSpec& model, ErrorClass error);

}  // namespace junctor
