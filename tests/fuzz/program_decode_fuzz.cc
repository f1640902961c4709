// Bytes as a program file: refused, or a program that is written back byte for byte, prints, and
// runs to its end whatever it reads.
#include <cstring>
#include <string>
#include <string_view>

#include "runtime/program/disassembler.h"
#include "runtime/program/program_file.h"
#include "tests/fuzz/fuzz_target.h"
#include "tests/fuzz/hostile_run.h"
#include "tests/unit/runtime/program/program_mutator.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  // The checksum is repaired: it is there against accidents, and hides the rest of the reader from
  // a fuzzer.
  std::string bytes(reinterpret_cast<const char*>(data), size);
  junctor::RepairChecksum(&bytes);
  const auto program = junctor::DecodeProgram(bytes);
  if (!program.ok()) return 0;
  JUNCTOR_FUZZ_CHECK(junctor::EncodeProgram(**program) == bytes);
  JUNCTOR_FUZZ_CHECK(!junctor::Disassemble(**program).empty());
  junctor::RunHostile(*program, size);
  return 0;
}
