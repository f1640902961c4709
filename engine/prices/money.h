// Exact money. Prices are whole atto-dollars, amounts whole nano-dollars; what lies between is
// computed in 128 bits and rounded up once.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "absl/numeric/int128.h"
#include "absl/status/statusor.h"

namespace junctor::engine {

// A price of one token or piece in 1e-18 US dollars: the unit in which every price of the built-in
// table is a whole number. Holds 18.4 dollars at most.
using AttoDollars = uint64_t;
// An amount in 1e-9 US dollars: what limits count and logs show. Holds 9.2 billion dollars at most.
using NanoDollars = int64_t;

inline constexpr AttoDollars kAttoDollarsPerDollar = 1'000'000'000'000'000'000;
inline constexpr AttoDollars kAttoDollarsPerNanoDollar = 1'000'000'000;

// The dearest token. The dearest one sold costs less than a thousandth of that; more is a mistake
// of units (dollars per million tokens).
inline constexpr AttoDollars kMaxTokenPrice = kAttoDollarsPerDollar;
// The dearest piece: a request, a search, a page, a second.
inline constexpr AttoDollars kMaxPiecePrice = 10 * kAttoDollarsPerDollar;
// Longest number that is read: far more decimals than a price has, and no work for whoever sends
// more.
inline constexpr size_t kMaxPriceTextBytes = 1024;

// A price as read.
struct ParsedPrice {
  AttoDollars price = 0;
  bool exact = true;  // false: it had more decimals than 18 and was rounded up
};

// Reads a JSON number of dollars, digit by digit, so that nothing is rounded but what lies beyond
// the 18th decimal, and that upwards: no price above 0 becomes 0. InvalidArgument for what is no
// number, below 0 or above `max`: the message says what was expected and found, to stand behind a
// field's name.
absl::StatusOr<ParsedPrice> ParsePrice(std::string_view number, AttoDollars max);

// Whole nano-dollars, rounded up; at most the type's largest.
NanoDollars RoundUpToNanoDollars(absl::uint128 atto_dollars);
// An amount from 0 to a million dollars, to the nearest nano-dollar; what is above 0 stays so.
NanoDollars NanoDollarsOf(double dollars);

// An amount in dollars as an exact decimal without trailing zeros: "0.15", "12".
std::string DollarsText(absl::uint128 atto_dollars);

}  // namespace junctor::engine
