// Exact decimal numbers: shares, amounts and counts never go through binary floating point (R12,
// R14).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace junctor::compiler {

enum class DecimalFit : uint8_t {
  kExact,       // `value` holds the number
  kNegative,    // below zero
  kTooPrecise,  // more decimals than asked for
  kTooLarge,    // beyond 64 bits
};

struct ScaledDecimal {
  DecimalFit fit = DecimalFit::kExact;
  uint64_t value = 0;  // the number × 10^decimals
};

// The JSON number `text` times 10^`decimals`, exactly: "0.05" with 4 decimals is 500; 5, 5.0 and
// 5e0 are the same.
ScaledDecimal ScaleDecimal(std::string_view text, int decimals);

// `value` / 10^`decimals` in the shortest decimal form, e.g. 50000 with 4 decimals is "5", 333000
// is "33.3".
std::string DecimalText(uint64_t value, int decimals);

// Whether the JSON number `text`, whose value no double can hold, is too large in absolute value
// (and not too small).
bool IsHugeDecimal(std::string_view text);

}  // namespace junctor::compiler
