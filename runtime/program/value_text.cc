// ValueToText of disassembler.h: constants and traced values as JSON text.
#include <charconv>

#include "runtime/program/disassembler.h"

namespace junctor {
namespace {

constexpr std::string_view kEllipsis = "…";

// Bytes of the longest number that std::to_chars writes for a double in its shortest form.
constexpr size_t kNumberBytes = 32;

// Prints until a budget is spent. Recursion ends with the budget, since each level prints a
// bracket.
class Printer {
 public:
  explicit Printer(size_t max_bytes) : max_bytes_(max_bytes) {}

  void Print(const Value& value) {
    if (full()) return;
    switch (value.kind()) {
      case ValueKind::kMissing:
        text_ += "missing";
        break;
      case ValueKind::kNull:
        text_ += "null";
        break;
      case ValueKind::kBool:
        text_ += value.boolean() ? "true" : "false";
        break;
      case ValueKind::kInt:
        text_ += std::to_string(value.integer());
        break;
      case ValueKind::kDouble:
        PrintDouble(value.real());
        break;
      case ValueKind::kString:
        PrintString(value.string());
        break;
      case ValueKind::kArray:
        text_ += '[';
        for (uint32_t i = 0; i < value.size() && !full(); ++i) {
          if (i > 0) text_ += ',';
          Print(value.items()[i]);
        }
        text_ += ']';
        break;
      case ValueKind::kObject:
        text_ += '{';
        for (uint32_t i = 0; i < value.size() && !full(); ++i) {
          if (i > 0) text_ += ',';
          PrintString(value.members()[i].key);
          text_ += ':';
          Print(value.members()[i].value);
        }
        text_ += '}';
        break;
    }
  }

  std::string Take() && {
    if (text_.size() <= max_bytes_) return std::move(text_);
    size_t end = max_bytes_ > kEllipsis.size() ? max_bytes_ - kEllipsis.size() : 0;
    const auto continues = [this](size_t at) { return (text_[at] & 0xc0) == 0x80; };
    while (end > 0 && continues(end)) --end;  // cut between characters
    text_.resize(end);
    text_ += kEllipsis;
    return std::move(text_);
  }

 private:
  bool full() const { return text_.size() > max_bytes_; }

  void PrintDouble(double real) {
    char digits[kNumberBytes];
    const auto [end, error] = std::to_chars(digits, digits + kNumberBytes, real);
    text_.append(digits, end);
  }

  void PrintString(std::string_view text) {
    text_ += '"';
    for (const char c : text) {
      if (full()) return;
      PrintCharacter(c);
    }
    text_ += '"';
  }

  void PrintCharacter(char c) {
    constexpr std::string_view kHex = "0123456789abcdef";
    const auto byte = static_cast<uint8_t>(c);
    if (c == '"' || c == '\\') {
      text_ += '\\';
      text_ += c;
    } else if (c == '\n') {
      text_ += "\\n";
    } else if (c == '\t') {
      text_ += "\\t";
    } else if (byte < 0x20 || byte == 0x7f) {
      text_ += "\\u00";
      text_ += kHex[byte >> 4];
      text_ += kHex[byte & 15];
    } else {
      text_ += c;
    }
  }

  const size_t max_bytes_;
  std::string text_;
};

}  // namespace

std::string ValueToText(const Value& value, size_t max_bytes) {
  Printer printer(max_bytes);
  printer.Print(value);
  return std::move(printer).Take();
}

}  // namespace junctor
