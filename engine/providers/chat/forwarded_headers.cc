#include "engine/providers/chat/forwarded_headers.h"

#include <algorithm>
#include <array>

namespace junctor::engine {
namespace {

// By name. Host and Content-Length are written anew, Expect was answered here.
constexpr std::array<std::string_view, 9> kStayHere = {
    "host", "content-length", "expect",         "cookie",     "forwarded",
    "via",  "x-real-ip",      "true-client-ip", "x-client-ip"};

constexpr std::array<std::string_view, 6> kCredentials = {"authorization", "x-api-key",
                                                          "api-key",       "x-goog-api-key",
                                                          "xi-api-key",    "x-amz-security-token"};

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

// Calls visit(name, line) for each of the header lines in `lines` until it returns true.
template <typename Visit>
bool AnyLine(std::string_view lines, Visit visit) {
  while (!lines.empty()) {
    const std::string_view line = lines.substr(0, lines.find("\r\n"));
    const size_t colon = line.find(':');
    if (colon != std::string_view::npos && visit(line.substr(0, colon), line)) return true;
    lines.remove_prefix(std::min(line.size() + 2, lines.size()));
  }
  return false;
}

}  // namespace

bool HoldsHeader(std::string_view lines, std::string_view name) {
  return AnyLine(lines, [name](std::string_view candidate, std::string_view) {
    return net::EqualsIgnoreCase(candidate, name);
  });
}

void AppendExtraLines(std::string_view extra, std::string_view set_already, std::string* head) {
  AnyLine(extra, [&](std::string_view name, std::string_view line) {
    if (!HoldsHeader(set_already, name)) head->append(line).append("\r\n");
    return false;
  });
}

bool StaysAtGateway(const net::HeaderList& headers, std::string_view name) {
  return IsOneOf(name, kStayHere) || net::IsHopByHopHeader(name) ||
         StartsWithIgnoreCase(name, "cf-") || StartsWithIgnoreCase(name, "x-forwarded-") ||
         IsNamedByConnection(headers, name);
}

bool IsCredentialHeader(std::string_view name) { return IsOneOf(name, kCredentials); }

void AppendForwardedRequestHeaders(const net::HeaderList& caller, std::string* head,
                                   std::string_view set_already) {
  for (const net::HeaderView& header : caller) {
    if (StaysAtGateway(caller, header.name) || IsCredentialHeader(header.name) ||
        net::EqualsIgnoreCase(header.name, "accept-encoding") ||
        HoldsHeader(set_already, header.name)) {
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
