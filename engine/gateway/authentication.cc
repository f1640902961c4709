#include "engine/gateway/authentication.h"

#include <string_view>

namespace junctor::engine {
namespace {

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

Authentication Authenticate(const net::RequestHead& head, const Secret& token) {
  Authentication result;
  if (token.empty()) {
    result.allowed = true;
    return result;
  }
  result.token_in_authorization = token.Matches(BearerToken(head.Find("authorization")));
  const std::string_view* own = head.Find("cf-aig-authorization");
  result.allowed = own != nullptr ? token.Matches(BearerToken(own)) : result.token_in_authorization;
  return result;
}

}  // namespace junctor::engine
