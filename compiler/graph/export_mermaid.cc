// Mermaid: quoted labels, in which characters are written as `#code;`, and `<br/>` is a line break.
#include <string_view>
#include <vector>

#include "absl/strings/str_cat.h"
#include "compiler/graph/export.h"
#include "compiler/graph/node_text.h"
#include "compiler/graph/topological_order.h"

namespace junctor::compiler {
namespace {

// Characters that would end the label, begin an entity, markup or a Markdown string, or (`%%`) a
// comment.
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
      absl::StrAppend(&out, "#", int{c}, ";");
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

Brackets BracketsOf(const Node& node) {
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
    const std::string label = PictureLabel(graph, node);
    const Brackets shape = BracketsOf(node);
    absl::StrAppend(&out, "  n", id, std::string(shape.open), "\"", Escape(label), "\"",
                    std::string(shape.close), "\n");
    if (!reached[id]) absl::StrAppend(&unreached, unreached.empty() ? "n" : ",n", id);
  }
  for (NodeId id = 0; id < graph.nodes.size(); ++id) {
    for (const auto& [label, target] : LabelledEdges(graph.nodes[id])) {
      absl::StrAppend(&out, "  n", id, " -->|\"", Escape(Shorten(label, kMaxPictureTextBytes)),
                      "\"| n", target, "\n");
    }
  }
  if (!unreached.empty()) {
    absl::StrAppend(&out, "  classDef unreached stroke-dasharray: 4\n  class ", unreached,
                    " unreached\n");
  }
  return out;
}

}  // namespace junctor::compiler
