// The universal endpoint: `POST /v1/{account}/{gateway}`, one provider call or a list of calls, of
// which the first that succeeds is the answer.
#pragma once

#include <string_view>

#include "engine/gateway/error_response.h"
#include "engine/gateway/gateway_scope.h"
#include "engine/gateway/request_limits.h"
#include "engine/gateway/request_log.h"
#include "engine/gateway/worker.h"
#include "engine/net/server.h"

namespace junctor::engine {

// Serves one request. Answers keep the form of the provider that gave them; `cf-aig-step` is the
// number of its entry. Where all entries fail, the last one's error is the answer.
net::Awaitable<void> ServeUniversal(Worker* worker, net::ServerExchange* exchange,
                                    const GatewayScope* scope, RequestLimits* limits,
                                    RequestLog* log);

// Numbers of errors in the universal endpoint's own shape; clients know the first and the last.
enum class UniversalErrorCode : int {
  kNoGateway = 2001,
  kInvalidRequest = 2002,
  kUnknownProvider = 2003,
  kUpstreamFailed = 2004,
  kLimited = 2008,
  kUnauthorized = 2009,
};

// {"success":false,"error":[{"code","message"}]}: the key is `error`, as this endpoint's clients
// read it.
ErrorResponse UniversalError(int status, UniversalErrorCode code, std::string_view message);

}  // namespace junctor::engine
