// From the syntax tree to the flow graph: names, links, types, limits and lints.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "compiler/diag/sink.h"
#include "compiler/graph/flow_graph.h"
#include "compiler/source/source.h"
#include "compiler/syntax/route_syntax.h"

namespace junctor::compiler {

// What the checks should know of the world.
struct AnalyzeOptions {
  // Whether cost limits act in this process; if not, each gets a warning that names it.
  bool cost_limits_act = false;
  // Slugs of the providers there are; when not empty, a model of another one gets a warning.
  // `custom-…` never does.
  std::vector<std::string> known_providers;
  // Whether the price of a provider's model is known; when set, a model without one in a route with
  // a cost limit gets a warning.
  std::function<bool(std::string_view provider, std::string_view model)> is_priced;
};

// Checks `route` (rules R1–R15, R18, R19, R25, R29–R33), reports everything to `sink`, and builds
// the flow graph. Null when `sink` holds any error, also one from before. The graph owns all that
// it holds; neither `route` nor `source` is needed afterwards. Linear in the size of the route, and
// recurses only into conditions (kMaxConditionDepth).
std::unique_ptr<FlowGraph> Analyze(const RouteSyntax& route, const Source& source,
                                   const AnalyzeOptions& options, DiagnosticSink* sink);

}  // namespace junctor::compiler
