#include "engine/providers/google/token_endpoint.h"

#include <algorithm>
#include <charconv>

#include "absl/status/status.h"
#include "absl/strings/ascii.h"

namespace junctor::engine {
namespace {

constexpr size_t kMaxTokenUriBytes = 2048;  // far beyond any that is real
constexpr size_t kMaxShownBytes = 200;

// "https://host" with the port where it is not the scheme's own, in lower case.
std::string Origin(bool tls, std::string_view authority) {
  std::string origin = tls ? "https://" : "http://";
  origin += authority;
  return origin;
}

bool IsHostCharacter(char c) {
  return absl::ascii_isalnum(static_cast<unsigned char>(c)) || c == '.' || c == '-';
}

bool IsPathCharacter(char c) {
  return absl::ascii_isalnum(static_cast<unsigned char>(c)) ||
         std::string_view("/-._~:@").find(c) != std::string_view::npos;
}

bool TakePrefix(std::string_view prefix, std::string_view* text) {
  if (!text->starts_with(prefix)) return false;
  text->remove_prefix(prefix.size());
  return true;
}

bool ReadScheme(std::string_view* text, bool* tls) {
  *tls = true;
  if (TakePrefix("https://", text)) return true;
  *tls = false;
  return TakePrefix("http://", text);
}

// Reads "host" or "host:port".
bool ReadAuthority(std::string_view text, bool tls, TokenEndpoint* endpoint) {
  const size_t colon = text.find(':');
  const std::string_view host = text.substr(0, colon);
  if (host.empty() || !std::all_of(host.begin(), host.end(), IsHostCharacter)) return false;
  const uint16_t scheme_port = tls ? 443 : 80;
  uint16_t port = scheme_port;
  if (colon != std::string_view::npos) {
    const std::string_view digits = text.substr(colon + 1);
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), port);
    if (error != std::errc() || end != digits.data() + digits.size() || port == 0) return false;
  }
  endpoint->upstream.host = std::string(host);
  absl::AsciiStrToLower(&endpoint->upstream.host);
  endpoint->upstream.port = port;
  endpoint->upstream.tls = tls;
  endpoint->authority = endpoint->upstream.host;
  if (port != scheme_port) endpoint->authority.append(":").append(std::to_string(port));
  return true;
}

bool ReadUrl(std::string_view url, TokenEndpoint* endpoint) {
  bool tls = false;
  if (url.size() > kMaxTokenUriBytes || !ReadScheme(&url, &tls)) return false;
  const size_t slash = url.find('/');
  if (slash == std::string_view::npos) return false;
  const std::string_view path = url.substr(slash);
  if (!std::all_of(path.begin(), path.end(), IsPathCharacter)) return false;
  endpoint->path = std::string(path);
  return ReadAuthority(url.substr(0, slash), tls, endpoint);
}

bool IsListed(const TokenEndpoint& endpoint, std::span<const std::string> allowed_origins) {
  for (std::string_view entry : allowed_origins) {
    bool tls = true;
    if (entry.find("://") != std::string_view::npos && !ReadScheme(&entry, &tls)) continue;
    if (entry.ends_with('/')) entry.remove_suffix(1);
    TokenEndpoint allowed;
    if (!ReadAuthority(entry, tls, &allowed)) continue;
    if (Origin(tls, allowed.authority) == Origin(endpoint.upstream.tls, endpoint.authority))
      return true;
  }
  return false;
}

}  // namespace

absl::StatusOr<TokenEndpoint> ReadTokenUri(std::string_view token_uri,
                                           std::span<const std::string> allowed_origins) {
  TokenEndpoint endpoint;
  if (ReadUrl(token_uri, &endpoint) &&
      (token_uri == kGoogleTokenUri || IsListed(endpoint, allowed_origins))) {
    return endpoint;
  }
  std::string shown;
  for (const char c : token_uri.substr(0, kMaxShownBytes))
    shown += absl::ascii_isprint(static_cast<unsigned char>(c)) ? c : '?';
  return absl::InvalidArgumentError("the service account's token_uri is \"" + shown + "\": only " +
                                    std::string(kGoogleTokenUri) +
                                    " and the hosts that the operator lists are asked for tokens");
}

}  // namespace junctor::engine
