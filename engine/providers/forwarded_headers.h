// Which headers cross the gateway, in either direction.
#pragma once

#include <string>
#include <string_view>

#include "engine/net/http_types.h"

namespace junctor::engine {

// Appends to `head` the caller's headers that a provider gets: all but those of the connection, the
// gateway's own (cf-…), the caller's address, cookies, and every credential.
void AppendForwardedRequestHeaders(const net::RequestHead& caller, std::string* head);

// Whether a header of a provider's answer is passed on to the caller: all but those of the
// connection, of the body's framing, of the provider's own host (HSTS, Alt-Svc), and any that poses
// as one of ours (cf-aig-…).
bool IsForwardedResponseHeader(std::string_view name);

}  // namespace junctor::engine
