// Folds what the text alone decides. Right because a condition is a function of the request without
// effects and never fails (R32): a constant in an and/or decides it or says nothing, and a test
// repeated says the same again.
#include <utility>
#include <variant>
#include <vector>

#include "absl/container/flat_hash_set.h"
#include "compiler/graph/same_test.h"
#include "compiler/passes/condition_ops.h"
#include "compiler/passes/pass.h"

namespace junctor::compiler {
namespace {

// A set matches where one of its items does, so its order and its duplicates mean nothing.
void RemoveDuplicates(FlowGraph& graph, Value& set) {
  absl::flat_hash_set<Value, ValueHash, ValueEqual> seen;
  std::vector<Value> unique;
  for (uint32_t i = 0; i < set.size(); ++i) {
    if (seen.insert(set.items()[i]).second) unique.push_back(set.items()[i]);
  }
  if (unique.size() < set.size()) set = MakeArray(graph, unique);
}

Condition Fold(FlowGraph& graph, Condition condition) {
  switch (condition.kind) {
    case Condition::Kind::kTrue:
    case Condition::Kind::kFalse:
      return condition;
    case Condition::Kind::kTest:
      if (condition.test.opcode == Opcode::kIn) {
        RemoveDuplicates(graph, condition.test.constant);
        if (condition.test.constant.size() == 0) return MakeConstant(false, condition.span);
      }
      if (condition.test.opcode == Opcode::kType && condition.test.type_mask == 0) {
        return MakeConstant(false, condition.span);
      }
      return condition;
    case Condition::Kind::kElemMatch:
      condition.children[0] = Fold(graph, std::move(condition.children[0]));
      if (condition.children[0].kind == Condition::Kind::kFalse) {
        return MakeConstant(false, condition.span);
      }
      return condition;
    case Condition::Kind::kNot:
      return MakeNot(Fold(graph, std::move(condition.children[0])));
    case Condition::Kind::kAnd:
    case Condition::Kind::kOr:
      for (Condition& child : condition.children) child = Fold(graph, std::move(child));
      return MakeJunction(condition.kind, std::move(condition.children), condition.span);
  }
  return condition;
}

}  // namespace

void FoldConstants(FlowGraph& graph) {
  for (Node& node : graph.nodes) {
    if (auto* branch = std::get_if<BranchNode>(&node.kind)) {
      branch->condition = Fold(graph, std::move(branch->condition));
    }
  }
}

}  // namespace junctor::compiler
