#include "compiler/codegen/jumps.h"

#include <algorithm>
#include <type_traits>
#include <variant>

#include "compiler/graph/topological_order.h"

namespace junctor::compiler {
namespace {

// Makes drafts from the end of the code to its beginning. Until Finish(), positions count from the
// end.
class BackwardLowering {
 public:
  explicit BackwardLowering(const FlowGraph& graph) : graph_(graph) {
    code_.entries.resize(graph.nodes.size(), 0);
  }

  // Adds the code of `node`, all of whose targets were added before.
  void Add(NodeId node) {
    node_ = node;
    code_.entries[node] =
        std::visit([this](const auto& kind) { return AddKind(kind); }, graph_.nodes[node].kind);
  }

  // Turns everything round: positions count from the beginning.
  JumpCode Finish(const std::vector<NodeId>& added) {
    std::reverse(code_.drafts.begin(), code_.drafts.end());
    for (JumpDraft& draft : code_.drafts) {
      if (!HasTargets(draft)) continue;
      draft.on_true = FromBegin(draft.on_true);
      draft.on_false = FromBegin(draft.on_false);
    }
    for (NodeId node : added) code_.entries[node] = FromBegin(code_.entries[node]);
    return std::move(code_);
  }

 private:
  template <typename Kind>
  uint32_t AddKind(const Kind& kind) {
    if constexpr (std::is_same_v<Kind, BranchNode>) {
      return AddCondition(kind.condition, code_.entries[kind.on_true],
                          code_.entries[kind.on_false]);
    } else if constexpr (std::is_same_v<Kind, CallNode>) {
      const uint32_t success = code_.entries[kind.on_success];
      const bool has_fallback = kind.on_fallback != kNoNode;
      return Emit({.on_true = success,
                   .on_false = has_fallback ? code_.entries[kind.on_fallback] : success});
    } else if constexpr (std::is_same_v<Kind, LimitNode>) {
      const uint32_t fallback =
          kind.on_fallback != kNoNode ? code_.entries[kind.on_fallback] : Emit({.refuses = true});
      return Emit({.on_true = code_.entries[kind.on_success], .on_false = fallback});
    } else if constexpr (std::is_same_v<Kind, StartNode>) {
      return code_.entries[kind.next];
    } else {
      return Emit({});
    }
  }

  // Adds the tests of `condition`, last one first; `on_true` and `on_false` are where the decided
  // condition goes on. The depth of conditions is limited (R4), and so is the recursion.
  uint32_t AddCondition(const Condition& condition, uint32_t on_true, uint32_t on_false) {
    switch (condition.kind) {
      case Condition::Kind::kTrue:
        return on_true;
      case Condition::Kind::kFalse:
        return on_false;
      case Condition::Kind::kTest:
      case Condition::Kind::kElemMatch:
        return Emit({.test = &condition, .on_true = on_true, .on_false = on_false});
      case Condition::Kind::kNot:
        return AddCondition(condition.children[0], on_false, on_true);
      case Condition::Kind::kAnd:
      case Condition::Kind::kOr:
        break;
    }
    const bool is_and = condition.kind == Condition::Kind::kAnd;
    uint32_t next = is_and ? on_true : on_false;
    for (auto child = condition.children.rbegin(); child != condition.children.rend(); ++child) {
      next = is_and ? AddCondition(*child, next, on_false) : AddCondition(*child, on_true, next);
    }
    return next;
  }

  uint32_t Emit(JumpDraft draft) {
    draft.node = node_;
    code_.drafts.push_back(draft);
    return static_cast<uint32_t>(code_.drafts.size() - 1);
  }

  bool HasTargets(const JumpDraft& draft) const {
    if (draft.test != nullptr) return true;
    const auto& kind = graph_.nodes[draft.node].kind;
    return !draft.refuses &&
           (std::holds_alternative<CallNode>(kind) || std::holds_alternative<LimitNode>(kind));
  }

  uint32_t FromBegin(uint32_t from_end) const {
    return static_cast<uint32_t>(code_.drafts.size() - 1 - from_end);
  }

  const FlowGraph& graph_;
  NodeId node_ = kNoNode;  // that is being added
  JumpCode code_;
};

}  // namespace

JumpCode LowerJumps(const FlowGraph& graph) {
  const std::vector<NodeId> order = TopologicalOrder(graph);
  BackwardLowering lowering(graph);
  for (auto node = order.rbegin(); node != order.rend(); ++node) lowering.Add(*node);
  return lowering.Finish(order);
}

}  // namespace junctor::compiler
