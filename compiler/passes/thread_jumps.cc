// Leads every edge to where it ends up: past the start, past branches whose condition is constant,
// and past branches whose two edges end up at one node, since testing has no effect (R32). Elements
// with effects of their own stay: rate and model elements, and splits, whose draw an author looks
// for in the log.
#include <variant>
#include <vector>

#include "compiler/graph/topological_order.h"
#include "compiler/passes/pass.h"

namespace junctor::compiler {
namespace {

// Where a request that comes to `node` goes on without doing anything; `node` itself where it does
// something. The edges of `node` are threaded already.
NodeId Destination(const FlowGraph& graph, NodeId node) {
  if (const auto* start = std::get_if<StartNode>(&graph.nodes[node].kind)) return start->next;
  const auto* branch = std::get_if<BranchNode>(&graph.nodes[node].kind);
  if (branch == nullptr) return node;
  if (branch->condition.kind == Condition::Kind::kTrue) return branch->on_true;
  if (branch->condition.kind == Condition::Kind::kFalse) return branch->on_false;
  return branch->on_true == branch->on_false ? branch->on_true : node;
}

}  // namespace

void ThreadJumps(FlowGraph& graph) {
  const std::vector<NodeId> order = TopologicalOrder(graph);
  std::vector<NodeId> destinations(graph.nodes.size(), kNoNode);
  for (auto node = order.rbegin(); node != order.rend(); ++node) {
    ForEachEdge(graph.nodes[*node], [&](NodeId& target) { target = destinations[target]; });
    destinations[*node] = Destination(graph, *node);
  }
  graph.start = destinations[graph.start];
}

}  // namespace junctor::compiler
