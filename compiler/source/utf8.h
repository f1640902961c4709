// The little of UTF-8 that the compiler needs.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace junctor::compiler {

// What stands for bytes that are no character: U+FFFD.
inline constexpr std::string_view kReplacementCharacter = "\xEF\xBF\xBD";

// Bytes of the well-formed UTF-8 sequence at the start of `text` (1 to 4), or 0 where there is
// none: overlong forms, surrogates and code points above U+10FFFF are not well-formed.
size_t Utf8SequenceLength(std::string_view text);

// The offset of the first byte from `from` on that is not part of a well-formed sequence, or npos.
size_t FindInvalidUtf8(std::string_view text, size_t from);

// `text` with each byte that is not part of a well-formed sequence replaced.
std::string ReplaceInvalidUtf8(std::string_view text);

// Appends the UTF-8 form of `code_point`, which must be a Unicode scalar value.
void AppendUtf8(uint32_t code_point, std::string* out);

}  // namespace junctor::compiler
