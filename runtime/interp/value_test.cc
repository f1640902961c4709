#include "runtime/interp/value_test.h"

#include <cmath>
#include <cstring>
#include <limits>
#include <optional>
#include <string_view>

#include "re2/re2.h"
#include "runtime/interp/match.h"
#include "runtime/interp/text_fold.h"
#include "runtime/program/constant_set.h"

namespace junctor {
namespace {

bool IsNullOrMissing(const Value& value) {
  return value.is_missing() || value.kind() == ValueKind::kNull;
}

bool HoldsOrder(Opcode opcode, const Value& value, const Value& constant) {
  // A comparison that includes equality with null is equality with null, missing included (R29).
  if (constant.kind() == ValueKind::kNull) {
    return (opcode == Opcode::kLe || opcode == Opcode::kGe) && IsNullOrMissing(value);
  }
  switch (Compare(value, constant)) {
    case Ordering::kLess:
      return opcode == Opcode::kLt || opcode == Opcode::kLe;
    case Ordering::kEqual:
      return opcode == Opcode::kLe || opcode == Opcode::kGe;
    case Ordering::kGreater:
      return opcode == Opcode::kGt || opcode == Opcode::kGe;
    case Ordering::kUnordered:
      return false;
  }
  return false;
}

uint32_t TypeBitOf(const Value& value) {
  switch (value.kind()) {
    case ValueKind::kMissing:
      return 0;
    case ValueKind::kNull:
      return kTypeNull;
    case ValueKind::kBool:
      return kTypeBool;
    case ValueKind::kInt:
      return value.integer() >= std::numeric_limits<int32_t>::min() &&
                     value.integer() <= std::numeric_limits<int32_t>::max()
                 ? kTypeInt
                 : kTypeLong;
    case ValueKind::kDouble:
      return kTypeDouble;
    case ValueKind::kString:
      return kTypeString;
    case ValueKind::kArray:
      return kTypeArray;
    case ValueKind::kObject:
      return kTypeObject;
  }
  return 0;
}

// The number cut towards zero, or nothing where it is no number within int64.
std::optional<int64_t> Truncate(const Value& value) {
  if (value.kind() == ValueKind::kInt) return value.integer();
  if (value.kind() != ValueKind::kDouble) return std::nullopt;
  constexpr double kTwoTo63 = 9223372036854775808.0;
  const double whole = std::trunc(value.real());
  if (!(whole >= -kTwoTo63 && whole < kTwoTo63)) return std::nullopt;
  return static_cast<int64_t>(whole);
}

bool HoldsModulus(const Value& value, const Value& constant) {
  const std::optional<int64_t> dividend = Truncate(value);
  if (!dividend) return false;
  const int64_t divisor = constant.items()[0].integer();
  // The one quotient that overflows leaves no remainder.
  const int64_t remainder = divisor == -1 ? 0 : *dividend % divisor;
  return remainder == constant.items()[1].integer();
}

bool HoldsText(Opcode opcode, std::string_view text, std::string_view part) {
  switch (opcode) {
    case Opcode::kStartsWith:
      return text.starts_with(part);
    case Opcode::kEndsWith:
      return text.ends_with(part);
    default:
      if (part.size() > text.size()) return false;
      // Linear, where std::string_view::find takes text × part in the worst case.
      return part.empty() ||
             ::memmem(text.data(), text.size(), part.data(), part.size()) != nullptr;
  }
}

// Only as much of `text` as a test can look at.
std::string_view Reach(Opcode opcode, std::string_view text, std::string_view part) {
  if (opcode == Opcode::kContains || text.size() <= part.size()) return text;
  return opcode == Opcode::kStartsWith ? text.substr(0, part.size())
                                       : text.substr(text.size() - part.size());
}

bool HoldsTexts(const ValueTest& test, const Value& value, const Value& texts) {
  if (value.kind() != ValueKind::kString) return false;
  const bool fold = (test.flags & kFlagCaseInsensitive) != 0;
  const bool fold_whole = fold && test.opcode == Opcode::kContains;
  const FoldedText whole(fold_whole ? value.string() : std::string_view());
  for (uint32_t i = 0; i < texts.size(); ++i) {
    const std::string_view part = texts.items()[i].string();
    bool holds = false;
    if (fold_whole) {
      holds = HoldsText(test.opcode, whole.view(), FoldedText(part).view());
    } else if (fold) {
      holds = HoldsText(test.opcode, FoldedText(Reach(test.opcode, value.string(), part)).view(),
                        FoldedText(part).view());
    } else {
      holds = HoldsText(test.opcode, value.string(), part);
    }
    if (holds) return true;
  }
  return false;
}

bool HoldsPattern(const re2::RE2& pattern, const Value& value) {
  if (value.kind() != ValueKind::kString) return false;
  const re2::StringPiece text(value.string().data(), value.size());
  return pattern.Match(text, 0, text.size(), re2::RE2::UNANCHORED, nullptr, 0);
}

}  // namespace

bool HoldsOf(const Program& program, const ValueTest& test, const Value& value) {
  const auto constant = [&]() -> const Value& { return program.parts().constants[test.operand]; };
  switch (test.opcode) {
    case Opcode::kExists:
      return !value.is_missing();
    case Opcode::kEq:
      return constant().kind() == ValueKind::kNull ? IsNullOrMissing(value)
                                                   : Equal(value, constant());
    case Opcode::kLt:
    case Opcode::kLe:
    case Opcode::kGt:
    case Opcode::kGe:
      return HoldsOrder(test.opcode, value, constant());
    case Opcode::kIn: {
      const ConstantSet& set = program.set(test.operand);
      return value.is_missing() ? set.contains_null() : set.Contains(value);
    }
    case Opcode::kType:
      return (test.operand & TypeBitOf(value)) != 0;
    case Opcode::kRegex:
      return HoldsPattern(program.pattern(test.operand), value);
    case Opcode::kMod:
      return HoldsModulus(value, constant());
    case Opcode::kSize:
      return value.kind() == ValueKind::kArray && int64_t{value.size()} == constant().integer();
    case Opcode::kStartsWith:
    case Opcode::kEndsWith:
    case Opcode::kContains:
      return HoldsTexts(test, value, constant());
    case Opcode::kElemMatch:
      return SomeElementMatches(program, test.operand, value);
    case Opcode::kEnd:
    case Opcode::kRefuse:
    case Opcode::kCall:
    case Opcode::kLimit:
    case Opcode::kSplit:
    case Opcode::kSwitch:
      break;  // not tests; the verifier lets none through
  }
  return false;
}

}  // namespace junctor
