// The master keys: they encrypt the data keys of stored secrets (sealed_secret.h), and stand in no
// database.
#pragma once

#include <array>
#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"

namespace junctor::engine {

inline constexpr size_t kMasterKeyBytes = 32;

// One key. Its id is the first 16 hexadecimal digits of its SHA-256, which tells nothing of it.
struct MasterKey {
  std::string id;
  std::array<unsigned char, kMasterKeyBytes> bytes{};
};

// One key or more: the first one is active and seals, all of them open. Immutable.
class MasterKeys {
 public:
  // Reads keys from `text`: each 32 bytes as 64 hexadecimal digits or as base64 (standard or URL
  // alphabet, padded or not), separated by white space or commas. InvalidArgument says which one is
  // wrong and never repeats it.
  static absl::StatusOr<MasterKeys> Parse(std::string_view text);

  // The same from a file; errors name it, and say how one is made.
  static absl::StatusOr<MasterKeys> ReadFile(const std::string& file);

  // `active`'s keys, then those of `older` that are not among them: what a rotation works with.
  static MasterKeys Joined(const MasterKeys& active, const MasterKeys& older);

  MasterKeys(const MasterKeys&) = default;
  MasterKeys(MasterKeys&&) = default;
  MasterKeys& operator=(const MasterKeys&) = default;
  MasterKeys& operator=(MasterKeys&&) = default;
  ~MasterKeys();

  const MasterKey& active() const { return keys_.front(); }
  // The key with that id, or null. Valid as long as this object.
  const MasterKey* Find(std::string_view id) const;
  const std::vector<MasterKey>& all() const { return keys_; }

 private:
  explicit MasterKeys(std::vector<MasterKey> keys) : keys_(std::move(keys)) {}

  std::vector<MasterKey> keys_;  // never empty, but where it was moved from
};

}  // namespace junctor::engine
