#include "engine/gateway/authentication.h"

#include <array>
#include <string_view>

#include "engine/providers/chat/credential_token.h"

namespace junctor::engine {
namespace {

// Where official clients of providers put their key, besides `Authorization`.
constexpr std::array<std::string_view, 4> kProviderKeyHeaders = {"x-api-key", "x-goog-api-key",
                                                                 "api-key", "xi-api-key"};

// Calls matches(token) for each place of `head` where a token may stand, until it returns true.
template <typename Matches>
bool AnyToken(const net::RequestHead& head, Matches matches) {
  // Some of the product's own examples show it without the scheme.
  if (const std::string_view* own = head.Find("cf-aig-authorization")) {
    return matches(TokenOf(*own));
  }
  // With another scheme than Bearer, as some providers have it; never without one.
  const std::string_view* authorization = head.Find("authorization");
  if (authorization != nullptr && authorization->find(' ') != std::string_view::npos &&
      matches(TokenOf(*authorization))) {
    return true;
  }
  for (const std::string_view name : kProviderKeyHeaders) {
    const std::string_view* value = head.Find(name);
    if (value != nullptr && matches(TokenOf(*value))) return true;
  }
  return false;
}

bool Allows(const AccessToken& token, std::string_view gateway, int64_t now_unix_ms) {
  if (!gateway.empty()) return token.Allows(Permission::kRun, gateway, now_unix_ms);
  return token.Allows(Permission::kRun, token.gateway, now_unix_ms) ||
         token.Allows(Permission::kRead, token.gateway, now_unix_ms);
}

}  // namespace

bool IsAuthenticated(const net::RequestHead& head, const Secret& token) {
  if (token.empty()) return true;
  return AnyToken(head, [&token](std::string_view shown) { return token.Matches(shown); });
}

TokenVerdict FindVerdict(const net::RequestHead& head, const CredentialScope& credentials,
                         std::string_view gateway, int64_t now_unix_ms) {
  TokenVerdict verdict = TokenVerdict::kNone;
  AnyToken(head, [&](std::string_view shown) {
    if (credentials.IsConfiguredToken(shown)) {
      verdict = TokenVerdict::kAllowed;
      return true;
    }
    const AccessToken* token = credentials.directory->FindToken(shown);
    if (token == nullptr) return false;
    if (!Allows(*token, gateway, now_unix_ms)) {
      verdict = TokenVerdict::kLacking;
      return false;
    }
    if (token->last_use != nullptr) {
      token->last_use->store(now_unix_ms, std::memory_order_relaxed);
    }
    verdict = TokenVerdict::kAllowed;
    return true;
  });
  return verdict;
}

}  // namespace junctor::engine
