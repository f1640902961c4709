#include "engine/gateway/authentication.h"

#include <array>
#include <string_view>

#include "engine/providers/chat/credential_token.h"

namespace junctor::engine {
namespace {

// Where official clients of providers put their key, besides `Authorization`.
constexpr std::array<std::string_view, 4> kProviderKeyHeaders = {"x-api-key", "x-goog-api-key",
                                                                 "api-key", "xi-api-key"};

// The token of `Bearer <token>`, or an empty view.
std::string_view BearerToken(const std::string_view* header) {
  constexpr std::string_view kBearer = "Bearer ";
  if (header == nullptr || header->size() <= kBearer.size() ||
      !net::EqualsIgnoreCase(header->substr(0, kBearer.size()), kBearer)) {
    return {};
  }
  std::string_view token = header->substr(kBearer.size());
  while (!token.empty() && token.front() == ' ') token.remove_prefix(1);
  return token;
}

}  // namespace

bool IsAuthenticated(const net::RequestHead& head, const Secret& token) {
  if (token.empty()) return true;
  if (const std::string_view* own = head.Find("cf-aig-authorization")) {
    return token.Matches(BearerToken(own));
  }
  // With another scheme than Bearer, as some providers have it; never without one.
  const std::string_view* authorization = head.Find("authorization");
  if (authorization != nullptr && authorization->find(' ') != std::string_view::npos &&
      token.Matches(TokenOf(*authorization))) {
    return true;
  }
  for (const std::string_view name : kProviderKeyHeaders) {
    const std::string_view* value = head.Find(name);
    if (value != nullptr && token.Matches(TokenOf(*value))) return true;
  }
  return false;
}

}  // namespace junctor::engine
