// The first question to a request: which gateway it is for, and whether it may use that.
#pragma once

#include <optional>

#include "absl/status/status.h"
#include "engine/gateway/endpoint.h"
#include "engine/gateway/error_response.h"
#include "engine/gateway/gateway_scope.h"
#include "engine/gateway/worker.h"
#include "engine/net/http_types.h"

namespace junctor::engine {

// The answer.
struct Entrance {
  GatewayScope scope;
  std::optional<ErrorResponse> error;  // the request may not enter
  // The request may enter once the gateway `default` is there: see AwaitDefaultGateway, then ask
  // again.
  bool needs_default_gateway = false;
};

// Looks the gateway up and the caller's token. Without a control plane any gateway is there, and
// the configuration's token is asked for.
Entrance EnterGateway(Worker* worker, const net::RequestHead& head, const Endpoint& endpoint);

// Waits until the gateway `default` was created, or why it could not be. The loop goes on.
net::Awaitable<absl::Status> AwaitDefaultGateway(Worker* worker);

// The answer where it could not.
ErrorResponse NoDefaultGatewayError(const Worker& worker, const Endpoint& endpoint,
                                    const absl::Status& status);

}  // namespace junctor::engine
