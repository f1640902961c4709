#include "engine/secrets/master_keys.h"

#include <openssl/crypto.h>
#include <openssl/sha.h>

#include <cerrno>
#include <cstdint>
#include <cstring>
#include <fstream>
#include <optional>

#include "absl/status/status.h"

namespace junctor::engine {
namespace {

// Many more keys than anybody keeps, with room for comments' worth of white space.
constexpr size_t kMaxFileBytes = 64 * 1024;
constexpr std::string_view kSeparators = " \t\r\n,";
constexpr size_t kIdDigits = 16;

constexpr std::string_view kExpected =
    "expected 32 bytes as 64 hexadecimal digits or as base64, such as `openssl rand -hex 32` "
    "prints";

std::string Hex(const unsigned char* bytes, size_t digits) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string text;
  for (size_t i = 0; i < digits; ++i) {
    text += kDigits[(i % 2 == 0 ? bytes[i / 2] >> 4 : bytes[i / 2]) & 15];
  }
  return text;
}

// The value of a digit, or -1.
int HexDigit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

int Base64Digit(char c) {
  if (c >= 'A' && c <= 'Z') return c - 'A';
  if (c >= 'a' && c <= 'z') return c - 'a' + 26;
  if (c >= '0' && c <= '9') return c - '0' + 52;
  if (c == '+' || c == '-') return 62;
  if (c == '/' || c == '_') return 63;
  return -1;
}

// Reads digits of `bits` bits each; what is left over at the end must be 0.
template <typename Digit>
bool Decode(std::string_view text, unsigned bits, Digit digit_of, MasterKey* key) {
  uint32_t pending = 0;
  unsigned pending_bits = 0;
  size_t size = 0;
  for (const char c : text) {
    const int digit = digit_of(c);
    if (digit < 0) return false;
    pending = (pending << bits) | static_cast<uint32_t>(digit);
    pending_bits += bits;
    if (pending_bits < 8) continue;
    pending_bits -= 8;
    if (size == key->bytes.size()) return false;
    key->bytes[size++] = static_cast<unsigned char>(pending >> pending_bits);
    pending &= (1U << pending_bits) - 1;
  }
  return size == key->bytes.size() && pending == 0;
}

std::optional<MasterKey> ParseOne(std::string_view text) {
  MasterKey key;
  bool decoded = false;
  if (text.size() == 2 * kMasterKeyBytes) {
    decoded = Decode(text, 4, HexDigit, &key);
  } else {
    if (text.size() == 44 && text.back() == '=') text.remove_suffix(1);
    decoded = text.size() == 43 && Decode(text, 6, Base64Digit, &key);
  }
  if (!decoded) return std::nullopt;
  unsigned char digest[SHA256_DIGEST_LENGTH];
  SHA256(key.bytes.data(), key.bytes.size(), digest);
  key.id = Hex(digest, kIdDigits);
  return key;
}

bool Has(const std::vector<MasterKey>& keys, const std::string& id) {
  for (const MasterKey& key : keys) {
    if (key.id == id) return true;
  }
  return false;
}

}  // namespace

MasterKeys::~MasterKeys() {
  for (MasterKey& key : keys_) OPENSSL_cleanse(key.bytes.data(), key.bytes.size());
}

absl::StatusOr<MasterKeys> MasterKeys::Parse(std::string_view text) {
  std::vector<MasterKey> keys;
  size_t number = 0;
  size_t at = text.find_first_not_of(kSeparators);
  while (at != std::string_view::npos) {
    const size_t end = text.find_first_of(kSeparators, at);
    const std::string_view word = text.substr(at, end - at);
    ++number;
    const std::optional<MasterKey> key = ParseOne(word);
    if (!key) {
      return absl::InvalidArgumentError("master key " + std::to_string(number) + " has " +
                                        std::to_string(word.size()) +
                                        " characters that are no key: " + std::string(kExpected));
    }
    if (!Has(keys, key->id)) keys.push_back(*key);
    at = end == std::string_view::npos ? end : text.find_first_not_of(kSeparators, end);
  }
  if (keys.empty()) {
    return absl::InvalidArgumentError("there is no master key: " + std::string(kExpected));
  }
  return MasterKeys(std::move(keys));
}

absl::StatusOr<MasterKeys> MasterKeys::ReadFile(const std::string& file) {
  const std::string how =
      "; make one with `openssl rand -hex 32`, keep it in a file of mode 0600, and a copy where "
      "the "
      "database's copies are not";
  errno = 0;
  std::ifstream stream(file, std::ios::binary);
  std::string text(kMaxFileBytes + 1, '\0');
  stream.read(text.data(), static_cast<std::streamsize>(text.size()));
  if (!stream.eof() && stream.fail()) {
    const std::string reason = errno == 0 ? "it can't be read" : strerror(errno);
    return absl::NotFoundError("the master key file `" + file + "`: " + reason + how);
  }
  const auto size = static_cast<size_t>(stream.gcount());
  if (size > kMaxFileBytes) {
    return absl::InvalidArgumentError("the master key file `" + file + "` is longer than " +
                                      std::to_string(kMaxFileBytes) +
                                      " bytes: " + std::string(kExpected));
  }
  absl::StatusOr<MasterKeys> keys = Parse(std::string_view(text).substr(0, size));
  OPENSSL_cleanse(text.data(), text.size());
  if (!keys.ok()) {
    return absl::Status(keys.status().code(), "the master key file `" + file + "`: " +
                                                  std::string(keys.status().message()) + how);
  }
  return keys;
}

MasterKeys MasterKeys::Joined(const MasterKeys& active, const MasterKeys& older) {
  std::vector<MasterKey> keys = active.keys_;
  for (const MasterKey& key : older.keys_) {
    if (!Has(keys, key.id)) keys.push_back(key);
  }
  return MasterKeys(std::move(keys));
}

const MasterKey* MasterKeys::Find(std::string_view id) const {
  for (const MasterKey& key : keys_) {
    if (key.id == id) return &key;
  }
  return nullptr;
}

}  // namespace junctor::engine
