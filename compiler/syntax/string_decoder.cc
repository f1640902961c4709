// See string_decoder.h.
#include "compiler/syntax/string_decoder.h"

#include <algorithm>
#include <cstring>
#include <optional>
#include <string>
#include <utility>

#include "compiler/diag/text.h"
#include "compiler/source/utf8.h"

namespace junctor::compiler {
namespace {

// Digits of a `\u` escape.
constexpr size_t kHexDigits = 4;

bool IsHighSurrogate(uint32_t unit) { return unit >= 0xd800 && unit < 0xdc00; }
bool IsLowSurrogate(uint32_t unit) { return unit >= 0xdc00 && unit < 0xe000; }

std::optional<uint32_t> ParseHex(std::string_view digits) {
  if (digits.size() < kHexDigits) return std::nullopt;
  uint32_t value = 0;
  for (const char c : digits.substr(0, kHexDigits)) {
    value <<= 4;
    if (c >= '0' && c <= '9') {
      value |= static_cast<uint32_t>(c - '0');
    } else if (c >= 'a' && c <= 'f') {
      value |= static_cast<uint32_t>(c - 'a' + 10);
    } else if (c >= 'A' && c <= 'F') {
      value |= static_cast<uint32_t>(c - 'A' + 10);
    } else {
      return std::nullopt;
    }
  }
  return value;
}

// The character that a one-letter escape stands for, or 0.
char SimpleEscape(char letter) {
  switch (letter) {
    case '"':
    case '\\':
    case '/':
      return letter;
    case 'b':
      return '\b';
    case 'f':
      return '\f';
    case 'n':
      return '\n';
    case 'r':
      return '\r';
    case 't':
      return '\t';
    default:
      return 0;
  }
}

// How a control character is written in a string.
std::string EscapeOf(unsigned char control) {
  static constexpr char kHex[] = "0123456789abcdef";
  switch (control) {
    case '\t':
      return "\\t";
    case '\r':
      return "\\r";
    case '\b':
      return "\\b";
    case '\f':
      return "\\f";
    default:
      return std::string("\\u00") + kHex[control >> 4] + kHex[control & 0xf];
  }
}

}  // namespace

void StringDecoder::Report(DiagCode code, size_t begin, size_t end, std::string message,
                           std::string help, const std::string& pointer) {
  Diagnostic diagnostic;
  diagnostic.code = code;
  diagnostic.message = std::move(message);
  diagnostic.help = std::move(help);
  diagnostic.span = {static_cast<uint32_t>(begin), static_cast<uint32_t>(end)};
  diagnostic.pointer = pointer;
  sink_->Report(std::move(diagnostic));
}

std::string_view StringDecoder::Keep(std::string_view decoded) {
  if (decoded.empty()) return {};
  char* copy = static_cast<char*>(arena_->allocate(decoded.size(), 1));
  std::memcpy(copy, decoded.data(), decoded.size());
  return {copy, decoded.size()};
}

bool StringDecoder::IsPlain(Span inner) const {
  if (has_invalid_utf8_) return false;
  for (const char c : text_.substr(inner.begin, inner.end - inner.begin)) {
    if (c == '\\' || static_cast<unsigned char>(c) < 0x20) return false;
  }
  return true;
}

std::string_view StringDecoder::Decode(Span inner, const std::string& pointer) {
  const std::string_view raw = text_.substr(inner.begin, inner.end - inner.begin);
  std::string decoded;
  decoded.reserve(raw.size());
  for (size_t i = inner.begin; i < inner.end;) {
    const char c = text_[i];
    if (c == '\\') {
      DecodeEscape(&i, inner, pointer, &decoded);
      continue;
    }
    if (const auto byte = static_cast<unsigned char>(c); byte < 0x20 && !sink_->full()) {
      const std::string escape = EscapeOf(byte);
      Report(DiagCode::kControlCharacter, i, i + 1, "raw control character in a string",
             Text({"write it as ", escape}), pointer);
    }
    decoded += c;
    ++i;
  }
  return Keep(has_invalid_utf8_ ? ReplaceInvalidUtf8(decoded) : decoded);
}

void StringDecoder::DecodeEscape(size_t* i, Span inner, const std::string& pointer,
                                 std::string* out) {
  const size_t begin = *i;
  const char letter = text_[begin + 1];
  if (letter == 'u') {
    DecodeUnicodeEscape(i, inner, pointer, out);
    return;
  }
  if (const char simple = SimpleEscape(letter); simple != 0) {
    *out += simple;
    *i = begin + 2;
    return;
  }
  const size_t length =
      std::max<size_t>(1, Utf8SequenceLength(text_.substr(begin + 1, inner.end - begin - 1)));
  const std::string escape(text_.substr(begin, 1 + length));
  const bool apostrophe = letter == '\'';
  if (!sink_->full())
    Report(DiagCode::kInvalidEscape, begin, begin + 1 + length,
           Text({"unknown escape ", Quoted(escape)}),
           apostrophe ? std::string("a single quote needs no escape: write '")
                      : Text({"for a backslash, double it: `\\", escape, "`"}),
           pointer);
  if (!apostrophe) *out += '\\';
  *out += text_.substr(begin + 1, length);
  *i = begin + 1 + length;
}

void StringDecoder::DecodeUnicodeEscape(size_t* i, Span inner, const std::string& pointer,
                                        std::string* out) {
  const size_t begin = *i;
  const std::string_view rest = text_.substr(begin, inner.end - begin);
  const std::optional<uint32_t> unit = ParseHex(rest.substr(2));
  if (!unit.has_value()) {
    Report(DiagCode::kInvalidEscape, begin, begin + 2,
           "`\\u` is not followed by four hexadecimal digits",
           "write the four digits, e.g. `\\u00e9`, or the character itself", pointer);
    *out += kReplacementCharacter;
    *i = begin + 2;
    return;
  }
  constexpr size_t kLength = 2 + kHexDigits;
  *i = begin + kLength;
  if (!IsHighSurrogate(*unit) && !IsLowSurrogate(*unit)) {
    AppendUtf8(*unit, out);
    return;
  }
  const std::string_view next = rest.substr(kLength);
  if (IsHighSurrogate(*unit) && next.size() >= kLength && next[0] == '\\' && next[1] == 'u') {
    const std::optional<uint32_t> low = ParseHex(next.substr(2));
    if (low.has_value() && IsLowSurrogate(*low)) {
      AppendUtf8(0x10000 + ((*unit - 0xd800) << 10) + (*low - 0xdc00), out);
      *i = begin + 2 * kLength;
      return;
    }
  }
  Report(DiagCode::kLoneSurrogate, begin, begin + kLength,
         Text({"lone surrogate ", Quoted(rest.substr(0, kLength)), " in a string"}),
         "write the character itself, or both halves of the pair", pointer);
  *out += kReplacementCharacter;
}

}  // namespace junctor::compiler
