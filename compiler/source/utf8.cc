// See utf8.h.
#include "compiler/source/utf8.h"

#include <cstring>

namespace junctor::compiler {
namespace {

unsigned char ByteAt(std::string_view text, size_t i) {
  return static_cast<unsigned char>(text[i]);
}

bool IsContinuation(std::string_view text, size_t i) {
  return i < text.size() && (ByteAt(text, i) & 0xc0) == 0x80;
}

}  // namespace

size_t Utf8SequenceLength(std::string_view text) {
  if (text.empty()) return 0;
  const unsigned char lead = ByteAt(text, 0);
  if (lead < 0x80) return 1;
  if (lead < 0xc2 || lead > 0xf4 || !IsContinuation(text, 1)) return 0;
  if (lead < 0xe0) return 2;
  const unsigned char second = ByteAt(text, 1);
  if (!IsContinuation(text, 2)) return 0;
  if (lead < 0xf0) {
    const bool overlong = lead == 0xe0 && second < 0xa0;
    const bool surrogate = lead == 0xed && second >= 0xa0;
    return overlong || surrogate ? 0 : 3;
  }
  const bool overlong = lead == 0xf0 && second < 0x90;
  const bool beyond = lead == 0xf4 && second >= 0x90;
  return overlong || beyond || !IsContinuation(text, 3) ? 0 : 4;
}

size_t FindInvalidUtf8(std::string_view text, size_t from) {
  size_t i = from;
  while (i < text.size()) {
    // Eight ASCII bytes at once: most of a route is ASCII.
    uint64_t word = 0;
    while (i + sizeof(word) <= text.size()) {
      std::memcpy(&word, text.data() + i, sizeof(word));
      if ((word & 0x8080808080808080u) != 0) break;
      i += sizeof(word);
    }
    if (i >= text.size()) break;
    const size_t length = Utf8SequenceLength(text.substr(i, 4));
    if (length == 0) return i;
    i += length;
  }
  return std::string_view::npos;
}

std::string ReplaceInvalidUtf8(std::string_view text) {
  std::string result;
  size_t i = 0;
  while (i < text.size()) {
    const size_t invalid = FindInvalidUtf8(text, i);
    if (invalid == std::string_view::npos) {
      result += text.substr(i);
      break;
    }
    result += text.substr(i, invalid - i);
    result += kReplacementCharacter;
    i = invalid + 1;
  }
  return result;
}

void AppendUtf8(uint32_t code_point, std::string* out) {
  auto put = [out](uint32_t byte) { out->push_back(static_cast<char>(byte)); };
  if (code_point < 0x80) {
    put(code_point);
  } else if (code_point < 0x800) {
    put(0xc0 | (code_point >> 6));
    put(0x80 | (code_point & 0x3f));
  } else if (code_point < 0x10000) {
    put(0xe0 | (code_point >> 12));
    put(0x80 | ((code_point >> 6) & 0x3f));
    put(0x80 | (code_point & 0x3f));
  } else {
    put(0xf0 | (code_point >> 18));
    put(0x80 | ((code_point >> 12) & 0x3f));
    put(0x80 | ((code_point >> 6) & 0x3f));
    put(0x80 | (code_point & 0x3f));
  }
}

}  // namespace junctor::compiler
