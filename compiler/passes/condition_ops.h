// Ways to build conditions that are simplified as they are built. Shared by the passes that rewrite
// conditions.
#pragma once

#include <vector>

#include "compiler/graph/flow_graph.h"

namespace junctor::compiler {

// The constant condition `value`.
Condition MakeConstant(bool value, Span span);

// The opposite of `condition`: constants flip, two negations cancel out.
Condition MakeNot(Condition condition);

// An and/or of `children`, which are simplified already: constants are folded, children of the same
// kind take their own children's place, a test that stands there twice stays once, one child stands
// for the whole.
Condition MakeJunction(Condition::Kind kind, std::vector<Condition> children, Span span);

// The test in `condition` where it is one or the negation of one, else null.
const Test* AsLiteral(const Condition& condition);

// Whether `test` is an equality with scalars that are not null: kEq, or kIn of only such. Only
// these mean the same on their own, in a set and in a switch, also where the field is an array or
// missing.
bool IsPlainEquality(const Test& test);

// Calls `visit(const Value&)` with each constant of a plain equality.
template <typename Visitor>
void ForEachConstant(const Test& test, Visitor visit) {
  if (test.opcode == Opcode::kEq) {
    visit(test.constant);
    return;
  }
  for (uint32_t i = 0; i < test.constant.size(); ++i) visit(test.constant.items()[i]);
}

// An array constant with `items`, in the graph's arena (made where there is none yet).
Value MakeArray(FlowGraph& graph, const std::vector<Value>& items);

// Constants on one field from which a table pays: below, comparing one by one is as fast.
inline constexpr size_t kMinTableConstants = 4;

}  // namespace junctor::compiler
