#include "runtime/program/utf8.h"

#include <cstddef>
#include <cstdint>
#include <cstring>

namespace junctor {
namespace {

// Bytes of the sequence that begins at `text[i]`, or 0 where it is malformed or cut short.
size_t SequenceLength(std::string_view text, size_t i) {
  const auto byte = [&](size_t at) { return static_cast<uint8_t>(text[at]); };
  const auto continues = [&](size_t at, uint8_t low, uint8_t high) {
    return at < text.size() && byte(at) >= low && byte(at) <= high;
  };
  const uint8_t lead = byte(i);
  if (lead < 0x80) return 1;
  if (lead >= 0xc2 && lead <= 0xdf) return continues(i + 1, 0x80, 0xbf) ? 2 : 0;
  if (lead >= 0xe0 && lead <= 0xef) {
    const uint8_t low = lead == 0xe0 ? 0xa0 : 0x80;   // below: overlong
    const uint8_t high = lead == 0xed ? 0x9f : 0xbf;  // above: surrogates
    return continues(i + 1, low, high) && continues(i + 2, 0x80, 0xbf) ? 3 : 0;
  }
  if (lead >= 0xf0 && lead <= 0xf4) {
    const uint8_t low = lead == 0xf0 ? 0x90 : 0x80;   // below: overlong
    const uint8_t high = lead == 0xf4 ? 0x8f : 0xbf;  // above: beyond U+10FFFF
    return continues(i + 1, low, high) && continues(i + 2, 0x80, 0xbf) &&
                   continues(i + 3, 0x80, 0xbf)
               ? 4
               : 0;
  }
  return 0;
}

}  // namespace

bool IsValidUtf8(std::string_view text) {
  constexpr uint64_t kHighBits = 0x8080808080808080u;
  size_t i = 0;
  while (i < text.size()) {
    uint64_t word;
    if (text.size() - i >= sizeof word) {
      std::memcpy(&word, text.data() + i, sizeof word);
      if ((word & kHighBits) == 0) {
        i += sizeof word;
        continue;
      }
    }
    const size_t length = SequenceLength(text, i);
    if (length == 0) return false;
    i += length;
  }
  return true;
}

}  // namespace junctor
