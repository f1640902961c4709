// Damaged programs that the verifier accepts run to their end, whatever requests and answers they
// meet.
#include "gtest/gtest.h"
#include "runtime/program/program_file.h"
#include "tests/fuzz/hostile_run.h"
#include "tests/unit/runtime/program/program_mutator.h"
#include "tests/unit/runtime/program/sample_program.h"

namespace junctor {
namespace {

constexpr uint64_t kMutations = 5'000;

TEST(MutatedPrograms, ThatWereDamagedAsPartsRunToTheirEnd) {
  uint64_t accepted = 0;
  for (uint64_t seed = 0; seed < kMutations; ++seed) {
    ProgramParts parts = SampleProgram();
    ProgramMutator(seed).MutateParts(&parts);
    const auto program = Program::Create(std::move(parts));
    if (!program.ok()) continue;
    ++accepted;
    SCOPED_TRACE(seed);
    RunHostile(*program, seed);
  }
  EXPECT_GT(accepted, kMutations / 100);
}

TEST(MutatedPrograms, ThatWereDamagedAsBytesRunToTheirEnd) {
  const std::string original = EncodeProgram(**Program::Create(SampleProgram()));
  uint64_t accepted = 0;
  for (uint64_t seed = 0; seed < kMutations; ++seed) {
    std::string bytes = original;
    ProgramMutator(seed).MutateBytes(&bytes);
    const auto program = DecodeProgram(bytes);
    if (!program.ok()) continue;
    ++accepted;
    SCOPED_TRACE(seed);
    RunHostile(*program, seed);
  }
  EXPECT_GT(accepted, kMutations / 100);
}

TEST(MutatedPrograms, TheSampleMeetsEveryKindOfEnd) {
  const auto program = *Program::Create(SampleProgram());
  bool seen[4] = {};
  for (uint64_t seed = 0; seed < 1000; ++seed) {
    const HostileRequest request(*program, seed);
    seen[static_cast<size_t>(RunToEnd(program, request.request(), seed).kind)] = true;
  }
  for (const bool kind : seen) EXPECT_TRUE(kind);
}

}  // namespace
}  // namespace junctor
