#include "compiler/graph/dump.h"

#include <vector>

#include "absl/strings/str_cat.h"
#include "compiler/graph/node_text.h"
#include "compiler/graph/topological_order.h"

namespace junctor::compiler {

std::string DumpGraph(const FlowGraph& graph) {
  std::vector<bool> reached(graph.nodes.size(), false);
  for (NodeId node : TopologicalOrder(graph)) reached[node] = true;

  std::string out = absl::StrCat("route ", graph.route_name, ", starts at n", graph.start);
  if (graph.deadline_ms != 0) absl::StrAppend(&out, ", deadline ", graph.deadline_ms, " ms");
  out += '\n';
  for (NodeId id = 0; id < graph.nodes.size(); ++id) {
    const Node& node = graph.nodes[id];
    absl::StrAppend(&out, "n", id, " ", std::string(NodeTypeName(node)));
    if (const std::string element(ElementId(graph, node)); !element.empty()) {
      absl::StrAppend(&out, " `", element, "`");
    }
    if (const std::string summary = NodeSummary(node); !summary.empty()) {
      absl::StrAppend(&out, ": ", summary);
    }
    if (!reached[id]) out += " (unreachable)";
    out += '\n';
    for (const auto& [label, target] : LabelledEdges(node)) {
      absl::StrAppend(&out, "  ", label, " -> n", target, "\n");
    }
  }
  return out;
}

}  // namespace junctor::compiler
