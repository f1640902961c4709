// See condition_builder.h.
#include "compiler/sema/condition_builder.h"

#include <utility>

namespace junctor::compiler {
namespace {

Condition Make(Condition::Kind kind, Span span) {
  Condition condition;
  condition.kind = kind;
  condition.span = span;
  return condition;
}

Condition Combine(Condition::Kind kind, std::vector<Condition> children, Span span) {
  if (children.size() == 1) return std::move(children.front());
  Condition condition = Make(kind, span);
  condition.children = std::move(children);
  return condition;
}

}  // namespace

Span SpanOf(const JsonMember& member) { return {member.key_span.begin, member.value->span.end}; }

Condition Always(Span span) { return Make(Condition::Kind::kTrue, span); }

Condition Never(Span span) { return Make(Condition::Kind::kFalse, span); }

Condition MakeTest(Opcode opcode, const std::string& field, Span span) {
  Condition condition = Make(Condition::Kind::kTest, span);
  condition.test.opcode = opcode;
  condition.test.field = field;
  return condition;
}

Condition MakeTest(Opcode opcode, const std::string& field, Span span, const Value& constant) {
  Condition condition = MakeTest(opcode, field, span);
  condition.test.constant = constant;
  return condition;
}

Condition Not(Condition child, Span span) {
  Condition condition = Make(Condition::Kind::kNot, span);
  condition.children.push_back(std::move(child));
  return condition;
}

Condition AllOf(std::vector<Condition> children, Span span) {
  if (children.empty()) return Always(span);
  return Combine(Condition::Kind::kAnd, std::move(children), span);
}

Condition AnyOf(std::vector<Condition> children, Span span) {
  if (children.empty()) return Never(span);
  return Combine(Condition::Kind::kOr, std::move(children), span);
}

}  // namespace junctor::compiler
