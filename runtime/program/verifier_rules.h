// The verifier's rules, one function per subject. Part of verifier.cc: nothing else includes it.
// Each assumes that those before it in verifier.cc have passed, and takes time linear in the size
// of the parts.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "runtime/program/program_parts.h"

namespace junctor {

// The refusal of a program: `rule` is "V1" … "V14", the rest is put together to say what is wrong
// and where.
template <typename... Parts>
absl::Status Broken(std::string_view rule, const Parts&... parts) {
  return absl::InvalidArgumentError(
      absl::StrCat(absl::string_view(rule.data(), rule.size()), ": ", parts...));
}

// V1.
absl::Status VerifySizes(const ProgramParts& parts);
// V6, V13, and V12's table of names.
absl::Status VerifyNames(const ProgramParts& parts);
// V7 of constants.
absl::Status VerifyConstants(const ProgramParts& parts);
// V3, V7, V8, V9 of switches, splits, limits and models. V4: targets lie inside the code.
absl::Status VerifyTables(const ProgramParts& parts);
// V11, with V2 and V3 of tests inside matchers.
absl::Status VerifyMatchers(const ProgramParts& parts);
// V2, V3, V4, V5, V12 of instructions.
absl::Status VerifyCode(const ProgramParts& parts);
// V14.
absl::Status VerifyBounds(const ProgramParts& parts);

// Where something stands; its text is made only for messages.
struct Place {
  // An instruction, or a node of a matcher.
  static Place OfInstruction(size_t pc) { return {pc, kNoNode}; }
  static Place OfNode(size_t matcher, size_t node) { return {matcher, node}; }
  std::string Text(const ProgramParts& parts) const;

  static constexpr size_t kNoNode = static_cast<size_t>(-1);
  size_t index = 0;  // of the instruction or the matcher
  size_t node = kNoNode;
};

// V2 of flags and V3 of operands, for instructions and matcher tests alike. Remembers what it has
// found of each constant, so that many users of a long one cost one walk.
class OperandChecker {
 public:
  explicit OperandChecker(const ProgramParts& parts)
      : parts_(parts), texts_(parts.constants.size(), Finding::kUnknown) {}

  // `opcode` is known.
  absl::Status Check(Opcode opcode, uint8_t flags, uint32_t operand, const Place& place);

 private:
  enum class Finding : uint8_t { kUnknown, kYes, kNo };

  size_t TableSize(OperandKind kind) const;
  // Whether the constant is what `kind` asks for; what that is.
  bool IsOfKind(OperandKind kind, uint32_t index);
  bool IsTexts(uint32_t index);

  const ProgramParts& parts_;
  std::vector<Finding> texts_;  // by constant: whether it is a non-empty array of strings
};

}  // namespace junctor
