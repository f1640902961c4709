// What the verifier's tests have in common: the sample program with one thing broken.
#pragma once

#include <functional>
#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "runtime/program/verifier.h"
#include "tests/unit/runtime/program/sample_program.h"

namespace junctor {

// The verifier's message for the sample program after `breakage`; "" where it accepts it.
inline std::string VerifyBroken(const std::function<void(ProgramParts&)>& breakage) {
  ProgramParts parts = SampleProgram();
  breakage(parts);
  const absl::Status status = Verify(parts);
  EXPECT_TRUE(status.ok() || status.code() == absl::StatusCode::kInvalidArgument);
  return std::string(status.message());
}

// Expects that the sample program with `breakage` is refused by `rule` ("V4") with a message that
// has `text`.
inline void ExpectRefused(const std::string& rule, const std::string& text,
                          const std::function<void(ProgramParts&)>& breakage) {
  const std::string message = VerifyBroken(breakage);
  EXPECT_THAT(message, testing::StartsWith(rule + ": "));
  EXPECT_THAT(message, testing::HasSubstr(text));
}

}  // namespace junctor
