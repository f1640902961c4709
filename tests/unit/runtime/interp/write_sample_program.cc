// Writes the program file that the embedding test runs: user "ada" goes to a failing model with a
// fallback, others to a limit.
#include <fstream>
#include <iostream>

#include "runtime/program/program_file.h"
#include "tests/unit/runtime/interp/program_builder.h"

namespace junctor::testing {
namespace {

std::shared_ptr<const Program> SampleProgram() {
  ProgramBuilder builder("sample");
  const auto first = builder.NewLabel();
  const auto limit = builder.NewLabel();
  const auto second = builder.NewLabel();
  const auto end = builder.NewLabel();
  builder.Emit("who", Opcode::kEq, builder.SlotOf("body.user"), builder.JsonConstant("\"ada\""),
               first, limit);
  builder.Place(first);
  ModelSpec failing;
  failing.model = "fail-503";
  failing.retries = 1;
  failing.has_fallback = true;
  failing.retry_on = failing.fallback_on = kAllErrorClasses;
  builder.Emit("first", Opcode::kCall, 0, builder.Model("first", failing), end, second);
  builder.Place(limit);
  LimitSpec spec;
  spec.limit = 10;
  spec.window_seconds = 60;
  builder.Emit("limit", Opcode::kLimit, 0, builder.Limit("limit", spec), second, second);
  builder.Place(second);
  builder.Emit("second", Opcode::kCall, 0, builder.Model("second"), end, end);
  builder.Place(end);
  builder.Emit("end", Opcode::kEnd, 0, 0);
  return builder.Build();
}

}  // namespace
}  // namespace junctor::testing

int main(int argc, char** argv) {
  if (argc != 2) {
    std::cerr << "usage: write_sample_program FILE\n";
    return 2;
  }
  const auto program = junctor::testing::SampleProgram();
  if (program == nullptr) return 1;
  std::ofstream file(argv[1], std::ios::binary);
  file << junctor::EncodeProgram(*program);
  return file.flush() ? 0 : 1;
}
