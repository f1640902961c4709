#include "engine/providers/google/vertex_key.h"

#include "absl/status/status.h"
#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "engine/net/http_types.h"

namespace junctor::engine {
namespace {

constexpr std::string_view kBearer = "bearer";
// How the access tokens of Google's OAuth begin.
constexpr std::string_view kAccessTokenPrefix = "ya29.";

std::string_view Stripped(std::string_view text) {
  const absl::string_view stripped =
      absl::StripAsciiWhitespace(absl::string_view(text.data(), text.size()));
  return {stripped.data(), stripped.size()};
}

}  // namespace

absl::StatusOr<VertexKey> ReadVertexKey(std::string_view credential,
                                        std::span<const std::string> allowed_token_origins) {
  std::string_view text = Stripped(credential);
  if (net::EqualsIgnoreCase(text.substr(0, kBearer.size()), kBearer) &&
      (text.size() == kBearer.size() || text[kBearer.size()] == ' ')) {
    text = Stripped(text.substr(kBearer.size()));
  }
  if (text.empty()) return absl::InvalidArgumentError("the credential for Vertex AI is empty");
  bool is_account = text.front() == '{';
  std::string decoded;
  if (!is_account && !text.starts_with(kAccessTokenPrefix) &&
      text.size() <= 2 * kMaxServiceAccountBytes &&
      absl::Base64Unescape(absl::string_view(text.data(), text.size()), &decoded)) {
    text = Stripped(decoded).starts_with('{') ? std::string_view(decoded) : text;
    is_account = text.data() == decoded.data();
  }
  VertexKey key;
  if (is_account) {
    absl::StatusOr<ServiceAccount> account = ParseServiceAccountJson(text, allowed_token_origins);
    if (!account.ok()) return account.status();
    key.account = *std::move(account);
    return key;
  }
  if (!net::IsValidHeaderValue(text)) {
    return absl::InvalidArgumentError(
        "the credential for Vertex AI is neither a service account's key nor an access token");
  }
  key.access_token = Secret(std::string(text));
  return key;
}

}  // namespace junctor::engine
