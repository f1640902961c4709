// See money.h.
#include "engine/prices/money.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <optional>

#include "absl/status/status.h"

namespace junctor::engine {
namespace {

constexpr int kDecimals = 18;  // of an AttoDollars
// Digits of the largest AttoDollars; more of them are too large whatever they are.
constexpr int64_t kMaxDigits = 20;
// Exponents beyond this say no more than this one does.
constexpr int64_t kMaxExponent = 1'000'000;
constexpr size_t kMaxQuotedBytes = 40;

bool IsDigit(char c) { return c >= '0' && c <= '9'; }

// A number's parts: 0.DIGITS × 10^scale, the digits without leading zeros.
struct Decimal {
  bool negative = false;
  std::string digits;
  int64_t scale = 0;
};

// Walks along a JSON number's text.
class NumberReader {
 public:
  explicit NumberReader(std::string_view text) : text_(text) {}

  // Nothing where the text is not one JSON number and no more.
  std::optional<Decimal> Read() {
    Decimal number;
    number.negative = Take('-');
    const std::string_view whole = TakeDigits();
    if (whole.empty() || (whole.size() > 1 && whole.front() == '0')) return std::nullopt;
    std::string_view fraction;
    if (Take('.')) {
      fraction = TakeDigits();
      if (fraction.empty()) return std::nullopt;
    }
    int64_t exponent = 0;
    if (Take('e') || Take('E')) {
      const bool negative = Take('-');
      if (!negative) Take('+');
      const std::string_view digits = TakeDigits();
      if (digits.empty()) return std::nullopt;
      for (const char digit : digits) {
        exponent = std::min(exponent * 10 + (digit - '0'), kMaxExponent);
      }
      if (negative) exponent = -exponent;
    }
    if (!text_.empty()) return std::nullopt;
    number.digits = std::string(whole) + std::string(fraction);
    const size_t leading = std::min(number.digits.find_first_not_of('0'), number.digits.size());
    number.digits.erase(0, leading);
    number.scale = static_cast<int64_t>(whole.size()) - static_cast<int64_t>(leading) + exponent;
    return number;
  }

 private:
  bool Take(char c) {
    if (text_.empty() || text_.front() != c) return false;
    text_.remove_prefix(1);
    return true;
  }

  std::string_view TakeDigits() {
    size_t count = 0;
    while (count < text_.size() && IsDigit(text_[count])) ++count;
    const std::string_view digits = text_.substr(0, count);
    text_.remove_prefix(count);
    return digits;
  }

  std::string_view text_;
};

absl::Status Refuse(std::string_view number, AttoDollars max) {
  std::string found(number.substr(0, kMaxQuotedBytes));
  if (number.size() > kMaxQuotedBytes) found += "…";
  return absl::InvalidArgumentError("expected a number of dollars from 0 to " + DollarsText(max) +
                                    ", found `" + found + "`");
}

}  // namespace

absl::StatusOr<ParsedPrice> ParsePrice(std::string_view number, AttoDollars max) {
  if (number.size() > kMaxPriceTextBytes) {
    return absl::InvalidArgumentError("expected a number of at most " +
                                      std::to_string(kMaxPriceTextBytes) + " digits, found " +
                                      std::to_string(number.size()));
  }
  const std::optional<Decimal> decimal = NumberReader(number).Read();
  if (!decimal.has_value()) return Refuse(number, max);
  if (decimal->digits.empty()) return ParsedPrice{};  // 0, whatever its sign and exponent
  if (decimal->negative) return Refuse(number, max);

  // So many of the digits stand before the point once the price is in atto-dollars.
  const int64_t whole_digits = decimal->scale + kDecimals;
  if (whole_digits > kMaxDigits) return Refuse(number, max);
  absl::uint128 price = 0;
  for (int64_t i = 0; i < whole_digits; ++i) {
    const size_t at = static_cast<size_t>(i);
    price = price * 10;
    if (at < decimal->digits.size()) price += static_cast<unsigned>(decimal->digits[at] - '0');
  }
  const size_t used = static_cast<size_t>(std::max<int64_t>(whole_digits, 0));
  const bool exact = used >= decimal->digits.size() ||
                     decimal->digits.find_first_not_of('0', used) == std::string::npos;
  if (!exact) ++price;
  if (price > max) return Refuse(number, max);
  return ParsedPrice{absl::Uint128Low64(price), exact};
}

NanoDollars RoundUpToNanoDollars(absl::uint128 atto_dollars) {
  const absl::uint128 whole = atto_dollars / kAttoDollarsPerNanoDollar;
  const absl::uint128 amount = whole + (atto_dollars % kAttoDollarsPerNanoDollar == 0 ? 0U : 1U);
  const absl::uint128 largest = static_cast<uint64_t>(std::numeric_limits<NanoDollars>::max());
  return static_cast<NanoDollars>(absl::Uint128Low64(std::min(amount, largest)));
}

NanoDollars NanoDollarsOf(double dollars) {
  constexpr double kNanoDollarsPerDollar = 1e9;
  const NanoDollars amount = std::llround(dollars * kNanoDollarsPerDollar);
  return dollars > 0 ? std::max<NanoDollars>(amount, 1) : 0;
}

std::string DollarsText(absl::uint128 atto_dollars) {
  std::string digits;
  for (absl::uint128 left = atto_dollars; left != 0; left /= 10) {
    digits += static_cast<char>('0' + absl::Uint128Low64(left % 10));
  }
  if (digits.size() <= kDecimals) digits.append(kDecimals + 1 - digits.size(), '0');
  std::reverse(digits.begin(), digits.end());
  std::string text = digits.substr(0, digits.size() - kDecimals);
  std::string decimals = digits.substr(digits.size() - kDecimals);
  decimals.erase(decimals.find_last_not_of('0') + 1);
  if (!decimals.empty()) text += "." + decimals;
  return text;
}

}  // namespace junctor::engine
