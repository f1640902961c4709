// What an answer costs, by the formula of the price data:
//   (input - cached - cache_write) * per_token_in + cached * per_token_cached_in
//   + cache_write * per_token_cache_write + output * per_token_out
// where input counts every prompt token and output every answered one.
#pragma once

#include <cstdint>

#include "engine/prices/model_price.h"
#include "engine/prices/money.h"
#include "engine/prices/price_set.h"
#include "engine/providers/chat/usage.h"

namespace junctor::engine {

// An answer's cost.
struct Cost {
  NanoDollars amount = 0;
  // False: more was used than `amount` has in it, or may have been. A count that the provider did
  // not tell has a price, or a count above 0 has none.
  bool complete = true;
};

// The prices in force at a moment for a request with so much input: the base prices, over them the
// changes that have begun, over them the daily window that the moment lies in, over them the
// highest tier that the input is above.
PriceSet PricesAt(const ModelPrice& price, uint64_t input_tokens, int64_t unix_seconds);

// What an answer that used `usage` costs. Absent counts count as 0.
// - A price that is absent: cached input and cache writes cost what input costs, writes that are
//   kept for an hour what others do, reasoning and citations what output costs. Audio tokens cost
//   what text does, unless priced; audio is counted among the input that is not cached.
// - Parts that add up to more than the whole are cut to it, cached input first.
// - Counts that the provider bills stand in for those that it used.
// - `per_request`, where priced, comes once, and searches that were counted, where priced, are paid
//   one by one. What `Usage` does not count (images, pages, seconds) is not in it: the cost of a
//   model that has such prices alone is not complete.
// Computed exactly in 128 bits and rounded up once to whole nano-dollars; at most the largest.
Cost CostOf(const PriceSet& prices, const Usage& usage);
Cost CostOf(const ModelPrice& price, const Usage& usage, int64_t unix_seconds);

// No answer to a request with at most so many tokens each way costs more: every token at the
// dearest price that CostOf could take for it, rounded up. For holding money before the answer is
// known.
NanoDollars UpperBoundOf(const PriceSet& prices, uint64_t input_tokens, uint64_t output_tokens);

}  // namespace junctor::engine
