// Secrets as the database keeps them: each encrypted with a data key of its own, which is encrypted
// with a master key. A change of the master key encrypts the small data keys anew, never the
// secrets.
//
// The bytes, version 1:
//    1  version
//   12  nonce, 32 the data key under the master key, 16 tag
//   12  nonce,  n the secret under the data key,     16 tag
// Both are AES-256-GCM with nonces by chance; the associated data names the purpose and the
// secret's id, so that no row can be put in another one's place.
#pragma once

#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "engine/config/secret.h"
#include "engine/secrets/master_keys.h"

namespace junctor::engine {

// The longest secret: a service account's key file is 2.5 KB.
inline constexpr size_t kMaxSecretBytes = 64 * 1024;

struct SealedSecret {
  std::string bytes;
  std::string master_key_id;  // of the key that it takes to open it
};

// Seals `secret` under the active master key. InvalidArgument for one that is too long.
absl::StatusOr<SealedSecret> SealSecret(const MasterKeys& keys, std::string_view secret_id,
                                        const Secret& secret);

// The secret. FailedPrecondition where the master key that sealed it is not there; DataLoss where
// the bytes were changed or are those of another secret.
absl::StatusOr<Secret> OpenSecret(const MasterKeys& keys, std::string_view secret_id,
                                  const SealedSecret& sealed);

// The same secret under the active master key. Errors as OpenSecret.
absl::StatusOr<SealedSecret> RewrapSecret(const MasterKeys& keys, std::string_view secret_id,
                                          const SealedSecret& sealed);

}  // namespace junctor::engine
