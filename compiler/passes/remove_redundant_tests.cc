// Removes tests whose answer an earlier branch has found on the only way to this node. Right
// because a request's fields do not change while it is routed, so the same test gives the same
// answer again. Only the nearest few answers are kept, so that the pass stays linear on long
// chains.
#include <utility>
#include <variant>
#include <vector>

#include "compiler/graph/same_test.h"
#include "compiler/graph/topological_order.h"
#include "compiler/passes/condition_ops.h"
#include "compiler/passes/pass.h"
#include "compiler/passes/predecessors.h"

namespace junctor::compiler {
namespace {

using Kind = Condition::Kind;

// How many steps back are looked at, and how many answers are taken from them.
constexpr size_t kMaxSteps = 16;
constexpr size_t kMaxAnswers = 32;

// The one edge by which a node is come to.
struct Way {
  NodeId from = kNoNode;
  bool on_true = false;  // where `from` is a branch: which of its edges
};

// The answer to a test.
struct Answer {
  const Test* test;
  bool holds;
};

void Learn(const Condition& condition, bool holds, std::vector<Answer>& answers) {
  if (answers.size() >= kMaxAnswers) return;
  switch (condition.kind) {
    case Kind::kTest:
      answers.push_back({&condition.test, holds});
      return;
    case Kind::kNot:
      Learn(condition.children[0], !holds, answers);
      return;
    case Kind::kAnd:
    case Kind::kOr:
      // All parts of an and that holds hold; none of an or that does not.
      if (holds != (condition.kind == Kind::kAnd)) return;
      for (const Condition& child : condition.children) Learn(child, holds, answers);
      return;
    default:
      return;
  }
}

// The answers known at `node`, nearest first.
std::vector<Answer> KnownAt(const FlowGraph& graph, const std::vector<Way>& ways, NodeId node) {
  std::vector<Answer> answers;
  for (size_t step = 0; step < kMaxSteps && answers.size() < kMaxAnswers; ++step) {
    const Way& way = ways[node];
    if (way.from == kNoNode) break;
    if (const auto* branch = std::get_if<BranchNode>(&graph.nodes[way.from].kind)) {
      Learn(branch->condition, way.on_true, answers);
    }
    node = way.from;
  }
  return answers;
}

Condition Simplify(Condition condition, const std::vector<Answer>& answers) {
  switch (condition.kind) {
    case Kind::kTest:
      for (const Answer& answer : answers) {
        if (SameTest(*answer.test, condition.test)) {
          return MakeConstant(answer.holds, condition.span);
        }
      }
      return condition;
    case Kind::kNot:
      return MakeNot(Simplify(std::move(condition.children[0]), answers));
    case Kind::kAnd:
    case Kind::kOr:
      for (Condition& child : condition.children) child = Simplify(std::move(child), answers);
      return MakeJunction(condition.kind, std::move(condition.children), condition.span);
    default:
      return condition;
  }
}

}  // namespace

void RemoveRedundantTests(FlowGraph& graph) {
  const std::vector<NodeId> order = TopologicalOrder(graph);
  const std::vector<uint32_t> incoming = CountIncomingEdges(graph, order);
  std::vector<Way> ways(graph.nodes.size());
  for (NodeId node : order) {
    const auto* branch = std::get_if<BranchNode>(&graph.nodes[node].kind);
    ForEachEdge(graph.nodes[node], [&](NodeId target) {
      if (incoming[target] != 1) return;
      ways[target] = {node, branch != nullptr && branch->on_true == target};
    });
  }
  // Backwards, so that the conditions that answers are learnt from are still whole.
  for (auto node = order.rbegin(); node != order.rend(); ++node) {
    auto* branch = std::get_if<BranchNode>(&graph.nodes[*node].kind);
    if (branch == nullptr) continue;
    const std::vector<Answer> answers = KnownAt(graph, ways, *node);
    if (!answers.empty()) {
      branch->condition = Simplify(std::move(branch->condition), answers);
    }
  }
}

}  // namespace junctor::compiler
