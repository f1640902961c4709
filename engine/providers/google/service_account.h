// A Google service account's key, and the signed assertion that its access tokens are asked for
// with (RFC 7523). Pure: no clock, no sockets.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "engine/config/secret.h"
#include "engine/providers/google/token_endpoint.h"

namespace junctor::engine {

// Largest text of a key that is read: real ones have 2.4 KB.
inline constexpr size_t kMaxServiceAccountBytes = 32 * 1024;

// What tokens for model calls are asked for.
inline constexpr std::string_view kCloudPlatformScope =
    "https://www.googleapis.com/auth/cloud-platform";

// One key of a service account, checked.
struct ServiceAccount {
  std::string client_email;
  std::string private_key_id;  // may be empty
  Secret private_key;          // PEM; whether it is a usable key shows when it signs
  std::string project_id;      // may be empty; else fit to stand in a URL's path
  std::string region;          // junctor's own key; may be empty; else IsVertexRegion holds
  std::string token_uri;
  TokenEndpoint token_endpoint;  // token_uri, taken apart

  // A text that differs for all keys that differ in anything a token depends on, the private key
  // included: who knows an account's name and key id does not share its tokens. Holds no secret.
  std::string Identity() const;
};

// Reads a key from its JSON text. InvalidArgument names the member that is missing or wrong, never
// a secret. `allowed_token_origins`: see ReadTokenUri.
absl::StatusOr<ServiceAccount> ParseServiceAccountJson(
    std::string_view json, std::span<const std::string> allowed_token_origins);

// The same from JSON, or from base64 of it (standard alphabet, padded or not).
absl::StatusOr<ServiceAccount> ParseServiceAccount(
    std::string_view text, std::span<const std::string> allowed_token_origins);

// The JWT that asks for a token of `scope`: RS256, valid for an hour from `unix_seconds` on. The
// same for the same arguments. InvalidArgument: the private key is no RSA key in PEM of a size that
// Google gives out.
absl::StatusOr<std::string> MakeAssertion(const ServiceAccount& account, std::string_view scope,
                                          int64_t unix_seconds);

}  // namespace junctor::engine
