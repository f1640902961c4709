// Text as a route: diagnostics with places inside the text, or a program that survives its file
// form and runs to its end.
#include <string_view>

#include "compiler/compile.h"
#include "runtime/program/program_file.h"
#include "tests/fuzz/fuzz_target.h"
#include "tests/fuzz/hostile_run.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using junctor::compiler::Compile;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  junctor::compiler::CompileOptions options;
  const auto result = Compile("fuzz", text, options);
  JUNCTOR_FUZZ_CHECK(result.ok() == (result.CountOf(junctor::compiler::Severity::kError) == 0));
  for (const auto& diagnostic : result.diagnostics) {
    JUNCTOR_FUZZ_CHECK(diagnostic.span.begin <= diagnostic.span.end);
    JUNCTOR_FUZZ_CHECK(diagnostic.span.end <= size);
  }
  if (!result.ok()) return 0;

  const auto again = junctor::DecodeProgram(junctor::EncodeProgram(*result.program));
  JUNCTOR_FUZZ_CHECK(again.ok());
  junctor::RunHostile(*again, size);

  // The passes change no answer: both programs end alike on the same requests and draws.
  options.optimise = false;
  const auto plain = Compile("fuzz", text, options);
  JUNCTOR_FUZZ_CHECK(plain.ok());
  junctor::RunHostile(plain.program, size);
  return 0;
}
