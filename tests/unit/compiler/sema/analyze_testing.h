// Routes for tests of the checks, and what comes of them.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "compiler/sema/analyze.h"
#include "compiler/syntax/parser.h"

namespace junctor::compiler {

// What the front end made of a text.
struct Analysis {
  std::vector<Diagnostic> diagnostics;
  std::unique_ptr<FlowGraph> graph;  // null where there are errors

  // The codes of the diagnostics in order, e.g. "0304 0503"; "ok" where there are none.
  std::string codes() const;
};

Analysis AnalyzeText(const std::string& text, const AnalyzeOptions& options = {
                                                  .cost_limits_act = true, .known_providers = {}, .is_priced = {}});

// A route of a start that leads to `first`, `elements`, a model element `m` and an end element
// `end`. `top` are members of the document, each followed by a comma.
std::string RouteWith(const std::string& first, const std::string& elements,
                      const std::string& top = "");
// A conditional element `c` with `condition`, to `m` and to a second model.
std::string RouteWithCondition(const std::string& condition);
// A percentage element with `outputs`: names, all of which lead to a model each of their own.
std::string RouteWithShares(const std::vector<std::string>& names);
// A rate element with `properties`.
std::string RouteWithRate(const std::string& properties, const std::string& type = "rate");
// A model element with `properties` beside provider and model, and `outputs`.
std::string RouteWithModel(const std::string& properties, const std::string& top = "",
                           bool fallback = false);

// The condition of the route's conditional element as text, or the codes where there are errors.
std::string ConditionOf(const std::string& condition);

}  // namespace junctor::compiler
