// Routes of simulated gateways: text in the language of routes, with limits, shares, retries,
// hedges and fallbacks.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "tests/simulation/random.h"

namespace junctor::simulation {

// The revisions of one route: the same elements with other numbers, some of them there in some
// revisions only.
std::vector<std::string> MakeRoute(std::string_view name, size_t revisions, Random* random);

}  // namespace junctor::simulation
