// thread_jumps and drop_dead.
#include <gtest/gtest.h>

#include "compiler/graph/dump.h"
#include "compiler/passes/pass.h"
#include "tests/unit/compiler/graph/graph_builder.h"

namespace junctor::compiler {
namespace {

using namespace testing;

TEST(ThreadJumpsTest, TheStartAndDecidedBranchesArePassedOver) {
  FlowGraph graph = GraphBuilder()
                        .Start("start", "always")
                        .Branch("always", True(), "real", "end")
                        .Branch("real", Exists("body.x"), "never", "m")
                        .Branch("never", False(), "m2", "end")
                        .Call("m", "always2", "never")
                        .Branch("always2", True(), "never", "m2")
                        .Call("m2", "end")
                        .End()
                        .Build();
  ThreadJumps(graph);
  EXPECT_EQ(DumpGraph(graph),
            "route test, starts at n2\n"
            "n0 start `start` (unreachable)\n"
            "  next -> n2\n"
            "n1 conditional `always`: true (unreachable)\n"
            "  true -> n2\n"
            "  false -> n7\n"
            "n2 conditional `real`: body.x exists\n"
            "  true -> n7\n"
            "  false -> n4\n"
            "n3 conditional `never`: false (unreachable)\n"
            "  true -> n6\n"
            "  false -> n7\n"
            "n4 model `m`: openai/gpt-m, timeout 60000 ms\n"
            "  success -> n7\n"
            "  fallback -> n7\n"
            "n5 conditional `always2`: true (unreachable)\n"
            "  true -> n7\n"
            "  false -> n6\n"
            "n6 model `m2`: openai/gpt-m2, timeout 60000 ms (unreachable)\n"
            "  success -> n7\n"
            "n7 end `end`\n");
}

TEST(ThreadJumpsTest, ABranchWithOneTargetGoesAlsoWhereThatShowsOnlyAfterThreading) {
  FlowGraph graph = GraphBuilder()
                        .Start("start", "a")
                        .Branch("a", Exists("body.a"), "b", "c")
                        .Branch("b", Exists("body.b"), "m", "m")
                        .Branch("c", True(), "m", "end")
                        .Call("m", "end")
                        .End()
                        .Build();
  ThreadJumps(graph);
  EXPECT_EQ(graph.nodes[graph.start].element, 4u);
}

TEST(ThreadJumpsTest, ElementsWithEffectsStayThoughTheyHaveOneTarget) {
  FlowGraph graph = GraphBuilder()
                        .Start("start", "s")
                        .Split("s", {{"50% a", 500'000, "l"}, {"50% b", 500'000, "l"}})
                        .Limit("l", 5, {}, "m", "m")
                        .Call("m", "end", "end")
                        .End()
                        .Build();
  ThreadJumps(graph);
  DropDead(graph);
  EXPECT_EQ(graph.nodes.size(), 4u);
}

TEST(DropDeadTest, TheRestIsNumberedAnewInTheSameOrder) {
  FlowGraph graph = GraphBuilder()
                        .Start("start", "m")
                        .Call("lost", "m")
                        .Call("m", "end")
                        .End("lost-end")
                        .End("end")
                        .Build();
  DropDead(graph);
  EXPECT_EQ(DumpGraph(graph),
            "route test, starts at n0\n"
            "n0 start `start`\n"
            "  next -> n1\n"
            "n1 model `m`: openai/gpt-m, timeout 60000 ms\n"
            "  success -> n2\n"
            "n2 end `end`\n");
}

}  // namespace
}  // namespace junctor::compiler
