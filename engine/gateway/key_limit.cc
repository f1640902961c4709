#include "engine/gateway/key_limit.h"

#include <algorithm>
#include <memory>
#include <string>
#include <utility>

#include "absl/time/clock.h"
#include "engine/gateway/limit_wait.h"
#include "engine/limits/gateway_limits.h"
#include "engine/limits/limit_backend.h"

namespace junctor::engine {
namespace {

Failure KeyRefusal(const StoredKey& key, uint64_t retry_after_ms) {
  const std::string seconds = std::to_string(std::max<uint64_t>((retry_after_ms + 999) / 1000, 1));
  Failure failure;
  failure.error = ErrorClass::kRateLimit;
  failure.upstream_status = 429;  // what the caller gets, as if the provider had refused
  failure.message = "the rate limit of the stored key `" + key.alias + "` of `" + key.provider +
                    "` is reached; try again in " + seconds + " s";
  failure.type = "rate_limit_error";
  failure.code = "rate_limit_exceeded";
  failure.retry_after_ms = retry_after_ms;
  failure.should_retry = false;
  failure.headers.emplace_back("retry-after", seconds);
  return failure;
}

}  // namespace

net::Awaitable<std::optional<Failure>> TakeKeyRate(Worker* worker, std::string_view gateway,
                                                   const StoredKey& key) {
  LimitBackend* const limits = worker->shared->limits;
  const std::string element = std::string(kKeyElementPrefix) + key.id;
  LimitSpec spec;
  spec.limit = key.rate_limit;
  spec.window_seconds = key.rate_period_seconds;
  LimitAsk ask;
  ask.name = {gateway, kGatewayLimitRoute, element};
  ask.spec = &spec;
  const int64_t now = absl::GetCurrentTimeNanos();
  LimitVerdict verdict;
  if (!limits->Ask(ask, now, &verdict)) {
    auto batch = std::make_shared<LimitBatch>();
    batch->unix_nanoseconds = now;
    batch->Add(ask);
    co_await AskBatch(limits, worker->loop, batch);
    verdict = std::move(batch->verdicts.front());
  }
  if (verdict.answer.admitted) co_return std::nullopt;
  co_return KeyRefusal(key, verdict.answer.retry_after_ms);
}

}  // namespace junctor::engine
