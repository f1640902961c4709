// Mermaid: quoted labels, in which characters are written as `#code;`, and `<br/>` is a line break.
#include <string_view>
#include <vector>

#include "compiler/graph/export.h"
#include "compiler/graph/node_text.h"
#include "compiler/graph/topological_order.h"

namespace junctor::compiler {
namespace {

// Characters that would end the label, begin an entity, markup or a Markdown string, or (`%%`) a comment.
constexpr std::string_view kSpecial = "\"#&<>`*_\\";

std::string Escape(std::string_view text) {
  std::string out;
  for (size_t i = 0; i < text.size(); ++i) {
    const auto c = static_cast<unsigned char>(text[i]);
    const bool second_percent = c == '%' && i > 0 && text[i - 1] == '%';
    if (c == '\n') {
      out += "<br/>";
    } else if (c < 0x20) {
      out += ' ';
    } else if (second_percent || kSpecial.find(text[i]) != std::string_view::npos) {
      out += "#" + std::to_string(c) + ";";
    } else {
      out += text[i];
    }
  }
  return out;
}

// What stands around a quoted label to give the node its shape.
struct Brackets {
  std::string_view open;
  std::string_view close;
};

Brackets ShapeOf(const Node& node) {
  struct Shape {
    Brackets operator()(const StartNode&) { return {"([", "])"}; }
    Brackets operator()(const BranchNode&) { return {"{", "}"}; }
    Brackets operator()(const SplitNode&) { return {"[/", "\\]"}; }
    Brackets operator()(const LimitNode&) { return {"{{", "}}"}; }
    Brackets operator()(const CallNode&) { return {"[", "]"}; }
    Brackets operator()(const EndNode&) { return {"([", "])"}; }
    Brackets operator()(const SwitchNode&) { return {"{", "}"}; }
  };
  return std::visit(Shape(), node.kind);
}

}  // namespace

std::string ToMermaid(const FlowGraph& graph) {
  std::vector<bool> reached(graph.nodes.size(), false);
  for (NodeId node : TopologicalOrder(graph)) reached[node] = true;

  std::string out = "flowchart TD\n";
  std::string unreached;
  for (NodeId id = 0; id < graph.nodes.size(); ++id) {
    const Node& node = graph.nodes[id];
    std::string label(ElementId(graph, node));
    label += "\n" + std::string(NodeTypeName(node));
    if (const std::string summary = NodeSummary(node); !summary.empty()) {
      label += "\n" + Shorten(summary, kMaxPictureTextBytes);
    }
    const Brackets shape = ShapeOf(node);
    out += "  n" + std::to_string(id) + std::string(shape.open) + "\"" + Escape(label) + "\"" +
           std::string(shape.close) + "\n";
    if (!reached[id]) unreached += (unreached.empty() ? "n" : ",n") + std::to_string(id);
  }
  for (NodeId id = 0; id < graph.nodes.size(); ++id) {
    for (const auto& [label, target] : LabelledEdges(graph.nodes[id])) {
      out += "  n" + std::to_string(id) + " -->|\"" + Escape(Shorten(label, kMaxPictureTextBytes)) +
             "\"| n" + std::to_string(target) + "\n";
    }
  }
  if (!unreached.empty()) {
    out += "  classDef unreached stroke-dasharray: 4\n  class " + unreached + " unreached\n";
  }
  return out;
}

}  // namespace junctor::compiler
