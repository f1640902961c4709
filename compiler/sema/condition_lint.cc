// See condition_lint.h.
#include "compiler/sema/condition_lint.h"

#include <algorithm>
#include <map>
#include <utility>

#include "compiler/diag/text.h"
#include "compiler/sema/fields.h"
#include "compiler/syntax/shape.h"

namespace junctor::compiler {
namespace {

// Tests of one field that are compared pair by pair, and items of one `$in`: more than people write
// by hand.
constexpr size_t kMaxComparedTests = 16;
constexpr size_t kMaxComparedItems = 64;

uint32_t TypeMaskOf(const Value& value) {
  switch (value.kind()) {
    case ValueKind::kBool:
      return kTypeBool;
    case ValueKind::kInt:
    case ValueKind::kDouble:
      return kTypeInt | kTypeLong | kTypeDouble;
    case ValueKind::kString:
      return kTypeString;
    case ValueKind::kArray:
      return kTypeArray;
    case ValueKind::kObject:
      return kTypeObject;
    default:
      return kTypeNull;
  }
}

bool IsScalar(const Value& value) {
  return !value.is_compound() && value.kind() > ValueKind::kNull;
}
bool IsLower(Opcode opcode) { return opcode == Opcode::kGt || opcode == Opcode::kGe; }
bool IsUpper(Opcode opcode) { return opcode == Opcode::kLt || opcode == Opcode::kLe; }

// Whether `value` stands to `bound` as `opcode`, a comparison, wants.
bool Holds(const Value& value, Opcode opcode, const Value& bound) {
  const Ordering ordering = Compare(value, bound);
  switch (opcode) {
    case Opcode::kEq:
      return ordering == Ordering::kEqual;
    case Opcode::kLt:
      return ordering == Ordering::kLess;
    case Opcode::kLe:
      return ordering == Ordering::kLess || ordering == Ordering::kEqual;
    case Opcode::kGt:
      return ordering == Ordering::kGreater;
    case Opcode::kGe:
      return ordering == Ordering::kGreater || ordering == Ordering::kEqual;
    default:
      return true;
  }
}

bool BoundsContradict(const Test& a, const Test& b) {
  const Ordering ordering = Compare(a.constant, b.constant);
  if (ordering == Ordering::kUnordered) return true;
  if (IsLower(a.opcode) == IsLower(b.opcode)) return false;
  const Test& lower = IsLower(a.opcode) ? a : b;
  const Test& upper = IsLower(a.opcode) ? b : a;
  const Ordering stands = Compare(lower.constant, upper.constant);
  if (stands == Ordering::kEqual) return lower.opcode == Opcode::kGt || upper.opcode == Opcode::kLt;
  return stands == Ordering::kGreater;
}

// Whether no single value passes both tests, as far as is easily seen.
bool Contradict(const Test& a, const Test& b) {
  if (b.opcode == Opcode::kIn && a.opcode != Opcode::kIn) return Contradict(b, a);
  if (a.opcode == Opcode::kIn) {
    if (a.constant.size() > kMaxComparedItems || a.constant.size() == 0) return false;
    return std::all_of(a.constant.items(), a.constant.items() + a.constant.size(),
                       [&b](const Value& item) {
                         if (!IsScalar(item)) return false;
                         Test equal = {};
                         equal.opcode = Opcode::kEq;
                         equal.constant = item;
                         return Contradict(equal, b);
                       });
  }
  if (b.opcode == Opcode::kIn) return Contradict(b, a);
  if (!IsScalar(a.constant) || !IsScalar(b.constant)) return false;
  if (a.opcode == Opcode::kEq) return !Holds(a.constant, b.opcode, b.constant);
  if (b.opcode == Opcode::kEq) return !Holds(b.constant, a.opcode, a.constant);
  return BoundsContradict(a, b);
}

bool IsComparison(const Condition& condition) {
  if (condition.kind != Condition::Kind::kTest) return false;
  const Opcode opcode = condition.test.opcode;
  return opcode == Opcode::kEq || opcode == Opcode::kIn || IsLower(opcode) || IsUpper(opcode);
}

bool IsAbsence(const Condition& condition) {
  return condition.kind == Condition::Kind::kNot &&
         condition.children[0].kind == Condition::Kind::kTest &&
         condition.children[0].test.opcode == Opcode::kExists;
}

// Whether a missing field fails the test.
bool NeedsPresence(const Condition& condition) {
  if (condition.kind != Condition::Kind::kTest) return false;
  const Test& test = condition.test;
  if (test.opcode == Opcode::kIn) {
    return std::none_of(test.constant.items(), test.constant.items() + test.constant.size(),
                        [](const Value& item) { return item.kind() == ValueKind::kNull; });
  }
  return test.constant.kind() != ValueKind::kNull || test.opcode == Opcode::kExists;
}

const std::string& FieldOf(const Condition& condition) {
  return IsAbsence(condition) ? condition.children[0].test.field : condition.test.field;
}

bool ConditionsContradict(const Condition& a, const Condition& b) {
  if (IsAbsence(a) || IsAbsence(b)) return NeedsPresence(IsAbsence(a) ? b : a);
  return IsComparison(a) && IsComparison(b) && Contradict(a.test, b.test);
}

void ReportContradiction(const Condition& first, const Condition& second, SemaContext* context) {
  const std::string& field = FieldOf(first);
  Diagnostic finding;
  finding.code = DiagCode::kNeverMatches;
  finding.span = second.span;
  finding.pointer = JsonPointerOf(InnermostValueAt(*context->route.document, second.span.begin));
  const std::string_view a = context->source.TextOf(first.span);
  const std::string_view b = context->source.TextOf(second.span);
  finding.message =
      Text({"no value of ", field.empty() ? "an element" : Quoted(field), " passes both ",
            Quoted(a), " and ", Quoted(b), ", so this never matches"});
  finding.related.push_back({first.span, "contradicts this"});
  finding.help = "change one of the two, or use `$or` if either is enough";
  context->sink->Report(std::move(finding));
}

// Collects what must hold at once, through nested `$and`s.
void Flatten(const std::vector<Condition>& all_of,
             std::map<std::string, std::vector<const Condition*>>* by_field) {
  for (const Condition& condition : all_of) {
    if (condition.kind == Condition::Kind::kAnd) {
      Flatten(condition.children, by_field);
    } else if (condition.kind == Condition::Kind::kTest || IsAbsence(condition)) {
      (*by_field)[FieldOf(condition)].push_back(&condition);
    }
  }
}

}  // namespace

void LintComparison(const KnownField& field, Opcode opcode, const JsonValue& operand,
                    const Value& constant, SemaContext* context) {
  if (constant.kind() == ValueKind::kNull || operand.is(JsonKind::kInvalid)) return;
  const uint32_t types = TypesOf(field);
  if ((types & TypeMaskOf(constant)) == 0) {
    Diagnostic never = FindingAt(DiagCode::kTypeNeverMatches, operand,
                                 Text({Quoted(field.text), " is always ", DescribeTypes(field),
                                       ", so it never compares with ", DescribeJson(operand)}));
    never.label = Text({"never ", JsonKindName(operand.kind)});
    const bool scalar_text = operand.is(JsonKind::kNumber) || operand.is(JsonKind::kBool);
    if (types == kTypeString && scalar_text) {
      const std::string text = operand.is(JsonKind::kNumber) ? std::string(operand.text)
                               : operand.boolean             ? "true"
                                                             : "false";
      never.help = Text({"write ", Quoted("\"" + text + "\"")});
      never.fix = Fix{operand.span, "\"" + text + "\"", false};
    } else if (operand.is(JsonKind::kString) && !operand.text.empty()) {
      const bool as_bool =
          (types & kTypeBool) != 0 && (operand.text == "true" || operand.text == "false");
      const bool as_number = (types & kTypeInt) != 0 &&
                             operand.text.find_first_not_of("0123456789") == std::string_view::npos;
      if (as_bool || as_number) {
        never.help = Text({"write ", Quoted(operand.text), " without quotes"});
        never.fix = Fix{operand.span, std::string(operand.text), false};
      }
    }
    if (never.help.empty()) never.help = Text({"compare with ", DescribeTypes(field)});
    context->sink->Report(std::move(never));
    return;
  }
  int64_t least = 0;
  int64_t most = 0;
  if (!constant.is_number() || !RangeOf(field, &least, &most)) return;
  const Value low = Value::Int(least);
  const Value high = Value::Int(most);
  const bool possible = opcode == Opcode::kEq ? Holds(constant, Opcode::kGe, low) &&
                                                    Holds(constant, Opcode::kLe, high)
                        : IsLower(opcode) ? Holds(high, opcode, constant)
                                          : Holds(low, opcode, constant);
  if (possible) return;
  const bool bounded =
      field.fact == RequestFact::kHourUtc || field.fact == RequestFact::kWeekdayUtc;
  context->sink->Report(FindingAt(
      DiagCode::kNeverMatches, operand,
      Text({Quoted(field.text), " is never ",
            opcode == Opcode::kEq   ? ""
            : opcode == Opcode::kGt ? "above "
            : opcode == Opcode::kLt ? "below "
            : opcode == Opcode::kGe ? "at or above "
                                    : "at or below ",
            Quoted(operand.text), ", so this never matches"}),
      bounded ? Text({"it is from ", least, " to ", most}) : std::string("it is never below 0")));
}

void LintTypes(const KnownField& field, uint32_t mask, std::string_view test,
               std::string_view wanted, const JsonMember& member, SemaContext* context) {
  if ((TypesOf(field) & mask) != 0) return;
  context->sink->Report(FindingAtKey(DiagCode::kTypeNeverMatches, member,
                                     Text({Quoted(field.text), " is always ", DescribeTypes(field),
                                           ", and ", test, " matches ", wanted, " only"}),
                                     Text({"use a test for ", DescribeTypes(field)})));
}

void LintContradictions(const std::vector<Condition>& all_of, bool scalars_only,
                        SemaContext* context) {
  if (all_of.size() < 2) return;
  std::map<std::string, std::vector<const Condition*>> by_field;
  Flatten(all_of, &by_field);
  for (auto& [field, tests] : by_field) {
    if (tests.size() < 2) continue;
    // Only `body.` fields, and those inside an element, may be arrays.
    const bool scalar = field.starts_with("headers.") || field.starts_with("metadata.") ||
                        field.starts_with("request.");
    if (scalars_only && !scalar) continue;
    const size_t count = std::min(tests.size(), kMaxComparedTests);
    for (size_t i = 1; i < count; ++i) {
      for (size_t k = 0; k < i; ++k) {
        if (!ConditionsContradict(*tests[k], *tests[i])) continue;
        ReportContradiction(*tests[k], *tests[i], context);
        break;
      }
    }
  }
}

}  // namespace junctor::compiler
