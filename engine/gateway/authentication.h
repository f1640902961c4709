// Who may use the data plane: one bearer token of the configuration, or everybody.
#pragma once

#include "engine/config/secret.h"
#include "engine/net/http_types.h"

namespace junctor::engine {

// Whether a request carries `token`: in `cf-aig-authorization`, and where that is absent where
// providers' keys stand: `Authorization` (as the OpenAI SDK sends its key), `x-api-key`,
// `x-goog-api-key`, … An empty `token` lets everybody in.
bool IsAuthenticated(const net::RequestHead& head, const Secret& token);

}  // namespace junctor::engine
