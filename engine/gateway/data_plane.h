// The data plane's door: which endpoint a request is for, whether it may, and its one log line.
#pragma once

#include "engine/gateway/worker.h"
#include "engine/net/server.h"

namespace junctor::engine {

// Serves one request on its worker (the exchange's worker_state).
net::Awaitable<void> HandleRequest(net::ServerExchange& exchange);

}  // namespace junctor::engine
