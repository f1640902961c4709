// Each route of this folder has a graph whose text, DOT and Mermaid forms stand beside it, before
// and after the passes.
#include <gtest/gtest.h>

#include "compiler/compile.h"
#include "compiler/diag/render.h"
#include "compiler/graph/dump.h"
#include "compiler/graph/export.h"
#include "compiler/passes/pass.h"
#include "tests/golden/golden_file.h"

namespace junctor::compiler {
namespace {

using junctor::testing::ExpectGolden;
using junctor::testing::FilesWith;
using junctor::testing::GoldenFolder;
using junctor::testing::ReadWholeFile;

TEST(GraphGolden, EveryRouteHasItsGraph) {
  const auto files = FilesWith(GoldenFolder("graph"), ".json");
  ASSERT_FALSE(files.empty());
  for (auto file : files) {
    const CompileResult result = Compile(file.filename().string(), ReadWholeFile(file), {});
    ASSERT_TRUE(result.ok()) << RenderText(result.diagnostics, *result.source);
    FlowGraph optimised = *result.graph;
    RunPasses(optimised, EveryPass());
    ExpectGolden(file.replace_extension(".txt"),
                 DumpGraph(*result.graph) + "\nafter the passes:\n" + DumpGraph(optimised));
    ExpectGolden(file.replace_extension(".dot"), ToDot(*result.graph));
    ExpectGolden(file.replace_extension(".mmd"), ToMermaid(*result.graph));
  }
}

}  // namespace
}  // namespace junctor::compiler
