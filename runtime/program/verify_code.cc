// The instructions: V2, V3, V4, V5 and V12. That jumps go forward only is what makes a run end.
#include <algorithm>

#include "runtime/program/verifier_rules.h"

namespace junctor {
namespace {

// The least target of each table: it says whether an instruction that uses the table stands before
// all of its targets, so that a table is walked once however many instructions share it.
struct LeastTargets {
  explicit LeastTargets(const ProgramParts& parts) {
    for (const SwitchSpec& table : parts.switches) {
      uint32_t least = table.default_target;
      for (const SwitchSpec::Case& one : table.cases) least = std::min(least, one.target);
      switches.push_back(least);
    }
    for (const SplitSpec& split : parts.splits) {
      uint32_t least = split.outputs.front().target;
      for (const SplitSpec::Output& output : split.outputs) least = std::min(least, output.target);
      splits.push_back(least);
    }
  }

  std::vector<uint32_t> switches;
  std::vector<uint32_t> splits;
};

absl::Status VerifyTarget(const ProgramParts& parts, size_t pc, std::string_view branch,
                          uint32_t target) {
  if (target > pc && target < parts.code.size()) return absl::OkStatus();
  const std::string where = Place::OfInstruction(pc).Text(parts);
  if (target <= pc) {
    return Broken("V4", where, ": ", std::string(branch), " goes back to ", target);
  }
  return Broken("V4", where, ": ", std::string(branch), " goes to ", target,
                ", outside the code of ", parts.code.size(), " instructions");
}

absl::Status VerifySuccessors(const ProgramParts& parts, const LeastTargets& least, size_t pc) {
  const Instruction& instruction = parts.code[pc];
  const OpcodeInfo& info = InfoOf(instruction.opcode);
  if (info.successors == Successors::kBranch) {
    absl::Status status = VerifyTarget(parts, pc, "true", instruction.on_true);
    return status.ok() ? VerifyTarget(parts, pc, "false", instruction.on_false) : status;
  }
  if (instruction.on_true != 0 || instruction.on_false != 0) {
    return Broken("V2", Place::OfInstruction(pc).Text(parts), ": targets where there are none");
  }
  if (info.successors == Successors::kTerminal) return absl::OkStatus();
  const std::vector<uint32_t>& table =
      info.operand == OperandKind::kSwitch ? least.switches : least.splits;
  return VerifyTarget(parts, pc, "its table", table[instruction.operand]);
}

absl::Status VerifyInstruction(const ProgramParts& parts, const LeastTargets& least, size_t pc,
                               OperandChecker* operands) {
  const Instruction& instruction = parts.code[pc];
  const Place place = Place::OfInstruction(pc);
  if (static_cast<uint8_t>(instruction.opcode) >= kOpcodeCount) {
    return Broken("V2", place.Text(parts), ": unknown opcode ",
                  static_cast<int>(instruction.opcode));
  }
  const SlotUse slot = InfoOf(instruction.opcode).slot;
  if (slot == SlotUse::kNone && instruction.slot != 0) {
    return Broken("V2", place.Text(parts), ": slot ", instruction.slot, " where there is none");
  }
  if (slot == SlotUse::kSlot && instruction.slot >= parts.fields.size()) {
    return Broken("V3", place.Text(parts), ": slot ", instruction.slot, " of ",
                  parts.fields.size());
  }
  absl::Status status =
      operands->Check(instruction.opcode, instruction.flags, instruction.operand, place);
  return status.ok() ? VerifySuccessors(parts, least, pc) : status;
}

}  // namespace

absl::Status VerifyCode(const ProgramParts& parts) {
  if (parts.code.empty()) return Broken("V5", "the code is empty");
  if (parts.debug.size() != parts.code.size()) {
    return Broken("V12", "the debug table has ", parts.debug.size(), " entries for ",
                  parts.code.size(), " instructions");
  }
  const LeastTargets least(parts);
  OperandChecker operands(parts);
  for (size_t pc = 0; pc < parts.code.size(); ++pc) {
    absl::Status status = VerifyInstruction(parts, least, pc, &operands);
    if (!status.ok()) return status;
    const uint32_t element = parts.debug[pc];
    if (element != kNoElement && element >= parts.elements.size()) {
      return Broken("V12", "instruction ", pc, ": element ", element, " of ",
                    parts.elements.size());
    }
  }
  return absl::OkStatus();
}

}  // namespace junctor
