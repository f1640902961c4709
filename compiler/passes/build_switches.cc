// Makes one switch of a chain of branches that compare one field with constants, each tried when
// the one before did not match. Right because a switch takes its first case that equals the field
// or, where the field is an array, one of its elements: the order of the chain. A constant that
// comes again later in the chain could never be reached.
//
// Only branches that nothing else leads to join a chain, so that each is looked at once.
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "absl/container/flat_hash_set.h"
#include "compiler/graph/same_test.h"
#include "compiler/graph/topological_order.h"
#include "compiler/passes/condition_ops.h"
#include "compiler/passes/pass.h"
#include "compiler/passes/predecessors.h"

namespace junctor::compiler {
namespace {

using Kind = Condition::Kind;

// The field that `condition` compares with constants and does nothing else, or null.
const std::string* ComparedField(const Condition& condition) {
  if (condition.kind == Kind::kTest) {
    return IsPlainEquality(condition.test) ? &condition.test.field : nullptr;
  }
  if (condition.kind != Kind::kOr) return nullptr;
  const std::string* field = nullptr;
  for (const Condition& child : condition.children) {
    if (child.kind != Kind::kTest || !IsPlainEquality(child.test)) return nullptr;
    if (field != nullptr && *field != child.test.field) return nullptr;
    field = &child.test.field;
  }
  return field;
}

// A chain that is being collected.
struct Chain {
  SwitchNode node;
  absl::flat_hash_set<Value, ValueHash, ValueEqual> seen;
  size_t branches = 0;

  void Add(const BranchNode& branch) {
    ++branches;
    if (branch.condition.kind == Kind::kTest) {
      AddTest(branch.condition.test, branch.on_true);
    } else {
      for (const Condition& child : branch.condition.children) AddTest(child.test, branch.on_true);
    }
    node.otherwise = branch.on_false;
  }

 private:
  void AddTest(const Test& test, NodeId target) {
    ForEachConstant(test, [&](const Value& constant) {
      if (seen.insert(constant).second) node.cases.push_back({constant, target});
    });
  }
};

}  // namespace

void BuildSwitches(FlowGraph& graph) {
  const std::vector<NodeId> order = TopologicalOrder(graph);
  const std::vector<uint32_t> incoming = CountIncomingEdges(graph, order);
  std::vector<bool> in_chain(graph.nodes.size(), false);
  for (NodeId head : order) {
    const auto* branch = std::get_if<BranchNode>(&graph.nodes[head].kind);
    if (branch == nullptr || in_chain[head]) continue;
    const std::string* field = ComparedField(branch->condition);
    if (field == nullptr) continue;

    Chain chain;
    chain.node.field = *field;
    chain.Add(*branch);
    for (NodeId next = branch->on_false; incoming[next] == 1; next = chain.node.otherwise) {
      const auto* link = std::get_if<BranchNode>(&graph.nodes[next].kind);
      if (link == nullptr) break;
      const std::string* link_field = ComparedField(link->condition);
      if (link_field == nullptr || *link_field != chain.node.field) break;
      in_chain[next] = true;
      chain.Add(*link);
    }
    // A branch alone has a set, which is as fast.
    if (chain.branches < 2) continue;
    std::vector<SwitchNode::Case>& cases = chain.node.cases;
    while (!cases.empty() && cases.back().target == chain.node.otherwise) cases.pop_back();
    if (cases.size() < kMinTableConstants) continue;
    graph.nodes[head].kind = std::move(chain.node);
  }
}

}  // namespace junctor::compiler
