#include <gtest/gtest.h>

#include "compiler/graph/condition_text.h"
#include "compiler/passes/pass.h"
#include "tests/unit/compiler/graph/graph_builder.h"

namespace junctor::compiler {
namespace {

using namespace testing;

const Condition kHasA = Exists("body.a");
const Condition kHasB = Exists("body.b");
const Condition kHasC = Exists("body.c");

// What becomes of `second`, which comes after `first` held, or (on_true false) did not hold.
std::string AfterBranch(Condition first, bool on_true, Condition second) {
  FlowGraph graph = GraphBuilder()
                        .Start("start", "first")
                        .Branch("first", std::move(first), on_true ? "between" : "end",
                                on_true ? "end" : "between")
                        .Limit("between", 5, {}, "second")
                        .Branch("second", std::move(second), "m", "end")
                        .Call("m", "end")
                        .End()
                        .Build();
  RemoveRedundantTests(graph);
  return ConditionToText(std::get<BranchNode>(graph.nodes[3].kind).condition);
}

TEST(RemoveRedundantTestsTest, WhatAnEarlierBranchDecidedIsNotAskedAgain) {
  EXPECT_EQ(AfterBranch(kHasA, true, kHasA), "true");
  EXPECT_EQ(AfterBranch(kHasA, false, kHasA), "false");
  EXPECT_EQ(AfterBranch(Not(kHasA), true, kHasA), "false");
  EXPECT_EQ(AfterBranch(And({kHasA, kHasB}), true, And({kHasA, kHasC})), "body.c exists");
  EXPECT_EQ(AfterBranch(Or({kHasA, kHasB}), false, Or({kHasC, kHasB})), "body.c exists");
  EXPECT_EQ(AfterBranch(And({kHasA, Not(kHasB)}), true, kHasB), "false");
}

TEST(RemoveRedundantTestsTest, WhatIsNotCertainStays) {
  EXPECT_EQ(AfterBranch(And({kHasA, kHasB}), false, kHasA), "body.a exists");
  EXPECT_EQ(AfterBranch(Or({kHasA, kHasB}), true, kHasA), "body.a exists");
  EXPECT_EQ(AfterBranch(kHasA, true, kHasB), "body.b exists");
  // An array may hold both.
  EXPECT_EQ(AfterBranch(Eq("body.x", "p"), true, Eq("body.x", "q")), "body.x eq \"q\"");
}

TEST(RemoveRedundantTestsTest, ANodeWithTwoWaysToItKnowsNothing) {
  FlowGraph graph = GraphBuilder()
                        .Start("start", "first")
                        .Branch("first", kHasA, "second", "m")
                        .Call("m", "second")
                        .Branch("second", kHasA, "end", "m2")
                        .Call("m2", "end")
                        .End()
                        .Build();
  RemoveRedundantTests(graph);
  EXPECT_EQ(ConditionToText(std::get<BranchNode>(graph.nodes[3].kind).condition), "body.a exists");
}

}  // namespace
}  // namespace junctor::compiler
