// V7 of constants: what they consist of.
#include "absl/container/flat_hash_set.h"
#include "runtime/program/program_limits.h"
#include "runtime/program/utf8.h"
#include "runtime/program/verifier_rules.h"

namespace junctor {
namespace {

// Checks the values of one program and counts them.
class ConstantChecker {
 public:
  // What is wrong with `value`, or "". `level`: arrays and documents around it; the recursion ends
  // at kMaxNesting.
  std::string Check(const Value& value, uint32_t level) {
    if (++values_ > kMaxConstantValues) {
      return absl::StrCat("too many values (limit is ", kMaxConstantValues, ")");
    }
    switch (value.kind()) {
      case ValueKind::kMissing:
        return "a missing value is no constant";
      case ValueKind::kNull:
      case ValueKind::kBool:
      case ValueKind::kInt:
        return "";
      case ValueKind::kDouble:
        return CheckDouble(value.real());
      case ValueKind::kString:
        return CheckText(value.string());
      case ValueKind::kArray:
      case ValueKind::kObject:
        if (level == kMaxNesting) {
          return absl::StrCat("nested more than ", kMaxNesting, " deep");
        }
        return value.kind() == ValueKind::kArray ? CheckArray(value, level)
                                                 : CheckObject(value, level);
    }
    return absl::StrCat("unknown kind ", static_cast<int>(value.kind()));
  }

 private:
  static std::string CheckDouble(double real) {
    if (!(real - real == 0)) return "not a finite number";
    if (Value::Number(real).kind() != ValueKind::kDouble) return "a whole number as a double";
    return "";
  }

  static std::string CheckText(std::string_view text) {
    if (text.size() > kMaxStringBytes) {
      return absl::StrCat("a string of ", text.size(), " bytes (limit is ", kMaxStringBytes, ")");
    }
    return IsValidUtf8(text) ? "" : "a string that is not valid UTF-8";
  }

  std::string CheckArray(const Value& array, uint32_t level) {
    for (uint32_t i = 0; i < array.size(); ++i) {
      std::string wrong = Check(array.items()[i], level + 1);
      if (!wrong.empty()) return wrong;
    }
    return "";
  }

  std::string CheckObject(const Value& object, uint32_t level) {
    absl::flat_hash_set<std::string> keys;
    for (uint32_t i = 0; i < object.size(); ++i) {
      const Member& member = object.members()[i];
      std::string wrong = CheckText(member.key);
      if (wrong.empty()) wrong = Check(member.value, level + 1);
      if (wrong.empty() && !keys.emplace(member.key).second) {
        wrong = absl::StrCat("key `", std::string(member.key), "` comes twice");
      }
      if (!wrong.empty()) return wrong;
    }
    return "";
  }

  size_t values_ = 0;
};

}  // namespace

absl::Status VerifyConstants(const ProgramParts& parts) {
  ConstantChecker checker;
  for (size_t i = 0; i < parts.constants.size(); ++i) {
    const std::string wrong = checker.Check(parts.constants[i], 0);
    if (!wrong.empty()) return Broken("V7", "constant ", i, ": ", wrong);
  }
  return absl::OkStatus();
}

}  // namespace junctor
