#include "runtime/interp/text_fold.h"

#include <cstddef>
#include <cstdint>

namespace junctor {
namespace {

bool Within(uint32_t code_point, uint32_t first, uint32_t last) {
  return code_point >= first && code_point <= last;
}

// The lower case of a letter that takes two bytes in UTF-8 and whose lower case does too; any other
// code point itself.
uint32_t FoldTwoByteLetter(uint32_t c) {
  if (Within(c, 0x00C0, 0x00DE) && c != 0x00D7) return c + 0x20;  // À … Þ but ×
  if (c == 0x0130 || c == 0x0131 || c == 0x0138 || c == 0x0149 || c == 0x017F) return c;
  if (c == 0x0178) return 0x00FF;  // Ÿ
  if (Within(c, 0x0139, 0x0148) || Within(c, 0x0179, 0x017E))
    return c + (c & 1);                                           // pairs, the odd is upper
  if (Within(c, 0x0100, 0x0177)) return c | 1;                    // pairs, the even is upper
  if (c == 0x0386) return 0x03AC;                                 // Ά
  if (Within(c, 0x0388, 0x038A)) return c + 37;                   // Έ Ή Ί
  if (c == 0x038C) return 0x03CC;                                 // Ό
  if (c == 0x038E || c == 0x038F) return c + 63;                  // Ύ Ώ
  if (Within(c, 0x0391, 0x03AB) && c != 0x03A2) return c + 0x20;  // Α … Ϋ
  if (c == 0x03C2) return 0x03C3;                                 // final sigma
  if (Within(c, 0x0400, 0x040F)) return c + 0x50;                 // Ѐ … Џ
  if (Within(c, 0x0410, 0x042F)) return c + 0x20;                 // А … Я
  if (Within(c, 0x0460, 0x0481) || Within(c, 0x048A, 0x04BF) || Within(c, 0x04D0, 0x052F)) {
    return c | 1;
  }
  if (c == 0x04C0) return 0x04CF;
  if (Within(c, 0x04C1, 0x04CE)) return c + (c & 1);
  return c;
}

}  // namespace

FoldedText::FoldedText(std::string_view text) : bytes_(text.begin(), text.end()) {
  for (size_t i = 0; i < bytes_.size(); ++i) {
    const auto byte = static_cast<unsigned char>(bytes_[i]);
    if (byte >= 'A' && byte <= 'Z') {
      bytes_[i] = static_cast<char>(byte + ('a' - 'A'));
    } else if (byte >= 0xC3 && byte <= 0xD4 && i + 1 < bytes_.size()) {
      const auto next = static_cast<unsigned char>(bytes_[i + 1]);
      const uint32_t folded = FoldTwoByteLetter(((byte & 0x1Fu) << 6) | (next & 0x3Fu));
      bytes_[i] = static_cast<char>(0xC0 | (folded >> 6));
      bytes_[i + 1] = static_cast<char>(0x80 | (folded & 0x3F));
      ++i;
    }
  }
}

}  // namespace junctor
