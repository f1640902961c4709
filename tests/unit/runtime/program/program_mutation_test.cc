// Damaged programs, thousands of them: each is refused, or is a program like any other.
#include "gtest/gtest.h"
#include "runtime/program/disassembler.h"
#include "runtime/program/program_file.h"
#include "tests/unit/runtime/program/program_mutator.h"
#include "tests/unit/runtime/program/sample_program.h"

namespace junctor {
namespace {

constexpr uint64_t kMutations = 5'000;

// What holds of any program, found by looking at each instruction alone.
void ExpectInvariants(const Program& program) {
  const ProgramParts& parts = program.parts();
  ASSERT_FALSE(parts.code.empty());
  ASSERT_EQ(parts.debug.size(), parts.code.size());
  const auto expect_target = [&](size_t pc, uint32_t target) {
    EXPECT_GT(target, pc);
    EXPECT_LT(target, parts.code.size());
  };
  for (size_t pc = 0; pc < parts.code.size(); ++pc) {
    const Instruction& instruction = parts.code[pc];
    ASSERT_LT(static_cast<uint8_t>(instruction.opcode), kOpcodeCount);
    const OpcodeInfo& info = InfoOf(instruction.opcode);
    if (info.slot == SlotUse::kSlot) {
      EXPECT_LT(instruction.slot, program.fields().size());
    }
    if (info.successors == Successors::kBranch) {
      expect_target(pc, instruction.on_true);
      expect_target(pc, instruction.on_false);
    }
    if (instruction.opcode == Opcode::kSwitch) {
      expect_target(pc, parts.switches[instruction.operand].default_target);
      for (const auto& one : parts.switches[instruction.operand].cases) {
        expect_target(pc, one.target);
      }
    }
    if (instruction.opcode == Opcode::kSplit) {
      for (const auto& output : parts.splits[instruction.operand].outputs) {
        expect_target(pc, output.target);
      }
    }
  }
  EXPECT_FALSE(Disassemble(program).empty());
  const std::string bytes = EncodeProgram(program);
  const auto again = DecodeProgram(bytes);
  ASSERT_TRUE(again.ok()) << again.status();
  EXPECT_EQ(EncodeProgram(**again), bytes);
}

TEST(ProgramMutation, DamagedBytesAreRefusedOrAProgram) {
  const std::string original = EncodeProgram(**Program::Create(SampleProgram()));
  uint64_t accepted = 0;
  for (uint64_t seed = 0; seed < kMutations; ++seed) {
    std::string bytes = original;
    ProgramMutator(seed).MutateBytes(&bytes);
    const auto program = DecodeProgram(bytes);
    if (!program.ok()) continue;
    ++accepted;
    // A file is the only spelling of its program.
    EXPECT_EQ(EncodeProgram(**program), bytes) << "seed " << seed;
    ExpectInvariants(**program);
    if (HasFailure()) FAIL() << "seed " << seed;
  }
  EXPECT_GT(accepted, kMutations / 100) << "the mutations are too coarse to test the verifier";
}

TEST(ProgramMutation, DamagedPartsAreRefusedOrAProgram) {
  uint64_t accepted = 0;
  for (uint64_t seed = 0; seed < kMutations; ++seed) {
    ProgramParts parts = SampleProgram();
    ProgramMutator(seed).MutateParts(&parts);
    const auto program = Program::Create(std::move(parts));
    if (!program.ok()) continue;
    ++accepted;
    ExpectInvariants(**program);
    if (HasFailure()) FAIL() << "seed " << seed;
  }
  EXPECT_GT(accepted, kMutations / 100) << "the mutations are too coarse to test the verifier";
}

}  // namespace
}  // namespace junctor
