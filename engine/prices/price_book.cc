// See price_book.h.
#include "engine/prices/price_book.h"

#include "engine/prices/cost.h"

namespace junctor::engine {

FoundPrices PriceBook::PricesAt(std::string_view provider, std::string_view model,
                                uint64_t input_tokens, int64_t unix_seconds) const {
  if (const ModelPrice* price = table->Find(provider, model)) {
    return {engine::PricesAt(*price, input_tokens, unix_seconds), true,
            !PriceTable::IsBuiltIn(*price)};
  }
  return {PricesOf(unknown), false, false};
}

}  // namespace junctor::engine
