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
  ShortText() = default;
  // Always in place: calls, of which a check would make seven, cost as much as they do.
  [[gnu::always_inline]] explicit ShortText(std::string_view text) {
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

  friend bool operator==(const ShortText&, const ShortText&) = default;

  uint64_t first = 0;
  uint64_t last = 0;
};

[[gnu::always_inline]] inline bool SameText(std::string_view a, std::string_view b) {
  if (a.size() != b.size()) return false;
  if (a.size() > kShortText) return std::memcmp(a.data(), b.data(), a.size()) == 0;
  return ShortText(a) == ShortText(b);
}

}  // namespace junctor::engine
