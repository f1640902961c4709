// Which credential a provider gets: a configured key, or the caller's own.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "engine/config/provider_record.h"
#include "engine/net/http_types.h"
#include "engine/providers/model_request.h"

namespace junctor::engine {

// The configured key that `alias` names; `default` and an empty alias name the record's own. Null
// where the record has none. InvalidArgument: no key has that alias.
absl::StatusOr<const Secret*> FindKey(const ProviderRecord& record, std::string_view alias);

// The key that the caller sent for the provider: the token of `Authorization: Bearer`, as every
// provider's key comes on the compat endpoint, else the provider's own header. Empty: none, or it
// is the gateway's token.
std::string_view CallerKey(const ModelRequest& request, const ProviderRecord& record);

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
