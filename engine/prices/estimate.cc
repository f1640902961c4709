// See estimate.h.
#include "engine/prices/estimate.h"

#include <algorithm>

namespace junctor::engine {
namespace {

AttoDollars TokenPrice(uint64_t nano_dollars) {
  return std::min(nano_dollars, kMaxTokenPrice / kAttoDollarsPerNanoDollar) *
         kAttoDollarsPerNanoDollar;
}

}  // namespace

PriceSet PricesOf(const DefaultPrice& price) {
  PriceSet prices;
  prices.Set(PriceKind::kInput, TokenPrice(price.input));
  prices.Set(PriceKind::kOutput, TokenPrice(price.output));
  return prices;
}

}  // namespace junctor::engine
