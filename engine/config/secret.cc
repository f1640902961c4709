// Comparing secrets.
#include "engine/config/secret.h"

#include <openssl/crypto.h>
#include <openssl/sha.h>

#include <array>

namespace junctor::engine {
namespace {

using Digest = std::array<unsigned char, SHA256_DIGEST_LENGTH>;

Digest DigestOf(std::string_view text) {
  Digest digest;
  SHA256(reinterpret_cast<const unsigned char*>(text.data()), text.size(), digest.data());
  return digest;
}

}  // namespace

bool Secret::Matches(std::string_view candidate) const {
  if (value_.empty()) return false;
  // Digests have one length, so that not even the length of the secret shows in the time.
  const Digest mine = DigestOf(value_);
  const Digest theirs = DigestOf(candidate);
  return CRYPTO_memcmp(mine.data(), theirs.data(), mine.size()) == 0;
}

}  // namespace junctor::engine
