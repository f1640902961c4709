// The flow graph as text: what golden tests of sema and passes compare.
#pragma once

#include <string>

#include "compiler/graph/flow_graph.h"

namespace junctor::compiler {

// One paragraph per node in the order of `graph.nodes`, whole conditions, every edge; those that
// nothing reaches are marked. Stable: equal graphs give equal text.
std::string DumpGraph(const FlowGraph& graph);

}  // namespace junctor::compiler
