// The edges of a node, whatever its kind: the one place that knows where each kind keeps them.
#pragma once

#include <type_traits>
#include <variant>

#include "compiler/graph/flow_graph.h"

namespace junctor::compiler {

template <typename NodeType, typename Visitor>
void ForEachEdge(NodeType& node, Visitor visit) {
  auto edge = [&visit](auto& target) {
    if (target != kNoNode) visit(target);
  };
  std::visit(
      [&edge](auto& kind) {
        using Kind = std::remove_cvref_t<decltype(kind)>;
        if constexpr (std::is_same_v<Kind, StartNode>) {
          edge(kind.next);
        } else if constexpr (std::is_same_v<Kind, BranchNode>) {
          edge(kind.on_true);
          edge(kind.on_false);
        } else if constexpr (std::is_same_v<Kind, SplitNode>) {
          for (auto& output : kind.outputs) edge(output.target);
        } else if constexpr (std::is_same_v<Kind, LimitNode> || std::is_same_v<Kind, CallNode>) {
          edge(kind.on_success);
          edge(kind.on_fallback);
        } else if constexpr (std::is_same_v<Kind, SwitchNode>) {
          for (auto& one_case : kind.cases) edge(one_case.target);
          edge(kind.otherwise);
        }
      },
      node.kind);
}

}  // namespace junctor::compiler
