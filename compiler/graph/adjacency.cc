#include "compiler/graph/adjacency.h"

namespace junctor::compiler {

Adjacency::Adjacency(const FlowGraph& graph) {
  begins_.reserve(graph.nodes.size() + 1);
  targets_.reserve(graph.nodes.size() * 2);
  begins_.push_back(0);
  for (const Node& node : graph.nodes) {
    ForEachEdge(node, [this](NodeId target) { targets_.push_back(target); });
    begins_.push_back(targets_.size());
  }
}

}  // namespace junctor::compiler
