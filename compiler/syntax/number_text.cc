// See number_text.h.
#include "compiler/syntax/number_text.h"

#include <charconv>
#include <cstdint>

#include "absl/strings/ascii.h"
namespace junctor::compiler {
namespace {

bool IsDecimal(char c) { return absl::ascii_isdigit(static_cast<unsigned char>(c)); }

size_t SkipDigits(std::string_view text, size_t i) {
  while (i < text.size() && IsDecimal(text[i])) ++i;
  return i;
}

bool IsJsonNumber(std::string_view text) {
  size_t i = !text.empty() && text[0] == '-' ? 1 : 0;
  const size_t whole_end = SkipDigits(text, i);
  if (whole_end == i || (text[i] == '0' && whole_end - i > 1)) return false;
  i = whole_end;
  if (i < text.size() && text[i] == '.') {
    const size_t end = SkipDigits(text, i + 1);
    if (end == i + 1) return false;
    i = end;
  }
  if (i < text.size() && (text[i] == 'e' || text[i] == 'E')) {
    ++i;
    if (i < text.size() && (text[i] == '+' || text[i] == '-')) ++i;
    const size_t end = SkipDigits(text, i);
    if (end == i) return false;
    i = end;
  }
  return i == text.size();
}

NumberFault FaultOf(std::string_view text) {
  const bool negative = text[0] == '-';
  const std::string sign = negative ? "-" : "";
  const std::string_view digits = text.substr(negative || text[0] == '+' ? 1 : 0);
  if (digits.size() > 2 && digits[0] == '0' && (digits[1] == 'x' || digits[1] == 'X')) {
    uint64_t value = 0;
    const auto [end, error] =
        std::from_chars(digits.data() + 2, digits.data() + digits.size(), value, 16);
    const bool known = error == std::errc() && end == digits.data() + digits.size();
    return {"hexadecimal is not JSON", known ? sign + std::to_string(value) : ""};
  }
  if (text.find('_') != std::string_view::npos) {
    std::string without;
    for (const char c : text) {
      if (c != '_') without += c;
    }
    return {"digits can't be grouped", IsJsonNumber(without) ? without : ""};
  }
  if (text[0] == '+') return {"a leading `+`", IsJsonNumber(digits) ? std::string(digits) : ""};
  if (!digits.empty() && digits[0] == '.') {
    const std::string with_zero = sign + "0" + std::string(digits);
    return {"no digit before the `.`", IsJsonNumber(with_zero) ? with_zero : ""};
  }
  if (digits.size() > 1 && digits[0] == '0' && IsDecimal(digits[1])) {
    const size_t first = digits.find_first_not_of('0');
    std::string stripped = sign;
    if (first == std::string_view::npos || !IsDecimal(digits[first])) stripped += '0';
    if (first != std::string_view::npos) stripped += digits.substr(first);
    return {"a leading zero", IsJsonNumber(stripped) ? stripped : ""};
  }
  if (!digits.empty() && digits.back() == '.') {
    const std::string whole(text.substr(0, text.size() - 1));
    return {"no digit after the `.`", IsJsonNumber(whole) ? whole : ""};
  }
  return {"not a number as JSON has it", ""};
}

}  // namespace

std::optional<NumberFault> FindNumberFault(std::string_view text) {
  if (IsJsonNumber(text)) return std::nullopt;
  return FaultOf(text);
}

}  // namespace junctor::compiler
