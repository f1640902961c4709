// Queries, logic and fields. See condition_walker.h.
#include "compiler/sema/condition_walker.h"

#include <algorithm>
#include <utility>

#include "compiler/diag/text.h"
#include "compiler/sema/condition_builder.h"
#include "compiler/sema/condition_lint.h"
#include "compiler/sema/fields.h"
#include "compiler/syntax/shape.h"
#include "compiler/syntax/suggest.h"

namespace junctor::compiler {
namespace {

bool IsOperatorKey(std::string_view key) { return key.starts_with('$'); }
bool IsLogic(std::string_view key) { return key == "$and" || key == "$or" || key == "$nor"; }

}  // namespace

Condition ConditionWalker::Query(const JsonValue& document, bool relative) {
  std::vector<Condition> parts;
  parts.reserve(document.count);
  for (const JsonMember& member : document.members()) {
    if (member.value->is(JsonKind::kInvalid)) continue;
    if (IsLogic(member.key)) {
      parts.push_back(Logic(member, relative));
    } else if (IsOperatorKey(member.key)) {
      ReportTopLevelOperator(member);
    } else {
      parts.push_back(Field(member, relative));
    }
  }
  // Inside an element every field may be an array.
  if (!relative) LintContradictions(parts, true, &context_);
  return AllOf(std::move(parts), document.span);
}

Condition ConditionWalker::Logic(const JsonMember& member, bool relative) {
  const Span span = SpanOf(member);
  const JsonValue& list = *member.value;
  if (!list.is(JsonKind::kArray) || list.count == 0) {
    context_.sink->Report(
        FindingAt(DiagCode::kOperandType, list,
                  Text({Quoted(member.key), " needs an array of conditions, found ",
                        list.is(JsonKind::kArray) ? "an empty one" : DescribeJson(list)}),
                  Text({"write ", Quoted("\"" + std::string(member.key) + "\": [{…}, {…}]")})));
    return Always(span);
  }
  std::vector<Condition> children;
  children.reserve(list.count);
  for (const JsonValue* item : list.items()) {
    if (item->is(JsonKind::kInvalid)) continue;
    if (!item->is(JsonKind::kObject)) {
      context_.sink->Report(
          FindingAt(DiagCode::kOperandType, *item,
                    Text({Quoted(member.key), " needs conditions, which are objects, found ",
                          DescribeJson(*item)}),
                    "write `{\"field\": value}`"));
      continue;
    }
    if (item->count == 0) {
      context_.sink->Report(
          FindingAt(DiagCode::kEmptyCondition, *item,
                    Text({"a condition in ", Quoted(member.key), " is empty, so it always holds"}),
                    "add a test, or remove it"));
    }
    children.push_back(Query(*item, relative));
  }
  if (member.key == "$and") {
    if (!relative) LintContradictions(children, true, &context_);
    return AllOf(std::move(children), span);
  }
  Condition any = AnyOf(std::move(children), span);
  return member.key == "$or" ? std::move(any) : Not(std::move(any), span);
}

void ConditionWalker::ReportTopLevelOperator(const JsonMember& member) {
  std::vector<std::string_view> names = {"$and", "$or", "$nor"};
  for (const OperatorRow& row : OperatorTable()) names.push_back(row.name);
  const bool known = std::find(names.begin(), names.end(), member.key) != names.end();
  const std::string name = Quoted(member.key);
  Diagnostic finding = FindingAtKey(DiagCode::kUnknownOperator, member,
                                    known ? Text({"the operator ", name, " stands without a field"})
                                          : Text({"unknown operator ", name}));
  if (!known) {
    finding.help = "at this place stand fields, `$and`, `$or` and `$nor`";
    Suggest(&finding, ClosestName(member.key, names));
  } else if (member.key == "$not") {
    finding.help = "write `$nor` with a list, or put `$not` behind a field";
  } else {
    finding.help =
        Text({"write ", Quoted("{\"metadata.plan\": {\"" + std::string(member.key) + "\": …}}")});
  }
  context_.sink->Report(std::move(finding));
}

std::optional<Subject> ConditionWalker::SubjectOf(const JsonMember& member, bool relative) {
  if (!relative) {
    const KnownField* field = CheckField(member.key, member.key_span, *member.value, &context_);
    if (field == nullptr) return std::nullopt;
    return Subject{field->text, field};
  }
  const auto dots = static_cast<size_t>(std::count(member.key.begin(), member.key.end(), '.'));
  const bool empty_part = member.key.empty() || member.key.front() == '.' ||
                          member.key.back() == '.' ||
                          member.key.find("..") != std::string_view::npos;
  if (!empty_part && dots < kMaxFieldSegments) return Subject{std::string(member.key), nullptr};
  context_.sink->Report(
      FindingAtKey(DiagCode::kInvalidField, member,
                   empty_part ? Text({"the path ", Quoted(member.key), " has an empty part"})
                              : Text({"the path has too many parts (limit is ", kMaxFieldSegments,
                                      ", this one has ", dots + 1, ")"}),
                   "write names joined by single dots"));
  return std::nullopt;
}

Condition ConditionWalker::Field(const JsonMember& member, bool relative) {
  const Span span = SpanOf(member);
  const std::optional<Subject> subject = SubjectOf(member, relative);
  // The operators of an unknown field are checked all the same: its errors are not theirs.
  const Subject known = subject.value_or(Subject{std::string(member.key), nullptr});
  const JsonValue& value = *member.value;
  if (value.is(JsonKind::kObject) && value.count > 0) {
    const std::span<const JsonMember> members = value.members();
    const auto plain = std::find_if_not(members.begin(), members.end(), [](const JsonMember& one) {
      return IsOperatorKey(one.key);
    });
    if (plain == members.end()) return Operators(value, known);
    if (std::any_of(members.begin(), members.end(),
                    [](const JsonMember& one) { return IsOperatorKey(one.key); })) {
      ReportMixed(value, *plain);
      return Always(span);
    }
  }
  return Equals(value, span, known);
}

void ConditionWalker::ReportMixed(const JsonValue& object, const JsonMember& plain) {
  const std::span<const JsonMember> members = object.members();
  const auto with_dollar = std::find_if(
      members.begin(), members.end(), [](const JsonMember& one) { return IsOperatorKey(one.key); });
  Diagnostic mixed =
      FindingAtKey(DiagCode::kMixedOperators, plain,
                   Text({"the key ", Quoted(plain.key), " stands beside the operator ",
                         Quoted(with_dollar->key)}),
                   "keep operators only, and test the rest by a field with a longer path");
  mixed.related.push_back({with_dollar->key_span, "an operator"});
  std::vector<std::string_view> names;
  for (const OperatorRow& row : OperatorTable()) names.push_back(row.name);
  if (const std::string meant = "$" + std::string(plain.key);
      std::find(names.begin(), names.end(), meant) != names.end()) {
    Suggest(&mixed, meant);
  }
  context_.sink->Report(std::move(mixed));
}

Condition ConditionWalker::Equals(const JsonValue& literal, Span span, const Subject& subject) {
  const Value constant = literals_.Build(literal);
  if (subject.field != nullptr)
    LintComparison(*subject.field, Opcode::kEq, literal, constant, &context_);
  return MakeTest(Opcode::kEq, subject.path, span, constant);
}

Condition ConditionWalker::WrongOperand(const Use& use, std::string_view expected,
                                        std::string help) {
  return WrongOperand(use, *use.member.value, expected, std::move(help));
}

Condition ConditionWalker::WrongOperand(const Use& use, const JsonValue& operand,
                                        std::string_view expected, std::string help) {
  if (!operand.is(JsonKind::kInvalid)) {
    Diagnostic wrong = FindingAt(
        DiagCode::kOperandType, operand,
        Text({Quoted(use.member.key), " needs ", expected, ", found ", DescribeJson(operand)}),
        std::move(help));
    wrong.label = Text({"expected ", expected});
    context_.sink->Report(std::move(wrong));
  }
  return Always(use.span());
}

void ConditionWalker::WarnNever(const JsonMember& member, std::string message, std::string help) {
  context_.sink->Report(
      FindingAtKey(DiagCode::kNeverMatches, member, std::move(message), std::move(help)));
}

}  // namespace junctor::compiler
