// See decimal.h.
#include "compiler/sema/decimal.h"

#include <algorithm>

namespace junctor::compiler {
namespace {

// Beyond every exponent that matters, and small enough for sums with the length of a text.
constexpr int64_t kExponentCap = 1'000'000'000;
// Digits that always fit into 64 bits.
constexpr size_t kSafeDigits = 19;

// A number as digits × 10^exponent, without zeros at either end of the digits; no digits: zero.
struct Decimal {
  bool negative = false;
  std::string digits;
  int64_t exponent = 0;
};

Decimal ParseDecimal(std::string_view text) {
  Decimal result;
  size_t i = 0;
  if (i < text.size() && text[i] == '-') {
    result.negative = true;
    ++i;
  }
  bool after_point = false;
  for (; i < text.size() && text[i] != 'e' && text[i] != 'E'; ++i) {
    if (text[i] == '.') {
      after_point = true;
      continue;
    }
    if (!result.digits.empty() || text[i] != '0') result.digits += text[i];
    if (after_point) --result.exponent;
  }
  if (i < text.size()) {
    ++i;
    const bool negative = i < text.size() && text[i] == '-';
    if (i < text.size() && (text[i] == '-' || text[i] == '+')) ++i;
    int64_t exponent = 0;
    for (; i < text.size(); ++i) exponent = std::min(kExponentCap, exponent * 10 + (text[i] - '0'));
    result.exponent += negative ? -exponent : exponent;
  }
  while (!result.digits.empty() && result.digits.back() == '0') {
    result.digits.pop_back();
    ++result.exponent;
  }
  return result;
}

}  // namespace

ScaledDecimal ScaleDecimal(std::string_view text, int decimals) {
  Decimal decimal = ParseDecimal(text);
  if (decimal.digits.empty()) return {};
  if (decimal.negative) return {DecimalFit::kNegative, 0};
  const int64_t exponent = decimal.exponent + decimals;
  if (exponent < 0) return {DecimalFit::kTooPrecise, 0};
  if (static_cast<int64_t>(decimal.digits.size()) + exponent > static_cast<int64_t>(kSafeDigits)) {
    return {DecimalFit::kTooLarge, 0};
  }
  decimal.digits.append(static_cast<size_t>(exponent), '0');
  uint64_t value = 0;
  for (const char digit : decimal.digits) value = value * 10 + static_cast<uint64_t>(digit - '0');
  return {DecimalFit::kExact, value};
}

std::string DecimalText(uint64_t value, int decimals) {
  std::string digits = std::to_string(value);
  const auto places = static_cast<size_t>(decimals);
  if (digits.size() <= places) digits.insert(0, places + 1 - digits.size(), '0');
  digits.insert(digits.size() - places, ".");
  digits.erase(digits.find_last_not_of('0') + 1);
  if (digits.back() == '.') digits.pop_back();
  return digits;
}

bool IsHugeDecimal(std::string_view text) {
  const Decimal decimal = ParseDecimal(text);
  return static_cast<int64_t>(decimal.digits.size()) + decimal.exponent > 0;
}

}  // namespace junctor::compiler
