// Putting messages together.
#pragma once

#include <concepts>
#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

namespace junctor::compiler {

// A piece of a message: text, or a whole number in decimal.
class TextPiece {
 public:
  TextPiece(std::string_view text) : text_(text) {}    // NOLINT: implicit on purpose
  TextPiece(const std::string& text) : text_(text) {}  // NOLINT
  TextPiece(const char* text) : text_(text) {}         // NOLINT
  TextPiece(std::integral auto number) : text_(std::to_string(number)) {}  // NOLINT
  const std::string& text() const { return text_; }

 private:
  std::string text_;
};

// All pieces, one after the other.
std::string Text(std::initializer_list<TextPiece> pieces);

// Text of the author in backquotes, as written but for control characters (shown as escapes), and
// cut at 80 characters.
std::string Quoted(std::string_view text);

// "`a`, `b` or `c`".
std::string OneOf(const std::vector<std::string>& names);

// "`a`, `b` and `c`".
std::string Listed(const std::vector<std::string>& names);

// "1,000,000".
std::string Grouped(uint64_t number);

// "1 element", "2 elements": the noun takes an `s`.
std::string Counted(uint64_t number, std::string_view noun);

}  // namespace junctor::compiler
