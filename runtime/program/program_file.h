// Programs as bytes: a versioned, position-independent file format. docs/program-format.md
// describes it.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "runtime/program/program.h"

namespace junctor {

// Version of the file format and of the instruction set together: raised when either changes its
// meaning.
inline constexpr uint16_t kProgramFormat = 3;

// The bytes of a program: little-endian, the same for the same program on every machine.
std::string EncodeProgram(const Program& program);

// Reads a program from untrusted bytes and verifies it. InvalidArgument for bytes that are not a
// program, cut short, damaged (checksum) or that break a rule of the verifier; FailedPrecondition
// for a format that this build does not read.
absl::StatusOr<std::shared_ptr<const Program>> DecodeProgram(std::string_view bytes);

}  // namespace junctor
