// DOT: double-quoted strings, in which only `"` and `\` are special (`\n` is a line break).
#include <string_view>
#include <vector>

#include "compiler/graph/export.h"
#include "compiler/graph/node_text.h"
#include "compiler/graph/topological_order.h"

namespace junctor::compiler {
namespace {

std::string Quote(std::string_view text) {
  std::string out = "\"";
  for (char c : text) {
    if (c == '"' || c == '\\') out += '\\';
    if (c == '\n') {
      out += "\\n";
    } else {
      out += static_cast<unsigned char>(c) < 0x20 ? ' ' : c;
    }
  }
  return out + "\"";
}

std::string_view ShapeOf(const Node& node) {
  struct Shape {
    std::string_view operator()(const StartNode&) { return "circle"; }
    std::string_view operator()(const BranchNode&) { return "diamond"; }
    std::string_view operator()(const SplitNode&) { return "trapezium"; }
    std::string_view operator()(const LimitNode&) { return "hexagon"; }
    std::string_view operator()(const CallNode&) { return "box"; }
    std::string_view operator()(const EndNode&) { return "doublecircle"; }
    std::string_view operator()(const SwitchNode&) { return "diamond"; }
  };
  return std::visit(Shape(), node.kind);
}

}  // namespace

std::string ToDot(const FlowGraph& graph) {
  std::vector<bool> reached(graph.nodes.size(), false);
  for (NodeId node : TopologicalOrder(graph)) reached[node] = true;

  std::string out = "digraph " + Quote(graph.route_name) + " {\n  node [fontname=\"sans-serif\"];\n";
  for (NodeId id = 0; id < graph.nodes.size(); ++id) {
    const Node& node = graph.nodes[id];
    std::string label(ElementId(graph, node));
    label += "\n" + std::string(NodeTypeName(node));
    if (const std::string summary = NodeSummary(node); !summary.empty()) {
      label += "\n" + Shorten(summary, kMaxPictureTextBytes);
    }
    out += "  n" + std::to_string(id) + " [shape=" + std::string(ShapeOf(node));
    if (!reached[id]) out += ", style=dashed";
    out += ", label=" + Quote(label) + "];\n";
  }
  for (NodeId id = 0; id < graph.nodes.size(); ++id) {
    for (const auto& [label, target] : LabelledEdges(graph.nodes[id])) {
      out += "  n" + std::to_string(id) + " -> n" + std::to_string(target) + " [label=" +
             Quote(Shorten(label, kMaxPictureTextBytes)) + "];\n";
    }
  }
  return out + "}\n";
}

}  // namespace junctor::compiler
