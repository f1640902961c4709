#include "compiler/graph/node_text.h"

#include <type_traits>
#include <variant>

#include "absl/strings/str_cat.h"
#include "compiler/graph/condition_text.h"
#include "runtime/program/disassembler.h"

namespace junctor::compiler {
namespace {

constexpr uint64_t kNanoDollars = 1'000'000'000;

template <typename Kind, typename Wanted>
constexpr bool kIs = std::is_same_v<std::remove_cvref_t<Kind>, Wanted>;

// "$2.5" of 2,500,000,000 nano-dollars.
std::string Dollars(uint64_t nano) {
  std::string text = absl::StrCat("$", nano / kNanoDollars);
  if (nano % kNanoDollars == 0) return text;
  std::string fraction = std::to_string(kNanoDollars + nano % kNanoDollars).substr(1);
  fraction.erase(fraction.find_last_not_of('0') + 1);
  return absl::StrCat(text, ".", fraction);
}

std::string LimitSummary(const LimitNode& limit) {
  std::string text = limit.type == LimitType::kCost ? Dollars(limit.limit)
                                                    : absl::StrCat(limit.limit, " requests");
  absl::StrAppend(&text, " per ", limit.window_seconds, " s");
  text += limit.technique == WindowTechnique::kSliding ? ", sliding" : ", fixed";
  if (limit.reserve) text += ", reserve";
  if (limit.on_store_failure == StoreFailurePolicy::kLocal) text += ", local without its store";
  if (limit.on_store_failure == StoreFailurePolicy::kAllow) text += ", open without its store";
  if (limit.on_store_failure == StoreFailurePolicy::kRefuse) text += ", closed without its store";
  for (size_t i = 0; i < limit.keys.size(); ++i) {
    absl::StrAppend(&text, i == 0 ? ", by " : " + ", limit.keys[i]);
  }
  return text;
}

std::string CallSummary(const ModelSpec& model) {
  std::string text =
      absl::StrCat(model.provider, "/", model.model, ", timeout ", model.timeout_ms, " ms");
  if (model.retries > 0) absl::StrAppend(&text, ", retries ", int{model.retries});
  return text;
}

}  // namespace

std::string_view NodeTypeName(const Node& node) {
  return std::visit(
      [](const auto& kind) -> std::string_view {
        if constexpr (kIs<decltype(kind), StartNode>) return "start";
        if constexpr (kIs<decltype(kind), BranchNode>) return "conditional";
        if constexpr (kIs<decltype(kind), SplitNode>) return "percentage";
        if constexpr (kIs<decltype(kind), LimitNode>) return "rate";
        if constexpr (kIs<decltype(kind), CallNode>) return "model";
        if constexpr (kIs<decltype(kind), EndNode>) return "end";
        if constexpr (kIs<decltype(kind), SwitchNode>) return "switch";
      },
      node.kind);
}

std::string NodeSummary(const Node& node) {
  return std::visit(
      [](const auto& kind) -> std::string {
        if constexpr (kIs<decltype(kind), BranchNode>) return ConditionToText(kind.condition);
        if constexpr (kIs<decltype(kind), SplitNode>) {
          return kind.key.empty() ? std::string() : absl::StrCat("by ", kind.key);
        }
        if constexpr (kIs<decltype(kind), LimitNode>) return LimitSummary(kind);
        if constexpr (kIs<decltype(kind), CallNode>) return CallSummary(kind.spec);
        if constexpr (kIs<decltype(kind), SwitchNode>) return kind.field;
        return std::string();
      },
      node.kind);
}

std::vector<std::pair<std::string, NodeId>> LabelledEdges(const Node& node) {
  std::vector<std::pair<std::string, NodeId>> edges;
  const auto add = [&edges](std::string label, NodeId target) {
    if (target != kNoNode) edges.emplace_back(std::move(label), target);
  };
  std::visit(
      [&add](const auto& kind) {
        if constexpr (kIs<decltype(kind), StartNode>) {
          add("next", kind.next);
        } else if constexpr (kIs<decltype(kind), BranchNode>) {
          add("true", kind.on_true);
          add("false", kind.on_false);
        } else if constexpr (kIs<decltype(kind), SplitNode>) {
          for (const SplitNode::Output& output : kind.outputs) add(output.label, output.target);
        } else if constexpr (kIs<decltype(kind), LimitNode> || kIs<decltype(kind), CallNode>) {
          add("success", kind.on_success);
          add("fallback", kind.on_fallback);
        } else if constexpr (kIs<decltype(kind), SwitchNode>) {
          for (const SwitchNode::Case& one : kind.cases) add(ValueToText(one.constant), one.target);
          add("else", kind.otherwise);
        }
      },
      node.kind);
  return edges;
}

std::string_view ElementId(const FlowGraph& graph, const Node& node) {
  if (node.element == kNoElement) return {};
  return graph.elements[node.element].id;
}

std::string PictureLabel(const FlowGraph& graph, const Node& node) {
  std::string label =
      absl::StrCat(std::string(ElementId(graph, node)), "\n", std::string(NodeTypeName(node)));
  if (const std::string summary = NodeSummary(node); !summary.empty()) {
    absl::StrAppend(&label, "\n", Shorten(summary, kMaxPictureTextBytes));
  }
  return label;
}

std::string Shorten(std::string_view text, size_t max_bytes) {
  constexpr std::string_view kEllipsis = "…";
  if (text.size() <= max_bytes) return std::string(text);
  size_t end = max_bytes < kEllipsis.size() ? 0 : max_bytes - kEllipsis.size();
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xc0) == 0x80) --end;
  return std::string(text.substr(0, end)) + std::string(kEllipsis);
}

}  // namespace junctor::compiler
