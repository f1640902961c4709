// Which credential a provider gets: a key that the gateway stores, one of the configuration, or the
// caller's own.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "engine/config/provider_record.h"
#include "engine/directory/credential_scope.h"
#include "engine/net/http_types.h"
#include "engine/providers/model_request.h"

namespace junctor::engine {

// A key that the gateway or the configuration has for a provider.
struct FoundKey {
  std::string_view key;               // empty: there is none
  const StoredKey* stored = nullptr;  // null: of the configuration

  explicit operator bool() const { return !key.empty(); }
  // Notes when a stored key was used last. Once a call.
  void NoteUse() const;
};

// The key that `alias` names: a stored one before one of the configuration. `default` and an empty
// alias name the record's own, where nothing is stored. None where there is none, and where only
// the configuration has one and its keys don't serve. InvalidArgument: no key has that alias.
absl::StatusOr<FoundKey> FindKey(const ProviderRecord& record, std::string_view alias,
                                 const CredentialScope& credentials);

// The key that the caller sent for the provider: the token of `Authorization: Bearer`, as every
// provider's key comes on the compat endpoint, else the provider's own header. Empty: none, or it
// is the gateway's token.
std::string_view CallerKey(const ModelRequest& request, const ProviderRecord& record);

// A key that would break a request's head, such as a JSON text where a plain key belongs.
absl::Status UnsendableKey(const ProviderRecord& record);

// A credential as it is sent.
struct Credential {
  std::string lines;  // "x-api-key: …\r\n"; empty: none
  uint64_t id = 0;    // the same for the same credential; 0: none
};

// The header lines with which a plain key is sent. InvalidArgument as FindKey.
absl::StatusOr<Credential> MakeCredential(const ModelRequest& request,
                                          const ProviderRecord& record);

// A number for a secret, from which the secret can't be told.
uint64_t CredentialId(std::string_view secret);

}  // namespace junctor::engine
