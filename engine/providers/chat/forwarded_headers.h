// Which headers cross the gateway, in either direction.
#pragma once

#include <string>
#include <string_view>

#include "engine/net/http_types.h"

namespace junctor::engine {

// Whether the header `name` among `headers` stays at the gateway, whatever the provider: those of
// the connection and of the body's framing, the gateway's own (cf-…), the caller's address,
// cookies.
bool StaysAtGateway(const net::HeaderList& headers, std::string_view name);

// Whether some provider takes a key in the header `name`.
bool IsCredentialHeader(std::string_view name);

// Appends to `head` the caller's headers that a provider gets whose answer the gateway reads: all
// but those that stay at the gateway, Accept-Encoding, every credential, and those that
// `set_already` ("name: value\r\n…") holds.
void AppendForwardedRequestHeaders(const net::HeaderList& caller, std::string* head,
                                   std::string_view set_already = {});

// Appends those of the header lines `extra` ("name: value\r\n…") whose name is not among the lines
// `set_already`.
void AppendExtraLines(std::string_view extra, std::string_view set_already, std::string* head);

// Whether one of the header lines in `lines` has that name.
bool HoldsHeader(std::string_view lines, std::string_view name);

// Whether a header of a provider's answer is passed on to the caller: all but those of the
// connection, of the body's framing, of the provider's own host (HSTS, Alt-Svc), and any that poses
// as one of ours (cf-aig-…).
bool IsForwardedResponseHeader(std::string_view name);

}  // namespace junctor::engine
