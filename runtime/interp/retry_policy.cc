#include "runtime/interp/retry_policy.h"

#include "runtime/program/retry_rules.h"

namespace junctor {

std::optional<uint32_t> DelayBeforeRetry(const ModelSpec& model, const FailedAttempt& failed) {
  if (failed.attempt >= model.retries || !IsRetried(model, failed.error)) {
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

}  // namespace junctor
