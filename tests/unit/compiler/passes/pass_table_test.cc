#include <gtest/gtest.h>

#include "compiler/graph/dump.h"
#include "compiler/passes/pass.h"
#include "tests/unit/compiler/graph/graph_builder.h"

namespace junctor::compiler {
namespace {

using namespace testing;

TEST(PassTableTest, PassesAreFoundByName) {
  for (size_t i = 0; i < kPassCount; ++i) EXPECT_EQ(FindPass(AllPasses()[i].name), i);
  EXPECT_EQ(FindPass("fold_everything"), std::nullopt);
}

TEST(PassTableTest, CodegenNeedsConstantsFoldedAndJumpsThreaded) {
  const PassSet required = RequiredPasses();
  EXPECT_EQ(required.count(), 2u);
  EXPECT_TRUE(required[*FindPass("fold_constants")]);
  EXPECT_TRUE(required[*FindPass("thread_jumps")]);
}

FlowGraph Sample() {
  GraphBuilder builder;
  return builder.Start("start", "a")
      .Branch("a", Not(Or({Eq("body.x", "1"), Not(Exists("metadata.y"))})), "m", "b")
      .Branch("b", True(), "c", "m")
      .Branch("c", builder.In("metadata.p", {"a", "b", "c"}), "m", "d")
      .Branch("d", Eq("metadata.p", "d"), "end", "n")
      .Call("m", "end", "n")
      .Call("n", "end")
      .End()
      .Build();
}

TEST(PassTableTest, RequiredPassesRunAlsoWhenNotAskedFor) {
  FlowGraph nothing = Sample();
  RunPasses(nothing, PassSet());
  FlowGraph required = Sample();
  RunPasses(required, RequiredPasses());
  EXPECT_EQ(DumpGraph(nothing), DumpGraph(required));
}

TEST(PassTableTest, RunningAllPassesAgainChangesNothing) {
  FlowGraph once = Sample();
  RunPasses(once, EveryPass());
  FlowGraph twice = once;
  RunPasses(twice, EveryPass());
  EXPECT_EQ(DumpGraph(once), DumpGraph(twice));
}

TEST(PassTableTest, AllPassesTogether) {
  FlowGraph graph = Sample();
  RunPasses(graph, EveryPass());
  EXPECT_EQ(DumpGraph(graph),
            "route test, starts at n0\n"
            "n0 conditional `a`: metadata.y exists and not body.x eq \"1\"\n"
            "  true -> n2\n"
            "  false -> n1\n"
            "n1 switch `c`: metadata.p\n"
            "  \"a\" -> n2\n"
            "  \"b\" -> n2\n"
            "  \"c\" -> n2\n"
            "  \"d\" -> n4\n"
            "  else -> n3\n"
            "n2 model `m`: openai/gpt-m, timeout 60000 ms\n"
            "  success -> n4\n"
            "  fallback -> n3\n"
            "n3 model `n`: openai/gpt-n, timeout 60000 ms\n"
            "  success -> n4\n"
            "n4 end `end`\n");
}

}  // namespace
}  // namespace junctor::compiler
