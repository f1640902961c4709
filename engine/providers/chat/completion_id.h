// An id for an answer whose provider gives none.
#pragma once

#include <cstdint>
#include <string>

namespace junctor::engine {

// `number` as 16 hexadecimal digits.
inline std::string HexText(uint64_t number) {
  std::string text;
  for (int shift = 60; shift >= 0; shift -= 4) {
    text.push_back("0123456789abcdef"[(number >> shift) & 0xF]);
  }
  return text;
}

// "chatcmpl-" and `random` (AnswerContext) in hexadecimal digits.
inline std::string MadeCompletionId(uint64_t random) { return "chatcmpl-" + HexText(random); }

}  // namespace junctor::engine
