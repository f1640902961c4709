// Base URLs and listen addresses: the small part of RFC 3986 that an operator needs, strict about
// the rest.
#include "engine/config/base_url.h"

#include <algorithm>
#include <charconv>
#include <optional>

namespace junctor::engine {
namespace {

constexpr size_t kMaxHostLength = 253;  // DNS
constexpr uint16_t kHttpPort = 80;
constexpr uint16_t kHttpsPort = 443;

bool IsAlphanumeric(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

absl::Status Invalid(const std::string& message) { return absl::InvalidArgumentError(message); }

std::string Quoted(std::string_view text) { return "`" + std::string(text) + "`"; }

bool IsHostName(std::string_view host) {
  return !host.empty() && host.size() <= kMaxHostLength && IsAlphanumeric(host.front()) &&
         std::all_of(host.begin(), host.end(),
                     [](char c) { return IsAlphanumeric(c) || c == '-' || c == '.' || c == '_'; });
}

bool IsIpv6Text(std::string_view host) {
  return host.find(':') != host.npos && std::all_of(host.begin(), host.end(), [](char c) {
           return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F') ||
                  c == ':' || c == '.';
         });
}

std::optional<uint16_t> ParsePort(std::string_view text) {
  uint16_t port = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return port;
}

// `host`, `host:port`, `[v6]` or `[v6]:port`.
struct Authority {
  std::string_view host;
  bool is_ipv6 = false;
  std::optional<uint16_t> port;
};

absl::StatusOr<Authority> ParseAuthority(std::string_view text) {
  Authority result;
  std::string_view rest;
  if (text.starts_with('[')) {
    const size_t close = text.find(']');
    if (close == text.npos) return Invalid(Quoted(text) + " has a `[` without its `]`");
    result.host = text.substr(1, close - 1);
    result.is_ipv6 = true;
    rest = text.substr(close + 1);
    if (!IsIpv6Text(result.host)) {
      return Invalid(Quoted(result.host) + " is not an IPv6 address");
    }
  } else {
    const size_t colon = text.find(':');
    result.host = text.substr(0, colon);
    rest = colon == text.npos ? std::string_view() : text.substr(colon);
    if (rest.find(':', 1) != rest.npos) {
      return Invalid(Quoted(text) + " has several `:`; write an IPv6 address as `[::1]`");
    }
    if (result.host.empty()) return Invalid("the host is missing");
    if (!IsHostName(result.host)) return Invalid(Quoted(result.host) + " is not a host name");
  }
  if (rest.empty()) return result;
  if (!rest.starts_with(':')) {
    return Invalid("after `]` comes `:` and a port, found " + Quoted(rest));
  }
  result.port = ParsePort(rest.substr(1));
  if (!result.port.has_value()) {
    return Invalid(Quoted(rest.substr(1)) + " is not a port (0 to 65535)");
  }
  return result;
}

}  // namespace

absl::StatusOr<BaseUrl> ParseBaseUrl(std::string_view text) {
  BaseUrl url;
  constexpr std::string_view kHttp = "http://";
  constexpr std::string_view kHttps = "https://";
  std::string_view rest = text;
  if (rest.starts_with(kHttps)) {
    url.tls = true;
    rest.remove_prefix(kHttps.size());
  } else if (rest.starts_with(kHttp)) {
    rest.remove_prefix(kHttp.size());
  } else {
    return Invalid("expected a URL that begins with `http://` or `https://`, found " +
                   Quoted(text));
  }
  for (const char c : rest) {
    if (c <= ' ' || c > '~' || c == '"' || c == '<' || c == '>' || c == '\\') {
      return Invalid("the URL holds a character that must be percent-encoded");
    }
  }
  if (rest.find('?') != rest.npos || rest.find('#') != rest.npos) {
    return Invalid("a base URL has no query and no fragment, found " + Quoted(text));
  }
  const size_t slash = rest.find('/');
  const std::string_view authority_text = rest.substr(0, slash);
  if (authority_text.find('@') != authority_text.npos) {
    // The text is not repeated: what stands before `@` may be a password.
    return Invalid("a base URL holds no user or password; name the key's variable in `key_env`");
  }
  const absl::StatusOr<Authority> authority = ParseAuthority(authority_text);
  if (!authority.ok()) return authority.status();
  if (authority->port == 0) return Invalid("port 0 can't be called");

  const uint16_t own_port = url.tls ? kHttpsPort : kHttpPort;
  url.host = std::string(authority->host);
  url.port = authority->port.value_or(own_port);
  url.authority = authority->is_ipv6 ? "[" + url.host + "]" : url.host;
  if (url.port != own_port) url.authority += ":" + std::to_string(url.port);
  if (slash != rest.npos) {
    std::string_view path = rest.substr(slash);
    while (path.ends_with('/')) path.remove_suffix(1);
    url.path = std::string(path);
  }
  return url;
}

absl::StatusOr<ListenAddress> ParseListenAddress(std::string_view text) {
  const absl::StatusOr<Authority> authority = ParseAuthority(text);
  if (!authority.ok()) {
    return Invalid("expected `host:port` or `[address]:port`: " +
                   std::string(authority.status().message()));
  }
  if (!authority->port.has_value()) {
    return Invalid("expected `host:port` or `[address]:port`, found no port in " + Quoted(text));
  }
  return ListenAddress{std::string(authority->host), *authority->port};
}

}  // namespace junctor::engine
