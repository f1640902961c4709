#include "compiler/graph/topological_order.h"

#include <algorithm>
#include <cstdint>

#include "compiler/graph/adjacency.h"

namespace junctor::compiler {
namespace {

// A node on the way from the start to where the walk is.
struct Visit {
  NodeId node;
  size_t edges_left;  // edges [0, edges_left) are still to be walked
};

}  // namespace

// The reverse of the order in which a depth-first walk leaves the nodes. The walk takes the last
// output first, so that the first output is left last and lands next to its node.
std::vector<NodeId> TopologicalOrder(const FlowGraph& graph) {
  const Adjacency adjacency(graph);
  std::vector<bool> seen(graph.nodes.size(), false);
  std::vector<NodeId> order;
  order.reserve(graph.nodes.size());
  std::vector<Visit> way;
  const auto enter = [&](NodeId node) {
    seen[node] = true;
    way.push_back({node, adjacency.Successors(node).size()});
  };
  enter(graph.start);
  while (!way.empty()) {
    Visit& visit = way.back();
    if (visit.edges_left == 0) {
      order.push_back(visit.node);
      way.pop_back();
      continue;
    }
    const NodeId target = adjacency.Successors(visit.node)[--visit.edges_left];
    if (!seen[target]) enter(target);
  }
  std::reverse(order.begin(), order.end());
  return order;
}

}  // namespace junctor::compiler
