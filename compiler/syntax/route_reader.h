// From a JSON tree to a route as written: which keys there are, and whether their values have the
// right shape (R1, R2).
#pragma once

#include <memory>

#include "compiler/diag/sink.h"
#include "compiler/syntax/json_tree.h"
#include "compiler/syntax/route_syntax.h"

namespace junctor::compiler {

// Reads the outline of the route in `tree`, which it takes over. Null where the document is no
// object.
std::unique_ptr<RouteSyntax> ReadRoute(std::unique_ptr<JsonTree> tree, DiagnosticSink* sink);

}  // namespace junctor::compiler
