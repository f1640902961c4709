#include "engine/providers/chat/base64.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstring>

namespace junctor::engine {
namespace {

constexpr std::string_view kAlphabet =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
constexpr uint8_t kNone = 0xFF;

// The value of each character in either alphabet.
constexpr std::array<uint8_t, 256> kValues = [] {
  std::array<uint8_t, 256> values{};
  values.fill(kNone);
  for (size_t i = 0; i < kAlphabet.size(); ++i) {
    values[static_cast<unsigned char>(kAlphabet[i])] = static_cast<uint8_t>(i);
  }
  values[static_cast<unsigned char>('-')] = 62;
  values[static_cast<unsigned char>('_')] = 63;
  return values;
}();

uint8_t ValueOf(char c) { return kValues[static_cast<unsigned char>(c)]; }

std::string_view WithoutPadding(std::string_view base64) {
  for (int i = 0; i < 2 && base64.ends_with('='); ++i) base64.remove_suffix(1);
  return base64;
}

}  // namespace

bool IsBase64(std::string_view text) {
  const std::string_view digits = WithoutPadding(text);
  if (digits.size() % 4 == 1) return false;
  if (digits.size() != text.size() && text.size() % 4 != 0) return false;
  // Without a branch in the loop: kNone is the one value with its high bit set.
  using Block = uint8_t __attribute__((vector_size(16)));
  const char* at = digits.data();
  const char* const end = at + digits.size();
  Block wrong{};
  for (; end - at >= static_cast<std::ptrdiff_t>(sizeof(Block)); at += sizeof(Block)) {
    Block c;
    std::memcpy(&c, at, sizeof(c));
    const Block letter = (c | 0x20) - 'a';
    const Block digit = c - '0';
    wrong |= ~static_cast<Block>((letter <= 25) | (digit <= 9) | (c == '+') | (c == '/') |
                                 (c == '-') | (c == '_'));
  }
  uint8_t bad = 0;
  for (size_t i = 0; i < sizeof(Block); ++i) bad |= wrong[i];
  for (; at < end; ++at) bad |= static_cast<uint8_t>(ValueOf(*at) & 0x80);
  return bad == 0;
}

void AppendStandardBase64(std::string_view base64, std::string* out) {
  const std::string_view digits = WithoutPadding(base64);
  const size_t begin = out->size();
  out->append(digits);
  if (digits.find('-') != std::string_view::npos || digits.find('_') != std::string_view::npos) {
    std::replace(out->begin() + static_cast<std::ptrdiff_t>(begin), out->end(), '-', '+');
    std::replace(out->begin() + static_cast<std::ptrdiff_t>(begin), out->end(), '_', '/');
  }
  out->append((4 - digits.size() % 4) % 4, '=');
}

bool DecodeBase64(std::string_view base64, std::string* out) {
  if (!IsBase64(base64)) return false;
  const std::string_view digits = WithoutPadding(base64);
  out->reserve(out->size() + digits.size() * 3 / 4);
  uint32_t bits = 0;
  int count = 0;
  for (char c : digits) {
    bits = (bits << 6) | ValueOf(c);
    count += 6;
    if (count >= 8) {
      count -= 8;
      out->push_back(static_cast<char>((bits >> count) & 0xFF));
    }
  }
  return true;
}

}  // namespace junctor::engine
