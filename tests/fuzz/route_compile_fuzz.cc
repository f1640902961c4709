// Text as a route: diagnostics with places inside the text, or a program that survives its file
// form and ends every run as the one does that no pass has touched.
#include <string_view>

#include "compiler/compile.h"
#include "runtime/program/program_file.h"
#include "tests/fuzz/fuzz_target.h"
#include "tests/fuzz/hostile_run.h"

namespace {

constexpr uint64_t kRuns = 6;

// Passes may number limits anew, and change nothing else.
bool EndAlike(const junctor::FinishStep& a, const junctor::FinishStep& b) {
  return a.kind == b.kind && a.ordinal == b.ordinal && a.error == b.error &&
         a.retry_after_ms == b.retry_after_ms;
}

}  // namespace

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
  options.optimise = false;
  const auto plain = Compile("fuzz", text, options);
  JUNCTOR_FUZZ_CHECK(plain.ok());
  for (uint64_t seed = 0; seed < kRuns; ++seed) {
    const junctor::HostileRequest request(*plain.program, seed);
    JUNCTOR_FUZZ_CHECK(EndAlike(junctor::RunToEnd(*again, request.request(), seed),
                                junctor::RunToEnd(plain.program, request.request(), seed)));
  }
  return 0;
}
