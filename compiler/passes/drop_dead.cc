// Takes out the nodes that nothing reaches (R8), and numbers the others anew in the same order.
#include <utility>
#include <vector>

#include "compiler/graph/topological_order.h"
#include "compiler/passes/pass.h"

namespace junctor::compiler {

void DropDead(FlowGraph& graph) {
  std::vector<bool> reached(graph.nodes.size(), false);
  for (NodeId node : TopologicalOrder(graph)) reached[node] = true;

  std::vector<NodeId> new_ids(graph.nodes.size(), kNoNode);
  std::vector<Node> kept;
  for (NodeId node = 0; node < graph.nodes.size(); ++node) {
    if (!reached[node]) continue;
    new_ids[node] = static_cast<NodeId>(kept.size());
    kept.push_back(std::move(graph.nodes[node]));
  }
  for (Node& node : kept) {
    ForEachEdge(node, [&new_ids](NodeId& target) { target = new_ids[target]; });
  }
  graph.nodes = std::move(kept);
  graph.start = new_ids[graph.start];
}

}  // namespace junctor::compiler
