// Makes one set of the equalities on one field: `f = a or f = b or f in [c, d]` is `f in [a, b, c,
// d]`, and negated, `f != a and f != b …` is `f not in [a, b, …]`. Right for arrays too: a set
// matches where any item equals the field or an element of it, which is what the or says. Null
// stays out, since it matches missing fields.
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/container/flat_hash_set.h"
#include "compiler/graph/same_test.h"
#include "compiler/passes/condition_ops.h"
#include "compiler/passes/pass.h"

namespace junctor::compiler {
namespace {

using Kind = Condition::Kind;

// The equalities on one field among the children of a junction.
struct Group {
  std::vector<size_t> members;  // indices of children
  size_t constants = 0;
};

// Replaces the first member of `group` by the set of all, and marks the others.
void MergeGroup(FlowGraph& graph, const Group& group, std::vector<Condition>& children,
                std::vector<bool>& merged_away) {
  absl::flat_hash_set<Value, ValueHash, ValueEqual> seen;
  std::vector<Value> items;
  for (size_t member : group.members) {
    ForEachConstant(*AsLiteral(children[member]), [&](const Value& constant) {
      if (seen.insert(constant).second) items.push_back(constant);
    });
    merged_away[member] = member != group.members[0];
  }
  Condition& first = children[group.members[0]];
  Test& test = first.kind == Kind::kNot ? first.children[0].test : first.test;
  test.opcode = Opcode::kIn;
  test.constant = MakeArray(graph, items);
}

Condition Merge(FlowGraph& graph, Condition condition) {
  for (Condition& child : condition.children) child = Merge(graph, std::move(child));
  if (condition.kind != Kind::kAnd && condition.kind != Kind::kOr) return condition;

  const Kind mergeable = condition.kind == Kind::kOr ? Kind::kTest : Kind::kNot;
  std::vector<Condition>& children = condition.children;
  absl::flat_hash_map<std::string_view, size_t> group_of_field;
  std::vector<Group> groups;
  for (size_t i = 0; i < children.size(); ++i) {
    const Test* test = AsLiteral(children[i]);
    if (test == nullptr || children[i].kind != mergeable || !IsPlainEquality(*test)) continue;
    const auto [entry, is_new] = group_of_field.try_emplace(test->field, groups.size());
    if (is_new) groups.emplace_back();
    Group& group = groups[entry->second];
    group.members.push_back(i);
    group.constants += test->opcode == Opcode::kEq ? 1 : test->constant.size();
  }

  std::vector<bool> merged_away(children.size(), false);
  bool any = false;
  for (const Group& group : groups) {
    if (group.members.size() < 2 || group.constants < kMinTableConstants) continue;
    MergeGroup(graph, group, children, merged_away);
    any = true;
  }
  if (!any) return condition;
  std::vector<Condition> kept;
  for (size_t i = 0; i < children.size(); ++i) {
    if (!merged_away[i]) kept.push_back(std::move(children[i]));
  }
  return MakeJunction(condition.kind, std::move(kept), condition.span);
}

}  // namespace

void MergeSets(FlowGraph& graph) {
  for (Node& node : graph.nodes) {
    if (auto* branch = std::get_if<BranchNode>(&node.kind)) {
      branch->condition = Merge(graph, std::move(branch->condition));
    }
  }
}

}  // namespace junctor::compiler
