// DOT: double-quoted strings, in which only `"` and `\` are special (`\n` is a line break).
#include <string_view>
#include <vector>

#include "absl/strings/str_cat.h"
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

  std::string out =
      absl::StrCat("digraph ", Quote(graph.route_name), " {\n  node [fontname=\"sans-serif\"];\n");
  for (NodeId id = 0; id < graph.nodes.size(); ++id) {
    const Node& node = graph.nodes[id];
    const std::string label = PictureLabel(graph, node);
    absl::StrAppend(&out, "  n", id, " [shape=", std::string(ShapeOf(node)),
                    reached[id] ? "" : ", style=dashed", ", label=", Quote(label), "];\n");
  }
  for (NodeId id = 0; id < graph.nodes.size(); ++id) {
    for (const auto& [label, target] : LabelledEdges(graph.nodes[id])) {
      absl::StrAppend(&out, "  n", id, " -> n", target,
                      " [label=", Quote(Shorten(label, kMaxPictureTextBytes)), "];\n");
    }
  }
  return out + "}\n";
}

}  // namespace junctor::compiler
