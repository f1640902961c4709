#include "runtime/interp/retry_policy.h"

namespace junctor {

uint64_t BackoffMs(const ModelSpec& model, uint32_t attempt) {
  const uint64_t delay = model.retry_delay_ms;
  switch (model.backoff) {
    case Backoff::kConstant:
      return delay;
    case Backoff::kLinear:
      return delay * attempt;
    case Backoff::kExponential:
      return delay << (attempt - 1);
  }
  return delay;
}

std::optional<uint32_t> DelayBeforeRetry(const ModelSpec& model, const FailedAttempt& failed) {
  if (failed.attempt >= model.retries || !Contains(model.retry_on, failed.error)) {
    return std::nullopt;
  }
  if (failed.retry_after_ms) {
    if (*failed.retry_after_ms > kMaxRetryAfterMs) return std::nullopt;
    return static_cast<uint32_t>(*failed.retry_after_ms);
  }
  // Uniform whole percents from 75 to 125.
  const uint64_t spread = (failed.random >> 32) * (2 * kJitterPercent + 1) >> 32;
  const uint64_t percent = 100 - kJitterPercent + spread;
  return static_cast<uint32_t>(BackoffMs(model, failed.attempt + 1) * percent / 100);
}

bool LeadsToFallback(const ModelSpec& model, ErrorClass error) {
  return model.has_fallback && Contains(model.fallback_on, error);
}

}  // namespace junctor
