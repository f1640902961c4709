#include "runtime/program/retry_rules.h"

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

bool IsRetried(const ModelSpec& model, ErrorClass error) {
  if (error == ErrorClass::kStream) return model.on_stream_failure != StreamFailurePolicy::kError;
  return Contains(model.retry_on, error);
}

bool LeadsToFallback(const ModelSpec& model, ErrorClass error) {
  if (error == ErrorClass::kStream && model.on_stream_failure == StreamFailurePolicy::kError) {
    return false;
  }
  return model.has_fallback && Contains(model.fallback_on, error);
}

uint32_t MaxAttemptsToFirstToken(const ModelSpec& model) {
  const bool retries_some = (model.retry_on & ~Only(ErrorClass::kStream)) != 0;
  return retries_some ? 1u + model.retries : 1u;
}

uint32_t MaxAttempts(const ModelSpec& model) {
  if (IsRetried(model, ErrorClass::kStream)) return 1u + model.retries;
  return MaxAttemptsToFirstToken(model);
}

}  // namespace junctor
