// Where access tokens are fetched: the URL that a service account's key names, checked, since it is
// the caller's input when the key comes in a header.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "engine/net/client.h"

namespace junctor::engine {

// Google's own, which is always allowed.
inline constexpr std::string_view kGoogleTokenUri = "https://oauth2.googleapis.com/token";

// A token endpoint's URL, taken apart.
struct TokenEndpoint {
  net::Upstream upstream;
  std::string authority;  // of the Host header: the port where it is not the scheme's own
  std::string path;
};

// Reads `token_uri`. Allowed are kGoogleTokenUri, and any path on an origin of the operator's list:
// "token.example.com" and "token.example.com:8443" stand for https, "http://127.0.0.1:9000" is
// taken as it says. InvalidArgument for all else: a URL with a user, a query or a fragment, or with
// characters that need encoding, is none of them.
absl::StatusOr<TokenEndpoint> ReadTokenUri(std::string_view token_uri,
                                           std::span<const std::string> allowed_origins);

}  // namespace junctor::engine
