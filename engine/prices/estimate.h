// What is assumed where nothing is known: tokens of a text, the price of a model.
#pragma once

#include <cstdint>

#include "engine/prices/price_set.h"

namespace junctor::engine {

// A token is about so many bytes of text. Whoever uses it marks the result as an estimate.
inline constexpr uint64_t kBytesPerToken = 4;

// The tokens of a text, rounded up.
constexpr uint64_t EstimateTokens(uint64_t bytes) {
  return bytes / kBytesPerToken + (bytes % kBytesPerToken == 0 ? 0 : 1);
}

// What a model costs that no entry of the price table matches. A cost made from it is an estimate.
// The defaults are those of a dear model, so that a budget errs by holding: 10 and 50 dollars per
// million tokens.
struct DefaultPrice {
  uint64_t input = 10'000;   // nano-dollars per token; above a dollar counts as a dollar
  uint64_t output = 50'000;  // the same
};

// The same as prices for CostOf.
PriceSet PricesOf(const DefaultPrice& price);

}  // namespace junctor::engine
