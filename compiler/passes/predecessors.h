// Which nodes can be come to by one edge only: what is known on that edge is known in the node.
#pragma once

#include <vector>

#include "compiler/graph/flow_graph.h"

namespace junctor::compiler {

// By node: the number of edges that lead there from nodes in `order`, plus one for the start.
inline std::vector<uint32_t> CountIncomingEdges(const FlowGraph& graph,
                                                const std::vector<NodeId>& order) {
  std::vector<uint32_t> counts(graph.nodes.size(), 0);
  counts[graph.start] = 1;
  for (NodeId node : order) {
    ForEachEdge(graph.nodes[node], [&counts](NodeId target) { ++counts[target]; });
  }
  return counts;
}

}  // namespace junctor::compiler
