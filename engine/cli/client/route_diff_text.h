// Differences between two versions of a route, read from the server's answer and shown to people.
#pragma once

#include <string>

#include "engine/cli/client/json.h"
#include "engine/cli/console.h"
#include "engine/control/route_diff.h"

namespace junctor::engine {

// What RenderRouteDiffJson wrote; bounds stay in the summary.
RouteDiff ReadRouteDiff(const Json& result);

// Whether the two versions differ in anything.
bool HasDifferences(const RouteDiff& diff);

// "1 element added, worst case calls 3 → 5".
std::string ShortText(const RouteDiff& diff);

// One line for each difference, and then what they mean.
void PrintRouteDiff(const RouteDiff& diff, const Console& console);

}  // namespace junctor::engine
