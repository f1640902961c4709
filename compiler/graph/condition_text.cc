#include "compiler/graph/condition_text.h"

#include <string_view>

#include "absl/strings/str_cat.h"
#include "runtime/program/disassembler.h"

namespace junctor::compiler {
namespace {

constexpr std::string_view kTypeNames[] = {"double", "string", "object", "array",
                                           "bool",   "null",   "int",    "long"};

std::string TypeMaskToText(uint32_t mask) {
  std::string text;
  for (size_t bit = 0; bit < std::size(kTypeNames); ++bit) {
    if ((mask & (1u << bit)) == 0) continue;
    if (!text.empty()) text += '|';
    text += kTypeNames[bit];
  }
  return text.empty() ? "none" : text;
}

void AppendTest(const Test& test, std::string& out) {
  out += test.field.empty() ? std::string_view("(element)") : std::string_view(test.field);
  out += ' ';
  out += InfoOf(test.opcode).name;
  switch (InfoOf(test.opcode).operand) {
    case OperandKind::kNone:
      break;
    case OperandKind::kTypeMask:
      absl::StrAppend(&out, " ", TypeMaskToText(test.type_mask));
      break;
    case OperandKind::kPattern:
      absl::StrAppend(&out, " /", test.pattern, "/", test.pattern_options);
      break;
    default:
      absl::StrAppend(&out, " ", ValueToText(test.constant));
      break;
  }
  if ((test.flags & kFlagCaseInsensitive) != 0) out += " (any case)";
}

void Append(const Condition& condition, bool nested, std::string& out) {
  switch (condition.kind) {
    case Condition::Kind::kTrue:
      out += "true";
      return;
    case Condition::Kind::kFalse:
      out += "false";
      return;
    case Condition::Kind::kTest:
      AppendTest(condition.test, out);
      return;
    case Condition::Kind::kElemMatch:
      out += condition.test.field.empty() ? std::string_view("(element)")
                                          : std::string_view(condition.test.field);
      out += condition.document_form ? " elem_match document {" : " elem_match {";
      Append(condition.children[0], false, out);
      out += '}';
      return;
    case Condition::Kind::kNot:
      out += "not ";
      Append(condition.children[0], true, out);
      return;
    case Condition::Kind::kAnd:
    case Condition::Kind::kOr: {
      const bool is_and = condition.kind == Condition::Kind::kAnd;
      if (condition.children.empty()) {
        out += is_and ? "all()" : "any()";
        return;
      }
      if (nested) out += '(';
      for (size_t i = 0; i < condition.children.size(); ++i) {
        if (i > 0) out += is_and ? " and " : " or ";
        Append(condition.children[i], true, out);
      }
      if (nested) out += ')';
      return;
    }
  }
}

}  // namespace

std::string ConditionToText(const Condition& condition) {
  std::string out;
  Append(condition, false, out);
  return out;
}

}  // namespace junctor::compiler
