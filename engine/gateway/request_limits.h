// The limits of a whole gateway on one HTTP request, whatever endpoint it came to.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "engine/gateway/error_response.h"
#include "engine/gateway/gateway_scope.h"
#include "engine/gateway/limit_wait.h"
#include "engine/gateway/request_log.h"
#include "engine/limits/limit_backend.h"
#include "engine/net/awaitable.h"
#include "engine/net/event_loop.h"

namespace junctor::engine {

// One request's place in its gateway's rate limit. Used by one coroutine.
class RequestLimits {
 public:
  // All outlive the object.
  RequestLimits(LimitBackend* limits, net::EventLoop* loop, const GatewayScope* scope,
                RequestLog* log);

  // Takes the request from the rate limit where that can be done at once. False: TakeRate has to
  // wait for it, or the question goes along with others (rate_ask).
  bool TryTakeRate();
  net::Awaitable<void> TakeRate();

  // The question that was not asked yet; to be followed by SetRateVerdict.
  bool rate_is_open() const { return rate_is_open_; }
  LimitAsk rate_ask() const;
  void SetRateVerdict(const LimitVerdict& verdict);

  // Set: the request is refused, and another may come after so many milliseconds.
  const std::optional<uint64_t>& refused_for_ms() const { return refused_for_ms_; }

  LimitBackend* backend() const { return limits_; }
  // Null: there is no control plane, and so no limit.
  const GatewayView* gateway() const { return scope_->view; }
  const GatewayScope& scope() const { return *scope_; }
  std::string_view gateway_name() const { return scope_->id; }

 private:
  LimitBackend* limits_;
  net::EventLoop* loop_;
  const GatewayScope* scope_;
  RequestLog* log_;
  LimitSpec spec_;
  bool rate_is_open_ = false;
  std::optional<uint64_t> refused_for_ms_;
};

// What a caller is told of a gateway's own limits: the fields of the error, in words of OpenAI's
// API, to be put into the shape of the endpoint; with `retry-after`.
struct GatewayRefusal {
  std::string message;
  std::string_view type;
  std::string_view code;
  std::string retry_after;  // whole seconds
};
GatewayRefusal RateRefusal(const RequestLimits& limits);
GatewayRefusal SpendRefusal(std::string_view rule, uint64_t retry_after_ms);

// The same as a whole answer, of an endpoint in OpenAI's form or of a provider's own.
ErrorResponse RefusalError(const GatewayRefusal& refusal, ChatFormat format = ChatFormat::kOpenAi);

}  // namespace junctor::engine
