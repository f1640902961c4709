#include "compiler/passes/condition_ops.h"

#include <algorithm>
#include <new>
#include <utility>

#include "absl/container/flat_hash_set.h"
#include "compiler/graph/same_test.h"

namespace junctor::compiler {
namespace {

using Kind = Condition::Kind;

// Leaves of each literal (a test, or a negated one) only the first.
void RemoveRepeatedLiterals(std::vector<Condition>& children) {
  std::vector<const Test*> literals;
  for (const Condition& child : children) {
    if (const Test* test = AsLiteral(child)) literals.push_back(test);
  }
  if (literals.size() < 2) return;
  absl::flat_hash_set<const Test*, TestHash, TestEqual> plain;
  absl::flat_hash_set<const Test*, TestHash, TestEqual> negated;
  std::vector<bool> repeated(children.size(), false);
  bool any = false;
  for (size_t i = 0; i < children.size(); ++i) {
    const Test* test = AsLiteral(children[i]);
    if (test == nullptr) continue;
    auto& seen = children[i].kind == Kind::kNot ? negated : plain;
    repeated[i] = !seen.insert(test).second;
    any = any || repeated[i];
  }
  if (!any) return;
  std::vector<Condition> kept;
  for (size_t i = 0; i < children.size(); ++i) {
    if (!repeated[i]) kept.push_back(std::move(children[i]));
  }
  children = std::move(kept);
}

bool IsPlainScalar(const Value& value) {
  return !value.is_compound() && value.kind() != ValueKind::kNull && !value.is_missing();
}

}  // namespace

Condition MakeConstant(bool value, Span span) {
  Condition condition;
  condition.kind = value ? Kind::kTrue : Kind::kFalse;
  condition.span = span;
  return condition;
}

Condition MakeNot(Condition condition) {
  switch (condition.kind) {
    case Kind::kTrue:
    case Kind::kFalse:
      return MakeConstant(condition.kind == Kind::kFalse, condition.span);
    case Kind::kNot: {
      Condition inner = std::move(condition.children[0]);
      return inner;
    }
    default: {
      Condition negation;
      negation.kind = Kind::kNot;
      negation.span = condition.span;
      negation.children.push_back(std::move(condition));
      return negation;
    }
  }
}

Condition MakeJunction(Kind kind, std::vector<Condition> children, Span span) {
  const Kind neutral = kind == Kind::kAnd ? Kind::kTrue : Kind::kFalse;
  const Kind deciding = kind == Kind::kAnd ? Kind::kFalse : Kind::kTrue;
  std::vector<Condition> flat;
  flat.reserve(children.size());
  for (Condition& child : children) {
    if (child.kind == deciding) return MakeConstant(deciding == Kind::kTrue, span);
    if (child.kind == neutral) continue;
    if (child.kind == kind) {
      std::move(child.children.begin(), child.children.end(), std::back_inserter(flat));
    } else {
      flat.push_back(std::move(child));
    }
  }
  RemoveRepeatedLiterals(flat);
  if (flat.empty()) return MakeConstant(neutral == Kind::kTrue, span);
  if (flat.size() == 1) {
    Condition only = std::move(flat[0]);
    return only;
  }
  Condition junction;
  junction.kind = kind;
  junction.span = span;
  junction.children = std::move(flat);
  return junction;
}

const Test* AsLiteral(const Condition& condition) {
  if (condition.kind == Kind::kTest) return &condition.test;
  if (condition.kind == Kind::kNot && condition.children[0].kind == Kind::kTest) {
    return &condition.children[0].test;
  }
  return nullptr;
}

bool IsPlainEquality(const Test& test) {
  if (test.opcode == Opcode::kEq) return IsPlainScalar(test.constant);
  if (test.opcode != Opcode::kIn) return false;
  const Value* items = test.constant.items();
  return std::all_of(items, items + test.constant.size(), IsPlainScalar);
}

Value MakeArray(FlowGraph& graph, const std::vector<Value>& items) {
  if (graph.arena == nullptr) {
    graph.arena = std::make_shared<std::pmr::monotonic_buffer_resource>();
  }
  auto* copy = static_cast<Value*>(
      graph.arena->allocate(std::max<size_t>(items.size(), 1) * sizeof(Value), alignof(Value)));
  std::uninitialized_copy(items.begin(), items.end(), copy);
  return Value::Array(copy, static_cast<uint32_t>(items.size()));
}

}  // namespace junctor::compiler
