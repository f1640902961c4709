#include "engine/gateway/request_limits.h"

#include <algorithm>
#include <memory>
#include <utility>

#include "absl/time/clock.h"
#include "engine/limits/gateway_limits.h"

namespace junctor::engine {
namespace {

std::string SecondsText(uint64_t milliseconds) {
  return std::to_string(std::max<uint64_t>((milliseconds + 999) / 1000, 1));
}

}  // namespace

RequestLimits::RequestLimits(LimitBackend* limits, net::EventLoop* loop, const GatewayScope* scope,
                             RequestLog* log)
    : limits_(limits), loop_(loop), scope_(scope), log_(log) {
  if (scope->view == nullptr || !scope->view->rate_limit.acts()) return;
  const GatewayRateLimit& rate = scope->view->rate_limit;
  rate_is_open_ = true;
  spec_.technique = rate.technique;
  spec_.limit = rate.limit;
  spec_.window_seconds = rate.interval_seconds;
}

LimitAsk RequestLimits::rate_ask() const {
  LimitAsk ask;
  ask.name = {scope_->id, kGatewayLimitRoute, kGatewayRateElement};
  ask.spec = &spec_;
  return ask;
}

bool RequestLimits::TryTakeRate() {
  if (!rate_is_open_) return true;
  LimitVerdict verdict;
  // Not when the request came: its body may have taken a while, and a store would take an older
  // time for a clock that was set back, and forget what it counted.
  if (!limits_->Ask(rate_ask(), absl::GetCurrentTimeNanos(), &verdict)) return false;
  SetRateVerdict(verdict);
  return true;
}

net::Awaitable<void> RequestLimits::TakeRate() {
  if (TryTakeRate()) co_return;
  auto batch = std::make_shared<LimitBatch>();
  batch->unix_nanoseconds = absl::GetCurrentTimeNanos();
  batch->Add(rate_ask());
  co_await AskBatch(limits_, loop_, batch);
  SetRateVerdict(batch->verdicts.front());
}

void RequestLimits::SetRateVerdict(const LimitVerdict& verdict) {
  rate_is_open_ = false;
  log_->rate_limit().Note(spec_, verdict);
  if (!verdict.answer.admitted) refused_for_ms_ = verdict.answer.retry_after_ms;
}

GatewayRefusal RateRefusal(const RequestLimits& limits) {
  GatewayRefusal refusal;
  refusal.retry_after = SecondsText(limits.refused_for_ms().value_or(0));
  refusal.message = "the rate limit of gateway `" + std::string(limits.gateway_name()) +
                    "` is reached; try again in " + refusal.retry_after + " s";
  refusal.type = "rate_limit_error";
  refusal.code = "rate_limit_exceeded";
  return refusal;
}

GatewayRefusal SpendRefusal(std::string_view rule, uint64_t retry_after_ms) {
  GatewayRefusal refusal;
  refusal.retry_after = SecondsText(retry_after_ms);
  refusal.message = "the spend limit `" + std::string(rule) +
                    "` of this gateway is reached; try again in " + refusal.retry_after + " s";
  refusal.type = "insufficient_quota";
  refusal.code = "spend_limit_exceeded";
  return refusal;
}

ErrorResponse RefusalError(const GatewayRefusal& refusal, ChatFormat format) {
  ErrorFields fields;
  fields.message = refusal.message;
  fields.type = refusal.type;
  fields.code = refusal.code;
  ErrorResponse response = MakeNativeError(format, 429, fields);
  response.headers.emplace_back("retry-after", refusal.retry_after);
  return response;
}

}  // namespace junctor::engine
