// Tests of one value: presence, type, patterns, remainders, sizes, texts (R29, R30). See
// condition_walker.h.
#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

#include "compiler/diag/text.h"
#include "compiler/sema/condition_builder.h"
#include "compiler/sema/condition_lint.h"
#include "compiler/sema/condition_walker.h"
#include "compiler/sema/decimal.h"
#include "compiler/sema/patterns.h"
#include "compiler/sema/type_names.h"
#include "compiler/source/limits.h"
#include "compiler/syntax/shape.h"
#include "compiler/syntax/suggest.h"

namespace junctor::compiler {
namespace {

constexpr uint32_t kTypeNumber = kTypeInt | kTypeLong | kTypeDouble;
// Arrays pass the tests of their elements.
constexpr uint32_t kTypeText = kTypeString | kTypeArray;
// 2^63: doubles below it fit into 64 bits.
constexpr double kInt64End = 9223372036854775808.0;

bool HasAny(const JsonValue& object, std::initializer_list<std::string_view> keys) {
  return std::any_of(keys.begin(), keys.end(),
                     [&object](std::string_view key) { return object.Find(key) != nullptr; });
}

}  // namespace

Condition ConditionWalker::Exists(const Use& use) {
  const JsonValue& operand = *use.member.value;
  bool wanted = operand.boolean;
  if (operand.is(JsonKind::kNumber)) {
    // As in MongoDB, any number but zero is true.
    const ScaledDecimal number = ScaleDecimal(operand.text, 0);
    wanted = number.fit != DecimalFit::kExact || number.value != 0;
  } else if (!operand.is(JsonKind::kBool)) {
    return WrongOperand(use, "true or false", "write `true` or `false`");
  }
  Condition exists = MakeTest(Opcode::kExists, use.subject.path, use.span());
  return wanted ? exists : Not(std::move(exists), use.span());
}

std::optional<uint32_t> ConditionWalker::TypeMask(const JsonValue& type) {
  const TypeName* found = nullptr;
  if (type.is(JsonKind::kString)) {
    found = FindTypeByName(type.text);
  } else if (type.is(JsonKind::kNumber)) {
    const bool negative = type.text.front() == '-';
    const ScaledDecimal code = ScaleDecimal(type.text.substr(negative ? 1 : 0), 0);
    const bool small =
        code.fit == DecimalFit::kExact && code.value <= std::numeric_limits<int32_t>::max();
    if (small)
      found = FindTypeByCode(negative ? -static_cast<int64_t>(code.value)
                                      : static_cast<int64_t>(code.value));
  } else if (!type.is(JsonKind::kInvalid)) {
    context_.sink->Report(
        FindingAt(DiagCode::kOperandType, type,
                  Text({"`$type` needs a type's name or code, found ", DescribeJson(type)}),
                  "write e.g. `\"string\"` or `[\"string\", \"null\"]`"));
    return std::nullopt;
  }
  if (found == nullptr) {
    if (type.is(JsonKind::kInvalid)) return std::nullopt;
    Diagnostic unknown = FindingAt(DiagCode::kUnknownTypeName, type,
                                   Text({"unknown type ", Quoted(type.text), " in `$type`"}),
                                   "JSON has string, object, array, bool, null, int, long, double, "
                                   "and number for the last three");
    if (type.is(JsonKind::kString)) Suggest(&unknown, ClosestName(type.text, AllTypeNames()));
    context_.sink->Report(std::move(unknown));
    return std::nullopt;
  }
  if (found->mask == 0) {
    context_.sink->Report(FindingAt(
        DiagCode::kForeignType, type,
        Text({"no JSON value is of the type ", Quoted(found->name), ", so this never matches"}),
        "JSON has string, object, array, bool, null, int, long, double and number"));
  }
  return found->mask;
}

Condition ConditionWalker::Type(const Use& use) {
  const JsonValue& operand = *use.member.value;
  std::vector<const JsonValue*> types = {&operand};
  if (operand.is(JsonKind::kArray)) {
    if (operand.count == 0)
      return WrongOperand(use, "at least one type", "write e.g. `[\"string\", \"null\"]`");
    if (!CheckSet(use)) return Always(use.span());
    types.assign(operand.items().begin(), operand.items().end());
  }
  Condition test = MakeTest(Opcode::kType, use.subject.path, use.span());
  bool damaged = false;
  for (const JsonValue* type : types) {
    const std::optional<uint32_t> mask = TypeMask(*type);
    damaged = damaged || !mask.has_value();
    test.test.type_mask |= mask.value_or(0);
  }
  if (damaged) return Always(use.span());
  if (test.test.type_mask == 0) return Never(use.span());
  if (use.subject.field != nullptr) {
    LintTypes(*use.subject.field, test.test.type_mask, "this `$type`", "other types", use.member,
              &context_);
  }
  return test;
}

Condition ConditionWalker::Regex(const Use& use) {
  const JsonValue& operand = *use.member.value;
  std::string options;
  bool extended = false;
  bool options_usable = true;
  if (const JsonMember* given = use.siblings.Find("$options"); given != nullptr) {
    if (given->value->is(JsonKind::kString)) {
      options_usable = ReadPatternOptions(*given->value, &options, &extended, &context_);
    } else {
      options_usable = given->value->is(JsonKind::kInvalid);
      if (!options_usable) {
        WrongOperand({*given, use.siblings, use.subject}, "a string of options",
                     "write e.g. `\"i\"`");
      }
    }
  }
  if (!operand.is(JsonKind::kString)) {
    return WrongOperand(use, "a pattern in a string", "write e.g. `\"^gpt-4\"`");
  }
  Condition test = MakeTest(Opcode::kRegex, use.subject.path, use.span());
  test.test.pattern = extended ? StripExtended(operand.text) : std::string(operand.text);
  std::sort(options.begin(), options.end());
  test.test.pattern_options = options;
  if (!options_usable || !CheckPattern(test.test.pattern, options, operand, &context_))
    return Always(use.span());
  if (use.subject.field != nullptr) {
    LintTypes(*use.subject.field, kTypeText, "`$regex`", "strings", use.member, &context_);
  }
  return test;
}

// Read by Regex(); only its place is checked here.
Condition ConditionWalker::Options(const Use& use) {
  if (!HasAny(use.siblings, {"$regex"})) {
    context_.sink->Report(FindingAtKey(DiagCode::kOptionAlone, use.member,
                                       "`$options` stands without `$regex`",
                                       "add the `$regex` that they are for, or remove them"));
  }
  return Always(use.span());
}

std::optional<int64_t> ConditionWalker::Truncated(const JsonValue& number, std::string_view what) {
  const std::optional<Value> value = ParseNumber(number.text);
  if (value.has_value() && value->kind() == ValueKind::kInt) return value->integer();
  const double real = value.has_value() ? std::trunc(value->real()) : kInt64End;
  if (real >= -kInt64End && real < kInt64End) return static_cast<int64_t>(real);
  context_.sink->Report(FindingAt(
      DiagCode::kOutOfRange, number,
      Text({"the ", what, " of `$mod` must fit into 64 bits, found ", Quoted(number.text)}),
      "write a smaller number"));
  return std::nullopt;
}

Condition ConditionWalker::Mod(const Use& use) {
  const JsonValue& operand = *use.member.value;
  const std::string help = "write `[divisor, remainder]`, such as `[4, 0]`";
  if (!operand.is(JsonKind::kArray)) return WrongOperand(use, "an array of two numbers", help);
  if (operand.count != 2) {
    context_.sink->Report(FindingAt(
        DiagCode::kOperandType, operand,
        Text({"`$mod` needs an array of two numbers, found ", Counted(operand.count, "value")}),
        help));
    return Always(use.span());
  }
  for (const JsonValue* item : operand.items()) {
    if (!item->is(JsonKind::kNumber)) return WrongOperand(use, *item, "two numbers", help);
  }
  const std::optional<int64_t> divisor = Truncated(*operand.items()[0], "divisor");
  const std::optional<int64_t> remainder = Truncated(*operand.items()[1], "remainder");
  if (!divisor.has_value() || !remainder.has_value()) return Always(use.span());
  if (*divisor == 0) {
    context_.sink->Report(
        FindingAt(DiagCode::kZeroDivisor, *operand.items()[0],
                  Text({"the divisor of `$mod` is zero",
                        operand.items()[0]->text == "0" ? "" : " when truncated"}),
                  "write a whole number other than 0"));
    return Always(use.span());
  }
  if (use.subject.field != nullptr) {
    LintTypes(*use.subject.field, kTypeNumber | kTypeArray, "`$mod`", "numbers", use.member,
              &context_);
  }
  const Value constant = literals_.Array({Value::Int(*divisor), Value::Int(*remainder)});
  return MakeTest(Opcode::kMod, use.subject.path, use.span(), constant);
}

Condition ConditionWalker::Size(const Use& use) {
  const JsonValue& operand = *use.member.value;
  const std::string help =
      "write a whole number such as `2`; for a range, test an index: `{\"body.tools.1\": "
      "{\"$exists\": true}}`";
  if (!operand.is(JsonKind::kNumber)) return WrongOperand(use, "a whole number", help);
  const ScaledDecimal size = ScaleDecimal(operand.text, 0);
  if (size.fit == DecimalFit::kTooPrecise || size.fit == DecimalFit::kNegative) {
    return WrongOperand(use, "a whole number that is not negative", help);
  }
  if (size.fit != DecimalFit::kExact || size.value > std::numeric_limits<uint32_t>::max()) {
    context_.sink->Report(FindingAt(DiagCode::kOutOfRange, operand,
                                    Text({"no array has ", Quoted(operand.text), " items"}),
                                    "write a smaller number"));
    return Always(use.span());
  }
  if (use.subject.field != nullptr) {
    LintTypes(*use.subject.field, kTypeArray, "`$size`", "arrays", use.member, &context_);
  }
  return MakeTest(Opcode::kSize, use.subject.path, use.span(),
                  Value::Int(static_cast<int64_t>(size.value)));
}

Condition ConditionWalker::StartsWith(const Use& use) { return Texts(use, Opcode::kStartsWith); }
Condition ConditionWalker::EndsWith(const Use& use) { return Texts(use, Opcode::kEndsWith); }
Condition ConditionWalker::Contains(const Use& use) { return Texts(use, Opcode::kContains); }

Condition ConditionWalker::Texts(const Use& use, Opcode opcode) {
  const JsonValue& operand = *use.member.value;
  std::vector<Value> texts;
  if (operand.is(JsonKind::kString)) {
    texts.push_back(literals_.String(operand.text));
  } else if (operand.is(JsonKind::kArray)) {
    if (!CheckSet(use)) return Always(use.span());
    for (const JsonValue* item : operand.items()) {
      if (!item->is(JsonKind::kString))
        return WrongOperand(use, *item, "strings", "write it in double quotes");
      texts.push_back(literals_.String(item->text));
    }
  } else {
    return WrongOperand(use, "a string or an array of strings", "write it in double quotes");
  }
  if (texts.empty()) {
    WarnNever(use.member, Text({Quoted(use.member.key), " of an empty list never matches"}),
              "add strings to the list");
    return Never(use.span());
  }
  if (use.subject.field != nullptr) {
    LintTypes(*use.subject.field, kTypeText, Quoted(use.member.key), "strings", use.member,
              &context_);
  }
  Condition test = MakeTest(opcode, use.subject.path, use.span(), literals_.Array(texts));
  const JsonMember* option = use.siblings.Find("$caseInsensitive");
  if (option != nullptr && option->value->boolean) test.test.flags |= kFlagCaseInsensitive;
  return test;
}

// Read by Texts(); its type and place are checked here.
Condition ConditionWalker::CaseInsensitive(const Use& use) {
  if (!use.member.value->is(JsonKind::kBool))
    return WrongOperand(use, "true or false", "write `true`");
  if (!HasAny(use.siblings, {"$startsWith", "$endsWith", "$contains"})) {
    const bool regex = HasAny(use.siblings, {"$regex"});
    context_.sink->Report(FindingAtKey(
        DiagCode::kOptionAlone, use.member,
        "`$caseInsensitive` stands without `$startsWith`, `$endsWith` or `$contains`",
        regex ? "for a pattern, write `\"$options\": \"i\"`"
              : "for equality, write a `$regex` such as `\"^paid$\"` with `\"$options\": \"i\"`"));
  }
  return Always(use.span());
}

}  // namespace junctor::compiler
