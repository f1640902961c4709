// Which of a caller's headers go to a provider on its own endpoint, and whose key goes with them.
// The gateway's own token never does.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "engine/config/provider_record.h"
#include "engine/net/http_types.h"

namespace junctor::engine {

// What the gateway knows of credentials for one call.
struct NativeCredential {
  // Whether a token is one of the gateway's own; in constant time. Empty: it has none.
  std::function<bool(std::string_view token)> is_gateway_token;
  // The configured key, or an access token made of it, which serves where the caller sent none of
  // its own. Empty: there is none.
  std::string_view key;
};

// Whose credential a request carries.
enum class CredentialSource : uint8_t {
  kNone,     // nobody's: AWS requests may still be signed
  kCaller,   // the caller's, as it was sent
  kGateway,  // NativeCredential::key
};

// Appends to `head` what goes upstream of `caller`'s headers, as lines: all but those of the
// connection, the body's length, Host, the gateway's own, the caller's address, cookies, and the
// credentials of other providers. The provider's own credential headers pass as they were sent; one
// that holds the gateway's token is left out, wherever it stands, and NativeCredential::key takes
// its place, as it does where the caller sent no credential. For a request that its caller signed
// (IsSignedByCaller) every signed header passes unchanged but `host` and those of the connection.
CredentialSource AppendNativeRequestHeaders(const net::RequestHead& caller,
                                            const ProviderRecord& record,
                                            const NativeCredential& credential, std::string* head);

// `query` (without `?`) without the parameters whose value is the gateway's token; the rest byte
// for byte. Google's clients put their key into `key`.
std::string QueryWithoutGatewayToken(std::string_view query, const NativeCredential& credential);

}  // namespace junctor::engine
