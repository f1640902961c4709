// Whose tokens and keys count for one request: those of its gateway and of the process.
#pragma once

#include <string_view>

#include "engine/config/secret.h"
#include "engine/directory/directory.h"

namespace junctor::engine {

// What one request may know of credentials. Views: the request holds what is viewed. Default
// constructed: there are no tokens, no stored keys, and the configuration's keys serve.
struct CredentialScope {
  // Tokens of the configuration, good for everything; null or empty: there is none.
  const Secret* bearer_token = nullptr;
  const Secret* admin_token = nullptr;
  const Directory* directory = nullptr;  // null: there is no control plane
  const GatewayView* gateway = nullptr;  // the request's; null as `directory` is

  // Whether `token` is one of the configuration. As all here, in a time that does not tell how much
  // of a wrong token is right.
  bool IsConfiguredToken(std::string_view token) const {
    return (bearer_token != nullptr && bearer_token->Matches(token)) ||
           (admin_token != nullptr && admin_token->Matches(token));
  }

  // Whether `token` is one of the gateway's own, whatever it allows: such a one never goes
  // upstream.
  bool IsGatewayToken(std::string_view token) const {
    if (IsConfiguredToken(token)) return true;
    return directory != nullptr && directory->FindToken(token) != nullptr;
  }

  // The gateway's stored key of `provider`, as KeyRing::Find, or null.
  const StoredKey* FindStoredKey(std::string_view provider, std::string_view alias) const {
    return gateway == nullptr ? nullptr : gateway->keys.Find(provider, alias);
  }

  // Whether keys of the process's configuration may be used.
  bool configured_keys_serve() const { return gateway == nullptr || !gateway->byok_only; }
};

}  // namespace junctor::engine
