// What the credential of a Vertex AI call is: a service account's key, of which tokens are made, or
// an access token that is there already.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "engine/config/secret.h"
#include "engine/providers/google/service_account.h"

namespace junctor::engine {

// One of the two is there.
struct VertexKey {
  std::optional<ServiceAccount> account;
  Secret access_token;
};

// Reads the credential of a request or of the configuration: `Bearer` before it or not, then a
// service account's key as JSON or as base64 of it. What begins with `ya29.`, or does not decode to
// a JSON object, is an access token. InvalidArgument: it is empty, a service account that is not
// right (see ParseServiceAccountJson), or a token that can't stand in a header. Errors hold nothing
// of the credential.
absl::StatusOr<VertexKey> ReadVertexKey(std::string_view credential,
                                        std::span<const std::string> allowed_token_origins);

}  // namespace junctor::engine
