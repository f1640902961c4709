#include "engine/limits/packed_key.h"

namespace junctor::engine {
namespace {

constexpr char kUuid = '\xfe';
constexpr char kEscape = '\xff';
// How a string of 36 bytes begins as LimitStep::key.
constexpr std::string_view kStringOf36("s\x24\0\0\0", 5);
constexpr size_t kUuidBytes = 36;

constexpr bool IsDash(size_t place) {
  return place == 8 || place == 13 || place == 18 || place == 23;
}

// 0 to 15; larger: no digit in lower case.
constexpr unsigned DigitOf(char c) {
  if (c >= '0' && c <= '9') return static_cast<unsigned>(c - '0');
  if (c >= 'a' && c <= 'f') return static_cast<unsigned>(c - 'a') + 10;
  return 16;
}

bool ReadUuid(std::string_view text, char* bytes) {
  size_t digits = 0;
  unsigned byte = 0;
  for (size_t i = 0; i < kUuidBytes; ++i) {
    if (IsDash(i)) {
      if (text[i] != '-') return false;
      continue;
    }
    const unsigned digit = DigitOf(text[i]);
    if (digit > 15) return false;
    byte = byte << 4 | digit;
    if (++digits % 2 == 0) {
      *bytes++ = static_cast<char>(byte & 0xff);
      byte = 0;
    }
  }
  return true;
}

}  // namespace

PackedKey::PackedKey(std::string_view text) : view_(text) {
  if (text.size() == kStringOf36.size() + kUuidBytes && text.starts_with(kStringOf36) &&
      ReadUuid(text.substr(kStringOf36.size()), uuid_.data() + 1)) {
    uuid_[0] = kUuid;
    view_ = {uuid_.data(), uuid_.size()};
  } else if (!text.empty() && (text[0] == kUuid || text[0] == kEscape)) {
    escaped_.assign(1, kEscape).append(text);
    view_ = escaped_;
  }
}

std::string UnpackKey(std::string_view packed) {
  if (packed.empty()) return {};
  if (packed[0] == kEscape) return std::string(packed.substr(1));
  if (packed[0] != kUuid) return std::string(packed);
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string text(kStringOf36);
  for (size_t i = 1; i < packed.size(); ++i) {
    const size_t place = text.size() - kStringOf36.size();
    if (IsDash(place)) text.push_back('-');
    const auto byte = static_cast<uint8_t>(packed[i]);
    text.push_back(kDigits[byte >> 4]);
    text.push_back(kDigits[byte & 15]);
  }
  return text;
}

}  // namespace junctor::engine
