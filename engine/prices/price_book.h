// What costs are made from: a table, and what is taken where it has no entry.
#pragma once

#include <cstdint>
#include <string_view>

#include "engine/prices/estimate.h"
#include "engine/prices/price_set.h"
#include "engine/prices/price_table.h"

namespace junctor::engine {

// Prices that were found.
struct FoundPrices {
  PriceSet prices;
  bool known = true;  // not the default's
  bool own = false;   // the operator's, who set other prices than the built-in ones
};

// Immutable; a view of a table that outlives it.
struct PriceBook {
  const PriceTable* table = nullptr;
  DefaultPrice unknown;  // of models that the table does not have

  // The prices in force at a moment for a call with so much input.
  FoundPrices PricesAt(std::string_view provider, std::string_view model, uint64_t input_tokens,
                       int64_t unix_seconds) const;
};

}  // namespace junctor::engine
