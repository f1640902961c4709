// The table of operators; comparisons, sets, `$not` and `$elemMatch` (R29). See condition_walker.h.
#include <algorithm>
#include <array>
#include <utility>

#include "compiler/diag/text.h"
#include "compiler/sema/condition_builder.h"
#include "compiler/sema/condition_lint.h"
#include "compiler/sema/condition_walker.h"
#include "compiler/source/limits.h"
#include "compiler/syntax/shape.h"
#include "compiler/syntax/suggest.h"

namespace junctor::compiler {
namespace {

bool IsOperator(std::string_view key) { return key.starts_with('$'); }

// Whether `value` is an object that holds operators, as far as its first key says.
bool HoldsOperators(const JsonValue& value) {
  return value.is(JsonKind::kObject) && value.count > 0 && IsOperator(value.members().front().key);
}

// Operators as other languages call them.
constexpr std::array<std::pair<std::string_view, std::string_view>, 16> kOperatorAliases = {{
    {"$equals", "$eq"},
    {"$equal", "$eq"},
    {"$is", "$eq"},
    {"$notEquals", "$ne"},
    {"$neq", "$ne"},
    {"$greater", "$gt"},
    {"$greaterThan", "$gt"},
    {"$less", "$lt"},
    {"$lessThan", "$lt"},
    {"$like", "$regex"},
    {"$match", "$regex"},
    {"$matches", "$regex"},
    {"$includes", "$contains"},
    {"$notIn", "$nin"},
    {"$prefix", "$startsWith"},
    {"$suffix", "$endsWith"},
}};

bool IsElemMatch(const JsonValue& value) {
  return value.is(JsonKind::kObject) && value.count == 1 &&
         value.members().front().key == "$elemMatch";
}

}  // namespace

const std::vector<ConditionWalker::OperatorRow>& ConditionWalker::OperatorTable() {
  static const auto* const table = new std::vector<OperatorRow>{
      {"$eq", &ConditionWalker::Eq},
      {"$ne", &ConditionWalker::Ne},
      {"$gt", &ConditionWalker::Gt},
      {"$gte", &ConditionWalker::Gte},
      {"$lt", &ConditionWalker::Lt},
      {"$lte", &ConditionWalker::Lte},
      {"$in", &ConditionWalker::In},
      {"$nin", &ConditionWalker::Nin},
      {"$not", &ConditionWalker::NotOperator},
      {"$exists", &ConditionWalker::Exists},
      {"$type", &ConditionWalker::Type},
      {"$regex", &ConditionWalker::Regex},
      {"$options", &ConditionWalker::Options},
      {"$mod", &ConditionWalker::Mod},
      {"$all", &ConditionWalker::All},
      {"$elemMatch", &ConditionWalker::ElemMatch},
      {"$size", &ConditionWalker::Size},
      {"$startsWith", &ConditionWalker::StartsWith},
      {"$endsWith", &ConditionWalker::EndsWith},
      {"$contains", &ConditionWalker::Contains},
      {"$caseInsensitive", &ConditionWalker::CaseInsensitive},
  };
  return *table;
}

Condition ConditionWalker::Operators(const JsonValue& object, const Subject& subject) {
  std::vector<Condition> parts;
  for (const JsonMember& member : object.members()) {
    const std::vector<OperatorRow>& table = OperatorTable();
    const auto row = std::find_if(table.begin(), table.end(), [&member](const OperatorRow& one) {
      return one.name == member.key;
    });
    if (row == table.end()) {
      ReportUnknownOperator(member);
      continue;
    }
    if (member.value->is(JsonKind::kInvalid)) continue;
    Condition part = (this->*row->handler)({member, object, subject});
    // Options are read by the operator beside them, and say nothing themselves.
    if (member.key != "$options" && member.key != "$caseInsensitive")
      parts.push_back(std::move(part));
  }
  LintContradictions(parts, false, &context_);
  return AllOf(std::move(parts), object.span);
}

void ConditionWalker::ReportUnknownOperator(const JsonMember& member) {
  const std::string name = Quoted(member.key);
  const bool logic = member.key == "$and" || member.key == "$or" || member.key == "$nor";
  Diagnostic unknown =
      FindingAtKey(DiagCode::kUnknownOperator, member,
                   logic ? Text({"the operator ", name, " can't stand behind a field"})
                         : Text({"unknown operator ", name}));
  if (logic) {
    unknown.help = Text(
        {"write ", Quoted("\"" + std::string(member.key) + "\": [{\"field\": …}, {\"field\": …}]"),
         " in place of the field"});
  } else {
    std::vector<std::string_view> names;
    for (const OperatorRow& row : OperatorTable()) names.push_back(row.name);
    unknown.help = "the operators are listed by `junctor explain-code JR0403`";
    const auto alias = std::find_if(kOperatorAliases.begin(), kOperatorAliases.end(),
                                    [&member](const auto& one) { return one.first == member.key; });
    Suggest(&unknown,
            alias != kOperatorAliases.end() ? alias->second : ClosestName(member.key, names));
  }
  context_.sink->Report(std::move(unknown));
}

void ConditionWalker::WarnOfOperatorKeys(const JsonValue& literal, std::string_view operator_name) {
  if (!HoldsOperators(literal)) return;
  const JsonMember& inner = literal.members().front();
  context_.sink->Report(FindingAtKey(DiagCode::kOperatorAsLiteral, inner,
                                     Text({Quoted(inner.key), " inside ", Quoted(operator_name),
                                           " is compared as a key, not applied"}),
                                     Text({"write ", Quoted(inner.key), " in place of ",
                                           Quoted(operator_name), ", or `$not` for a negation"})));
}

Condition ConditionWalker::Comparison(const Use& use, Opcode opcode) {
  const JsonValue& operand = *use.member.value;
  WarnOfOperatorKeys(operand, use.member.key);
  const Value constant = literals_.Build(operand);
  if (operand.is(JsonKind::kNull) && (opcode == Opcode::kGt || opcode == Opcode::kLt)) {
    WarnNever(use.member,
              Text({"nothing is ", opcode == Opcode::kGt ? "above" : "below",
                    " null, so this never matches"}),
              "for a field that is there and not null, write `{\"$ne\": null}`");
  }
  if (use.subject.field != nullptr) {
    LintComparison(*use.subject.field, opcode, operand, constant, &context_);
  }
  return MakeTest(opcode, use.subject.path, use.span(), constant);
}

Condition ConditionWalker::Eq(const Use& use) { return Comparison(use, Opcode::kEq); }
Condition ConditionWalker::Ne(const Use& use) {
  return Not(Comparison(use, Opcode::kEq), use.span());
}
Condition ConditionWalker::Gt(const Use& use) { return Comparison(use, Opcode::kGt); }
Condition ConditionWalker::Gte(const Use& use) { return Comparison(use, Opcode::kGe); }
Condition ConditionWalker::Lt(const Use& use) { return Comparison(use, Opcode::kLt); }
Condition ConditionWalker::Lte(const Use& use) { return Comparison(use, Opcode::kLe); }

// Whether the operand of `use` is an array of at most kMaxSetValues.
bool ConditionWalker::CheckSet(const Use& use) {
  const JsonValue& list = *use.member.value;
  if (!list.is(JsonKind::kArray)) {
    WrongOperand(
        use, "an array",
        Text({"write ", Quoted("[" + std::string(context_.source.TextOf(list.span)) + "]")}));
    return false;
  }
  if (list.count <= kMaxSetValues) return true;
  context_.sink->Report(
      FindingAt(DiagCode::kTooManySetValues, list,
                Text({"too many values in ", Quoted(use.member.key), " (limit is ",
                      Grouped(kMaxSetValues), ", this list has ", Grouped(list.count), ")"}),
                "test a property that they share, such as a metadata entry"));
  return false;
}

Condition ConditionWalker::In(const Use& use) {
  if (!CheckSet(use)) return Always(use.span());
  const JsonValue& list = *use.member.value;
  const bool negated = use.member.key == "$nin";
  if (list.count == 0) {
    if (!negated) {
      WarnNever(use.member, Text({Quoted(use.member.key), " of an empty list never matches"}),
                "add values to the list");
    }
    return Never(use.span());
  }
  std::vector<Value> items;
  items.reserve(list.count);
  for (const JsonValue* item : list.items()) {
    if (HoldsOperators(*item)) {
      context_.sink->Report(
          FindingAt(DiagCode::kOperandType, *item,
                    Text({Quoted(use.member.key), " needs values, found the operator ",
                          Quoted(item->members().front().key)}),
                    "write `$or` with one condition for each"));
      continue;
    }
    items.push_back(literals_.Build(*item));
    if (use.subject.field != nullptr) {
      LintComparison(*use.subject.field, Opcode::kEq, *item, items.back(), &context_);
    }
  }
  return MakeTest(Opcode::kIn, use.subject.path, use.span(), literals_.Array(items));
}

Condition ConditionWalker::Nin(const Use& use) { return Not(In(use), use.span()); }

Condition ConditionWalker::All(const Use& use) {
  if (!CheckSet(use)) return Always(use.span());
  const JsonValue& list = *use.member.value;
  if (list.count == 0) {
    WarnNever(use.member, "`$all` of an empty list never matches", "add values to the list");
    return Never(use.span());
  }
  const bool elem_matches = IsElemMatch(*list.items().front());
  std::vector<Condition> parts;
  parts.reserve(list.count);
  for (const JsonValue* item : list.items()) {
    if (elem_matches && IsElemMatch(*item)) {
      parts.push_back(ElemMatch({item->members().front(), *item, use.subject}));
    } else if (elem_matches || HoldsOperators(*item)) {
      return WrongOperand(use, *item, "values, or `$elemMatch` in each item",
                          "write `$and` with one condition for each");
    } else {
      parts.push_back(Equals(*item, item->span, use.subject));
    }
  }
  return AllOf(std::move(parts), use.span());
}

Condition ConditionWalker::NotOperator(const Use& use) {
  const JsonValue& operand = *use.member.value;
  if (!HoldsOperators(operand)) {
    const std::string written = std::string(context_.source.TextOf(operand.span));
    return WrongOperand(use, "an object of operators",
                        operand.is(JsonKind::kObject)
                            ? "write e.g. `{\"$not\": {\"$gt\": 5}}`"
                            : Text({"write ", Quoted("{\"$ne\": " + written + "}")}));
  }
  const std::span<const JsonMember> members = operand.members();
  const auto plain = std::find_if_not(members.begin(), members.end(),
                                      [](const JsonMember& one) { return IsOperator(one.key); });
  if (plain != members.end()) {
    ReportMixed(operand, *plain);
    return Always(use.span());
  }
  return Not(Operators(operand, use.subject), use.span());
}

Condition ConditionWalker::ElemMatch(const Use& use) {
  const JsonValue& operand = *use.member.value;
  if (!operand.is(JsonKind::kObject)) {
    return WrongOperand(use, "an object",
                        Text({"write e.g. `{\"$elemMatch\": {\"$eq\": ",
                              context_.source.TextOf(operand.span), "}}`"}));
  }
  if (use.subject.field != nullptr) {
    LintTypes(*use.subject.field, kTypeArray, "`$elemMatch`", "arrays", use.member, &context_);
  }
  Condition condition = Always(use.span());
  condition.kind = Condition::Kind::kElemMatch;
  condition.test.opcode = Opcode::kElemMatch;
  condition.test.field = use.subject.path;
  const std::string_view first =
      operand.count == 0 ? std::string_view() : operand.members().front().key;
  const bool logic = first == "$and" || first == "$or" || first == "$nor";
  condition.document_form = !IsOperator(first) || logic;
  if (condition.document_form) {
    condition.children.push_back(Query(operand, true));
    return condition;
  }
  const std::span<const JsonMember> members = operand.members();
  const auto plain = std::find_if_not(members.begin(), members.end(),
                                      [](const JsonMember& one) { return IsOperator(one.key); });
  if (plain != members.end()) {
    ReportMixed(operand, *plain);
    return Always(use.span());
  }
  condition.children.push_back(Operators(operand, Subject{}));
  return condition;
}

}  // namespace junctor::compiler
