// See text.h.
#include "compiler/diag/text.h"

#include "compiler/source/utf8.h"

namespace junctor::compiler {
namespace {

// Longest text of the author that a message repeats, in characters: enough to recognise it.
constexpr size_t kMaxQuotedCharacters = 80;

std::string Enumerate(const std::vector<std::string>& names, std::string_view last) {
  std::string result;
  for (size_t i = 0; i < names.size(); ++i) {
    if (i > 0) result += i + 1 == names.size() ? last : std::string_view(", ");
    result += Quoted(names[i]);
  }
  return result;
}

}  // namespace

std::string Text(std::initializer_list<TextPiece> pieces) {
  std::string result;
  for (const TextPiece& piece : pieces) result += piece.text();
  return result;
}

std::string Quoted(std::string_view text) {
  static constexpr char kHex[] = "0123456789abcdef";
  std::string result = "`";
  size_t characters = 0;
  for (size_t i = 0; i < text.size(); ++characters) {
    if (characters == kMaxQuotedCharacters) {
      result += "…";
      break;
    }
    const auto byte = static_cast<unsigned char>(text[i]);
    const size_t length = Utf8SequenceLength(text.substr(i, 4));
    if (length == 0) {
      result += kReplacementCharacter;
    } else if (byte < 0x20 || byte == 0x7f) {
      result += "\\u00";
      result += kHex[byte >> 4];
      result += kHex[byte & 0xf];
    } else {
      result += text.substr(i, length);
    }
    i += length == 0 ? 1 : length;
  }
  return result + "`";
}

std::string OneOf(const std::vector<std::string>& names) { return Enumerate(names, " or "); }

std::string Listed(const std::vector<std::string>& names) { return Enumerate(names, " and "); }

std::string Grouped(uint64_t number) {
  std::string digits = std::to_string(number);
  for (size_t i = digits.size(); i > 3; i -= 3) digits.insert(i - 3, ",");
  return digits;
}

std::string Counted(uint64_t number, std::string_view noun) {
  return Grouped(number) + " " + std::string(noun) + (number == 1 ? "" : "s");
}

}  // namespace junctor::compiler
