// The provider-specific endpoint: `/v1/{account}/{gateway}/{provider}/{rest}`, any method, any
// body.
#pragma once

#include "engine/gateway/answer_sender.h"
#include "engine/gateway/endpoint.h"
#include "engine/gateway/gateway_scope.h"
#include "engine/gateway/native_call.h"
#include "engine/gateway/native_spending.h"
#include "engine/gateway/request_limits.h"
#include "engine/gateway/request_log.h"
#include "engine/gateway/worker.h"
#include "engine/net/server.h"

namespace junctor::engine {

// Largest body that is kept until the answer has begun, so that it can be sent again; larger ones
// go through as they come.
inline constexpr uint64_t kReplayableBodyBytes = 4ull * 1024 * 1024;

// Serves one request: passes it on, and the answer back, byte for byte.
net::Awaitable<void> ServeNative(Worker* worker, net::ServerExchange* exchange,
                                 const Endpoint* endpoint, const GatewayScope* scope,
                                 RequestLimits* limits, RequestLog* log);

// Sends the provider's answer to the caller as it comes, with the gateway's own headers. A body
// that breaks off breaks the caller's connection: it is never passed off as whole.
net::Awaitable<void> SendNativeAnswer(net::ServerExchange* exchange, const AnswerSender* sender,
                                      std::string_view provider, std::string_view step,
                                      NativeAnswer* answer, NativeSpending* spending,
                                      RequestLog* log);

}  // namespace junctor::engine
