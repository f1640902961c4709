#include "runtime/program/program_file.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "runtime/program/program_limits.h"
#include "tests/unit/runtime/program/program_mutator.h"
#include "tests/unit/runtime/program/sample_program.h"

namespace junctor {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

std::string Encoded(ProgramParts parts) {
  auto program = Program::Create(std::move(parts));
  EXPECT_TRUE(program.ok()) << program.status();
  return program.ok() ? EncodeProgram(**program) : "";
}

std::string DecodeError(std::string_view bytes) {
  const auto program = DecodeProgram(bytes);
  return program.ok() ? "" : std::string(program.status().message());
}

// Bytes before the first section.
constexpr size_t kEnvelope = 16;

TEST(ProgramFile, DecodesWhatItEncodes) {
  for (const ProgramParts& parts : {SampleProgram(), SmallestProgram()}) {
    const std::string bytes = Encoded(parts);
    const auto program = DecodeProgram(bytes);
    ASSERT_TRUE(program.ok()) << program.status();
    EXPECT_EQ(EncodeProgram(**program), bytes);
    const ProgramParts& decoded = (*program)->parts();
    EXPECT_EQ(decoded.route_name, parts.route_name);
    EXPECT_EQ(decoded.source_hash, parts.source_hash);
    EXPECT_EQ(decoded.deadline_ms, parts.deadline_ms);
    EXPECT_EQ(decoded.bounds.max_calls, parts.bounds.max_calls);
    EXPECT_EQ(decoded.elements, parts.elements);
    EXPECT_EQ(decoded.fields, parts.fields);
    EXPECT_EQ(decoded.debug, parts.debug);
    ASSERT_EQ(decoded.models.size(), parts.models.size());
    for (size_t i = 0; i < parts.models.size(); ++i) {
      EXPECT_EQ(decoded.models[i].hedge_after_ms, parts.models[i].hedge_after_ms);
      EXPECT_EQ(decoded.models[i].health_enabled, parts.models[i].health_enabled);
      EXPECT_EQ(decoded.models[i].health_failures, parts.models[i].health_failures);
      EXPECT_EQ(decoded.models[i].health_cooldown_ms, parts.models[i].health_cooldown_ms);
    }
    ASSERT_EQ(decoded.constants.size(), parts.constants.size());
    for (size_t i = 0; i < parts.constants.size(); ++i) {
      EXPECT_TRUE(Equal(decoded.constants[i], parts.constants[i])) << i;
    }
  }
}

TEST(ProgramFile, TheFormatIsPinned) {
  const std::string bytes = Encoded(SmallestProgram());
  EXPECT_THAT(bytes, StartsWith(std::string("JNCB\x03\0\0\0", 8)));
  // The envelope, 12 section heads, the header's 32 bytes and name, 10 counts of 0, one instruction
  // and one debug entry.
  EXPECT_EQ(bytes.size(),
            kEnvelope + 12 * 8 + (4 + 8 + 8 + 4 + 4 + 4 + 8) + 9 * 4 + 4 + 16 + 4 + 4);
}

TEST(ProgramFile, IsCutShortAtNoByte) {
  for (const ProgramParts& parts : {SampleProgram(), SmallestProgram()}) {
    const std::string bytes = Encoded(parts);
    for (size_t size = 0; size < bytes.size(); ++size) {
      EXPECT_NE(DecodeError(bytes.substr(0, size)), "") << size;
      // With a checksum that fits what is left, so that the reader itself has to notice.
      std::string repaired = bytes.substr(0, size);
      RepairChecksum(&repaired);
      EXPECT_NE(DecodeError(repaired), "") << size;
    }
  }
}

TEST(ProgramFile, IsNotLongerThanItsSections) {
  std::string bytes = Encoded(SampleProgram()) + '\0';
  EXPECT_THAT(DecodeError(bytes), HasSubstr("damaged"));
  RepairChecksum(&bytes);
  EXPECT_THAT(DecodeError(bytes), HasSubstr("1 bytes follow its last section"));
}

TEST(ProgramFile, SaysWhatItIsNot) {
  EXPECT_THAT(DecodeError(""), HasSubstr("does not begin with `JNCB`"));
  EXPECT_THAT(DecodeError("{\"name\":\"route\"}"), HasSubstr("does not begin with `JNCB`"));
  EXPECT_THAT(DecodeError("JNCB"), HasSubstr("cut short"));
  std::string bytes = Encoded(SampleProgram());
  bytes[40] = static_cast<char>(bytes[40] ^ 1);
  EXPECT_THAT(DecodeError(bytes), HasSubstr("damaged: the checksum does not match"));
  EXPECT_THAT(DecodeError(std::string(kMaxProgramBytes + 1, 'J')), HasSubstr("are too many"));
}

TEST(ProgramFile, RefusesOtherFormats) {
  std::string bytes = Encoded(SampleProgram());
  bytes[4] = 4;
  const auto program = DecodeProgram(bytes);
  EXPECT_EQ(program.status().code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_EQ(std::string(program.status().message()),
            "program of format 4: this build reads format 3");
}

TEST(ProgramFile, RefusesReservedBits) {
  std::string bytes = Encoded(SampleProgram());
  bytes[6] = 1;
  EXPECT_THAT(DecodeError(bytes), HasSubstr("reserved"));
}

TEST(ProgramFile, RefusesSectionsOutOfOrder) {
  std::string bytes = Encoded(SampleProgram());
  bytes[kEnvelope] = 2;
  RepairChecksum(&bytes);
  EXPECT_THAT(DecodeError(bytes),
              HasSubstr("section header: section 2 stands where 1 is expected"));
}

TEST(ProgramFile, RefusesCountsThatTheFileCannotHold) {
  std::string bytes = Encoded(SmallestProgram());
  // The count of elements stands after the header's section and the head of the next.
  const size_t count_at = kEnvelope + 8 + 4 + 8 + 8 + 4 + 4 + 4 + 8 + 8;
  bytes[count_at + 3] = '\x7f';
  RepairChecksum(&bytes);
  EXPECT_THAT(DecodeError(bytes), HasSubstr("section elements: cut short: 2130706432 elements"));
}

TEST(ProgramFile, RefusesWholeNumbersAsDoubles) {
  std::string bytes = Encoded(SampleProgram());
  // 0.5 becomes 2.0.
  const std::string half("\x04\0\0\0\0\0\0\xe0\x3f", 9);
  const size_t at = bytes.find(half);
  ASSERT_NE(at, std::string::npos);
  bytes.replace(at, half.size(), std::string("\x04\0\0\0\0\0\0\0\x40", 9));
  RepairChecksum(&bytes);
  EXPECT_THAT(DecodeError(bytes), HasSubstr("a whole number is stored as a double"));
}

TEST(ProgramFile, GoesThroughTheVerifier) {
  std::string bytes = Encoded(SmallestProgram());
  // The last four bytes are the element of the only instruction.
  bytes.replace(bytes.size() - 4, 4, std::string(4, '\0'));
  RepairChecksum(&bytes);
  EXPECT_THAT(DecodeError(bytes), StartsWith("V12: "));
}

}  // namespace
}  // namespace junctor
