#include "engine/providers/forwarded_headers.h"

#include <algorithm>
#include <array>

namespace junctor::engine {
namespace {

// By name. Accept-Encoding and Content-Length are written anew, Expect was answered here.
constexpr std::array<std::string_view, 16> kNeverToProviders = {
    "host",      "content-length", "accept-encoding", "expect",    "authorization", "x-api-key",
    "api-key",   "x-goog-api-key", "xi-api-key",      "cookie",    "forwarded",     "via",
    "x-real-ip", "true-client-ip", "x-client-ip",     "connection"};

constexpr std::array<std::string_view, 6> kNeverToCallers = {
    "content-length", "alt-svc", "strict-transport-security", "date", "connection", "set-cookie"};

bool StartsWithIgnoreCase(std::string_view text, std::string_view lower_prefix) {
  return text.size() >= lower_prefix.size() &&
         net::EqualsIgnoreCase(text.substr(0, lower_prefix.size()), lower_prefix);
}

template <size_t kCount>
bool IsOneOf(std::string_view name, const std::array<std::string_view, kCount>& names) {
  return std::any_of(names.begin(), names.end(), [name](std::string_view candidate) {
    return net::EqualsIgnoreCase(name, candidate);
  });
}

// Whether `name` is listed in the caller's Connection header, which makes it a header of that
// connection alone.
bool IsNamedByConnection(const net::HeaderList& headers, std::string_view name) {
  const std::string_view* connection = headers.Find("connection");
  if (connection == nullptr) return false;
  std::string_view rest = *connection;
  while (!rest.empty()) {
    const size_t comma = std::min(rest.find(','), rest.size());
    std::string_view token = rest.substr(0, comma);
    while (!token.empty() && token.front() == ' ') token.remove_prefix(1);
    while (!token.empty() && token.back() == ' ') token.remove_suffix(1);
    if (net::EqualsIgnoreCase(token, name)) return true;
    rest.remove_prefix(std::min(comma + 1, rest.size()));
  }
  return false;
}

}  // namespace

void AppendForwardedRequestHeaders(const net::RequestHead& caller, std::string* head) {
  for (const net::HeaderView& header : caller.headers) {
    if (IsOneOf(header.name, kNeverToProviders) || net::IsHopByHopHeader(header.name) ||
        StartsWithIgnoreCase(header.name, "cf-") ||
        StartsWithIgnoreCase(header.name, "x-forwarded-") ||
        IsNamedByConnection(caller.headers, header.name)) {
      continue;
    }
    head->append(header.name).append(": ").append(header.value).append("\r\n");
  }
}

bool IsForwardedResponseHeader(std::string_view name) {
  return !IsOneOf(name, kNeverToCallers) && !net::IsHopByHopHeader(name) &&
         !StartsWithIgnoreCase(name, "cf-aig-");
}

}  // namespace junctor::engine
