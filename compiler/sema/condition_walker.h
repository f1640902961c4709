// The walk over a condition as written: one function per construct. Behind CompileCondition().
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "compiler/graph/condition.h"
#include "compiler/sema/condition_literals.h"
#include "compiler/sema/context.h"
#include "compiler/syntax/json_tree.h"

namespace junctor::compiler {

// What a test is about: a field of the request, or of an element inside `$elemMatch`.
struct Subject {
  std::string path;                   // as Test::field has it
  const KnownField* field = nullptr;  // of the request; null inside `$elemMatch`
};

// Compiles one condition. Recurses as deep as the condition, which the caller has checked against
// kMaxConditionDepth. After an error, what it concerns holds always, so that nothing else is said
// of it.
class ConditionWalker {
 public:
  explicit ConditionWalker(SemaContext* context)
      : context_(*context), literals_(context->graph->arena.get(), context->sink) {}

  // A query document: fields and `$and`, `$or`, `$nor`. `relative`: fields are those of an array's
  // element.
  Condition Query(const JsonValue& document, bool relative);

  // An object of operators behind a field, e.g. {"$gt": 5, "$lt": 10}. One row per operator in
  // condition_operators.cc.
  Condition Operators(const JsonValue& object, const Subject& subject);

 private:
  // An operator behind a field, with its siblings, which may hold its options.
  struct Use {
    const JsonMember& member;
    const JsonValue& siblings;
    const Subject& subject;
    Span span() const { return {member.key_span.begin, member.value->span.end}; }
  };
  using Handler = Condition (ConditionWalker::*)(const Use&);
  struct OperatorRow {
    std::string_view name;
    Handler handler;
  };
  static const std::vector<OperatorRow>& OperatorTable();

  // condition_walker.cc
  Condition Logic(const JsonMember& member, bool relative);
  Condition Field(const JsonMember& member, bool relative);
  std::optional<Subject> SubjectOf(const JsonMember& member, bool relative);
  Condition Equals(const JsonValue& literal, Span span, const Subject& subject);
  void ReportTopLevelOperator(const JsonMember& member);
  void ReportMixed(const JsonValue& object, const JsonMember& plain);

  // condition_operators.cc: comparisons and sets
  Condition Comparison(const Use& use, Opcode opcode);
  Condition Eq(const Use& use);
  Condition Ne(const Use& use);
  Condition Gt(const Use& use);
  Condition Gte(const Use& use);
  Condition Lt(const Use& use);
  Condition Lte(const Use& use);
  Condition In(const Use& use);
  Condition Nin(const Use& use);
  Condition All(const Use& use);
  Condition NotOperator(const Use& use);
  Condition ElemMatch(const Use& use);
  void ReportUnknownOperator(const JsonMember& member);
  bool CheckSet(const Use& use);
  void WarnOfOperatorKeys(const JsonValue& literal, std::string_view operator_name);

  // condition_tests.cc: everything about one value
  Condition Exists(const Use& use);
  Condition Type(const Use& use);
  Condition Regex(const Use& use);
  Condition Options(const Use& use);
  Condition Mod(const Use& use);
  Condition Size(const Use& use);
  Condition StartsWith(const Use& use);
  Condition EndsWith(const Use& use);
  Condition Contains(const Use& use);
  Condition CaseInsensitive(const Use& use);
  Condition Texts(const Use& use, Opcode opcode);
  std::optional<uint32_t> TypeMask(const JsonValue& type);
  std::optional<int64_t> Truncated(const JsonValue& number, std::string_view what);

  // Reports an operand that `operator_name` can't take; yields a condition that always holds.
  Condition WrongOperand(const Use& use, std::string_view expected, std::string help);
  Condition WrongOperand(const Use& use, const JsonValue& operand, std::string_view expected,
                         std::string help);
  void WarnNever(const JsonMember& member, std::string message, std::string help);

  SemaContext& context_;
  LiteralBuilder literals_;
};

}  // namespace junctor::compiler
