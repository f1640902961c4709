// Comparing and hashing short names without a call for each: a limit's check does little else.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

namespace junctor::engine {

// The bytes of a text in two numbers, which overlap where it is shorter than 16. With the size they
// tell all texts up to kShortText apart.
inline constexpr size_t kShortText = 16;

struct ShortText {
  explicit ShortText(std::string_view text) {
    const size_t size = text.size();
    if (size >= 8) {
      std::memcpy(&first, text.data(), 8);
      std::memcpy(&last, text.data() + size - 8, 8);
    } else if (size >= 4) {
      std::memcpy(&first, text.data(), 4);
      std::memcpy(&last, text.data() + size - 4, 4);
    } else if (size > 0) {
      first = static_cast<uint8_t>(text[0]) | uint64_t{static_cast<uint8_t>(text[size / 2])} << 8;
      last = static_cast<uint8_t>(text[size - 1]);
    }
  }

  uint64_t first = 0;
  uint64_t last = 0;
};

inline bool SameText(std::string_view a, std::string_view b) {
  if (a.size() != b.size()) return false;
  if (a.size() > kShortText) return std::memcmp(a.data(), b.data(), a.size()) == 0;
  const ShortText left(a);
  const ShortText right(b);
  return left.first == right.first && left.last == right.last;
}

}  // namespace junctor::engine
