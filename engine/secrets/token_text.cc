#include "engine/secrets/token_text.h"

#include <openssl/rand.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <utility>

#include "absl/status/status.h"

namespace junctor::engine {
namespace {

constexpr std::string_view kAlphabet =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
constexpr size_t kRandomBytes = 32;
constexpr size_t kTailShown = 4;

std::string Shown(std::string_view text, size_t head, size_t tail) {
  return std::string(text.substr(0, head)).append("…").append(text.substr(text.size() - tail));
}

}  // namespace

absl::StatusOr<Secret> NewTokenText() {
  std::array<unsigned char, kRandomBytes> random{};
  if (RAND_priv_bytes(random.data(), kRandomBytes) != 1) {
    return absl::InternalError("the system gives no randomness for a token");
  }
  std::string text(kTokenPrefix);
  uint32_t bits = 0;
  unsigned count = 0;
  for (const unsigned char byte : random) {
    bits = (bits << 8) | byte;
    for (count += 8; count >= 6; count -= 6) text += kAlphabet[(bits >> (count - 6)) & 63];
  }
  // 256 bits: four are left, and two zeros.
  text += kAlphabet[(bits << (6 - count)) & 63];
  return Secret(std::move(text));
}

std::string TokenPreview(const Secret& token) {
  const std::string_view text = token.Reveal();
  if (!text.starts_with(kTokenPrefix)) return KeyPreview(token);
  constexpr size_t kHeadShown = kTokenPrefix.size() + 4;
  // Shorter than all that we make.
  if (text.size() < 2 * (kHeadShown + kTailShown)) return Shown(text, kTokenPrefix.size(), 0);
  return Shown(text, kHeadShown, kTailShown);
}

std::string KeyPreview(const Secret& key) {
  const std::string_view text = key.Reveal();
  const bool printable =
      std::all_of(text.begin(), text.end(), [](char c) { return c > ' ' && c <= '~'; });
  if (!printable || text.size() < 12) return Shown(text, 0, 0);
  if (text.size() < 24) return Shown(text, 0, 2);
  return Shown(text, 4, kTailShown);
}

}  // namespace junctor::engine
