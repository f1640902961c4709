// The edges of a whole graph in two flat arrays, for walks that need a node's edges by index: the
// iterative ones.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "compiler/graph/flow_graph.h"

namespace junctor::compiler {

// A snapshot of a graph's edges. It does not follow later changes of the graph.
class Adjacency {
 public:
  // Linear in nodes + edges. Edges that are kNoNode are left out.
  explicit Adjacency(const FlowGraph& graph);

  // Targets of the edges of `node`, in the order of its outputs; one target may stand several
  // times.
  std::span<const NodeId> Successors(NodeId node) const {
    return {targets_.data() + begins_[node], begins_[node + 1] - begins_[node]};
  }

 private:
  std::vector<size_t> begins_;  // one per node, and the end
  std::vector<NodeId> targets_;
};

}  // namespace junctor::compiler
