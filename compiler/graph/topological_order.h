// The order in which a graph's nodes can be laid out, or evaluated backwards, without ever looking
// ahead.
#pragma once

#include <vector>

#include "compiler/graph/flow_graph.h"

namespace junctor::compiler {

// The nodes that `graph.start` reaches, each before all that it leads to. The first output's target
// follows its node directly where it can, so laid out in this order the author's first choice falls
// through. Iterative and linear: a chain of 100,000 nodes is fine. REQUIRES: no cycle, every edge
// names a node.
std::vector<NodeId> TopologicalOrder(const FlowGraph& graph);

}  // namespace junctor::compiler
