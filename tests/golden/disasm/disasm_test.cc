// Each route of this folder compiles to the code beside it.
#include <gtest/gtest.h>

#include "compiler/compile.h"
#include "compiler/diag/render.h"
#include "runtime/program/disassembler.h"
#include "tests/golden/golden_file.h"

namespace junctor::compiler {
namespace {

using junctor::testing::ExpectGolden;
using junctor::testing::FilesWith;
using junctor::testing::GoldenFolder;
using junctor::testing::ReadWholeFile;

TEST(DisasmGolden, EveryRouteCompilesToItsCode) {
  const auto files = FilesWith(GoldenFolder("disasm"), ".json");
  ASSERT_FALSE(files.empty());
  for (auto file : files) {
    const CompileResult result = Compile(file.filename().string(), ReadWholeFile(file), {});
    ASSERT_TRUE(result.ok()) << RenderText(result.diagnostics, *result.source);
    ExpectGolden(file.replace_extension(".expect"), Disassemble(*result.program));
  }
}

}  // namespace
}  // namespace junctor::compiler
