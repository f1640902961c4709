#include "compiler/graph/dump.h"

#include <vector>

#include "compiler/graph/node_text.h"
#include "compiler/graph/topological_order.h"

namespace junctor::compiler {

std::string DumpGraph(const FlowGraph& graph) {
  std::vector<bool> reached(graph.nodes.size(), false);
  for (NodeId node : TopologicalOrder(graph)) reached[node] = true;

  std::string out = "route " + graph.route_name + ", starts at n" + std::to_string(graph.start);
  if (graph.deadline_ms != 0) out += ", deadline " + std::to_string(graph.deadline_ms) + " ms";
  out += '\n';
  for (NodeId id = 0; id < graph.nodes.size(); ++id) {
    const Node& node = graph.nodes[id];
    out += "n" + std::to_string(id) + " ";
    out += NodeTypeName(node);
    if (const std::string_view element = ElementId(graph, node); !element.empty()) {
      out += " `" + std::string(element) + "`";
    }
    if (const std::string summary = NodeSummary(node); !summary.empty()) out += ": " + summary;
    if (!reached[id]) out += " (unreachable)";
    out += '\n';
    for (const auto& [label, target] : LabelledEdges(node)) {
      out += "  " + label + " -> n" + std::to_string(target) + "\n";
    }
  }
  return out;
}

}  // namespace junctor::compiler
