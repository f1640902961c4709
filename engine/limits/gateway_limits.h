// What gateways' own limits are called, beside those of their routes.
#pragma once

#include <string_view>

namespace junctor::engine {

// They stand under this name of a route, which no route has.
inline constexpr std::string_view kGatewayLimitRoute = "";
// As elements: the rate limit, and before the ids of `spend_limits` rules.
inline constexpr std::string_view kGatewayRateElement = "rate";
inline constexpr std::string_view kSpendElementPrefix = "spend:";

}  // namespace junctor::engine
