// V3 of operands: of the kind that the opcode table asks for. V2 of flags.
#include "runtime/program/verifier_rules.h"

namespace junctor {
namespace {

bool IsModulus(const Value& constant) {
  if (constant.kind() != ValueKind::kArray || constant.size() != 2) return false;
  const Value& divisor = constant.items()[0];
  const Value& remainder = constant.items()[1];
  return divisor.kind() == ValueKind::kInt && divisor.integer() != 0 &&
         remainder.kind() == ValueKind::kInt;
}

// What a constant for an operand of `kind` has to be.
std::string_view Expectation(OperandKind kind) {
  switch (kind) {
    case OperandKind::kIntConstant:
      return "an integer >= 0";
    case OperandKind::kModulus:
      return "an array of two integers, the first not 0";
    case OperandKind::kSet:
      return "an array";
    case OperandKind::kTexts:
      return "a non-empty array of strings";
    default:
      return "a constant";
  }
}

}  // namespace

std::string Place::Text(const ProgramParts& parts) const {
  if (node != kNoNode) return absl::StrCat("matcher ", index, ", node ", node);
  const Opcode opcode = parts.code[index].opcode;
  if (static_cast<uint8_t>(opcode) >= kOpcodeCount) return absl::StrCat("instruction ", index);
  return absl::StrCat("instruction ", index, " (", std::string(InfoOf(opcode).name), ")");
}

size_t OperandChecker::TableSize(OperandKind kind) const {
  switch (kind) {
    case OperandKind::kConstant:
    case OperandKind::kIntConstant:
    case OperandKind::kModulus:
    case OperandKind::kSet:
    case OperandKind::kTexts:
      return parts_.constants.size();
    case OperandKind::kPattern:
      return parts_.patterns.size();
    case OperandKind::kMatcher:
      return parts_.matchers.size();
    case OperandKind::kSwitch:
      return parts_.switches.size();
    case OperandKind::kSplit:
      return parts_.splits.size();
    case OperandKind::kLimit:
      return parts_.limits.size();
    case OperandKind::kModel:
      return parts_.models.size();
    case OperandKind::kNone:
    case OperandKind::kTypeMask:
      return 0;
  }
  return 0;
}

bool OperandChecker::IsTexts(uint32_t index) {
  const Value& constant = parts_.constants[index];
  if (constant.kind() != ValueKind::kArray || constant.size() == 0) return false;
  Finding& finding = texts_[index];
  if (finding == Finding::kUnknown) {
    finding = Finding::kYes;
    for (uint32_t i = 0; i < constant.size(); ++i) {
      if (constant.items()[i].kind() != ValueKind::kString) finding = Finding::kNo;
    }
  }
  return finding == Finding::kYes;
}

bool OperandChecker::IsOfKind(OperandKind kind, uint32_t index) {
  const Value& constant = parts_.constants[index];
  switch (kind) {
    case OperandKind::kIntConstant:
      return constant.kind() == ValueKind::kInt && constant.integer() >= 0;
    case OperandKind::kModulus:
      return IsModulus(constant);
    case OperandKind::kSet:
      return constant.kind() == ValueKind::kArray;
    case OperandKind::kTexts:
      return IsTexts(index);
    default:
      return true;
  }
}

absl::Status OperandChecker::Check(Opcode opcode, uint8_t flags, uint32_t operand,
                                   const Place& place) {
  const OperandKind kind = InfoOf(opcode).operand;
  const uint8_t known_flags = kind == OperandKind::kTexts ? kFlagCaseInsensitive : uint8_t{0};
  if ((flags & ~known_flags) != 0) {
    return Broken("V2", place.Text(parts_), ": unknown flags ", int{flags});
  }
  if (kind == OperandKind::kNone) {
    if (operand == 0) return absl::OkStatus();
    return Broken("V2", place.Text(parts_), ": an operand ", operand, " where there is none");
  }
  if (kind == OperandKind::kTypeMask) {
    if ((operand & ~kTypeMaskAll) == 0) return absl::OkStatus();
    return Broken("V3", place.Text(parts_), ": unknown types in mask ", operand);
  }
  const size_t size = TableSize(kind);
  if (operand >= size) {
    return Broken("V3", place.Text(parts_), ": operand ", operand, " of a table of ", size);
  }
  const bool is_constant = kind >= OperandKind::kConstant && kind <= OperandKind::kTexts;
  if (is_constant && !IsOfKind(kind, operand)) {
    return Broken("V3", place.Text(parts_), ": constant ", operand, " is not ",
                  std::string(Expectation(kind)));
  }
  return absl::OkStatus();
}

}  // namespace junctor
