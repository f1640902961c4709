// Who may use the data plane: one bearer token of the configuration, or everybody.
#pragma once

#include "engine/config/secret.h"
#include "engine/net/http_types.h"

namespace junctor::engine {

// What the credentials of a request say.
struct Authentication {
  bool allowed = false;
  // The gateway's own token stood where a provider's key stands (`Authorization`): it must not go
  // upstream.
  bool token_in_authorization = false;
};

// Looks for `token` in `cf-aig-authorization`, and where that is absent in `Authorization` (as the
// OpenAI SDK sends its key). An empty `token` allows everybody.
Authentication Authenticate(const net::RequestHead& head, const Secret& token);

}  // namespace junctor::engine
