// What gateways' own limits are called, beside those of their routes.
#pragma once

#include <string_view>

namespace junctor::engine {

// They stand under this name of a route, which no route has.
inline constexpr std::string_view kGatewayLimitRoute = "";
// As elements: the rate limit, and before the ids of `spend_limits` rules.
inline constexpr std::string_view kGatewayRateElement = "rate";
inline constexpr std::string_view kSpendElementPrefix = "spend:";
// Before the id of a provider config: the rate limit of its key.
inline constexpr std::string_view kKeyElementPrefix = "key:";

}  // namespace junctor::engine
