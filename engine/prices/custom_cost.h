// What a caller says a request costs: the header `cf-aig-custom-cost`.
#pragma once

#include <cstddef>
#include <string_view>

#include "absl/status/statusor.h"
#include "engine/prices/price_set.h"

namespace junctor::engine {

// Longest header that is read: its keys with numbers as long as prices may be.
inline constexpr size_t kMaxCustomCostBytes = 4096;

// Reads the header's value, a JSON object such as {"per_token_in":0.000001,"per_token_out":2e-6}
// with one or more of `per_token_in`, `per_token_out` and `per_request`, in dollars; those that are
// not given are 0. The result goes to CostOf in place of the model's prices, so that cached and
// reasoning tokens cost what others do. Numbers are read digit by digit (ParsePrice).
// InvalidArgument says what is wrong, header's name included: to be answered with 400.
absl::StatusOr<PriceSet> ParseCustomCost(std::string_view header);

}  // namespace junctor::engine
