// What a model's properties say of further attempts (R19, R21, R22): the arithmetic that the
// compiler's bounds, the verifier and the interpreter share. Pure.
#pragma once

#include <cstdint>

#include "runtime/program/error_class.h"
#include "runtime/program/program_parts.h"

namespace junctor {

// Longest Retry-After that is waited for; a longer one ends the attempts on the element (R21).
inline constexpr uint64_t kMaxRetryAfterMs = 5'000;
// Delays differ by up to this much, in percent, from what the route says, so that many callers
// don't come back at once (R21).
inline constexpr uint32_t kJitterPercent = 25;

// The delay before attempt `attempt` (from 1), without jitter, in ms: retryDelay × 1, × attempt or
// × 2^(attempt - 1). At most 5 s × 2^4 within the bounds of R19.
uint64_t BackoffMs(const ModelSpec& model, uint32_t attempt);

// Whether a failure of class `error` is followed by another attempt at the element, while `retries`
// leaves one. Class `stream` goes by the policy alone, whatever retryOn says: `continue` and `hold`
// are the author's wish to try again, and with `error` there is nothing to be tried (R22).
bool IsRetried(const ModelSpec& model, ErrorClass error);

// Whether a failure of class `error` goes to the element's fallback when no attempt is left: it has
// one, and it is for this class (R21). Class `stream` never does under the policy `error` (R22).
bool LeadsToFallback(const ModelSpec& model, ErrorClass error);

// Attempts that one visit of the element can make before its first token: 1 + retries, or 1 where
// no failure that comes before it is retried.
uint32_t MaxAttemptsToFirstToken(const ModelSpec& model);

// Attempts that one visit of the element can make, those after a broken stream included: 1 +
// retries, or 1 where no class is retried.
uint32_t MaxAttempts(const ModelSpec& model);

}  // namespace junctor
