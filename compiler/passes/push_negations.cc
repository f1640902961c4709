// Pushes `not` down to the tests by De Morgan's laws, which hold because a condition is either true
// or false (R32). It costs nothing to negate a test, since a jump has both targets; and flattened
// further, more tests meet their like. The inside of $elemMatch stays: a matcher negates a whole
// subtree as cheaply as a test.
#include <utility>
#include <variant>

#include "compiler/passes/condition_ops.h"
#include "compiler/passes/pass.h"

namespace junctor::compiler {
namespace {

using Kind = Condition::Kind;

Condition Push(Condition condition, bool negated) {
  switch (condition.kind) {
    case Kind::kTrue:
    case Kind::kFalse:
    case Kind::kTest:
    case Kind::kElemMatch:
      if (negated) return MakeNot(std::move(condition));
      return condition;
    case Kind::kNot:
      return Push(std::move(condition.children[0]), !negated);
    case Kind::kAnd:
    case Kind::kOr: {
      const bool becomes_and = (condition.kind == Kind::kAnd) != negated;
      for (Condition& child : condition.children) child = Push(std::move(child), negated);
      return MakeJunction(becomes_and ? Kind::kAnd : Kind::kOr, std::move(condition.children),
                          condition.span);
    }
  }
  return condition;
}

}  // namespace

void PushNegations(FlowGraph& graph) {
  for (Node& node : graph.nodes) {
    auto* branch = std::get_if<BranchNode>(&node.kind);
    if (branch == nullptr) continue;
    branch->condition = Push(std::move(branch->condition), false);
    if (branch->condition.kind == Kind::kNot) {
      branch->condition = MakeNot(std::move(branch->condition));
      std::swap(branch->on_true, branch->on_false);
    }
  }
}

}  // namespace junctor::compiler
