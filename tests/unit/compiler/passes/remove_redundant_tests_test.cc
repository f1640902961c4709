#include <gtest/gtest.h>

#include "compiler/graph/condition_text.h"
#include "compiler/passes/pass.h"
#include "tests/unit/compiler/graph/graph_builder.h"

namespace junctor::compiler {
namespace {

using namespace testing;

const Condition a = Exists("body.a");
const Condition b = Exists("body.b");
const Condition c = Exists("body.c");

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
  EXPECT_EQ(AfterBranch(a, true, a), "true");
  EXPECT_EQ(AfterBranch(a, false, a), "false");
  EXPECT_EQ(AfterBranch(Not(a), true, a), "false");
  EXPECT_EQ(AfterBranch(And({a, b}), true, And({a, c})), "body.c exists");
  EXPECT_EQ(AfterBranch(Or({a, b}), false, Or({c, b})), "body.c exists");
  EXPECT_EQ(AfterBranch(And({a, Not(b)}), true, b), "false");
}

TEST(RemoveRedundantTestsTest, WhatIsNotCertainStays) {
  EXPECT_EQ(AfterBranch(And({a, b}), false, a), "body.a exists");
  EXPECT_EQ(AfterBranch(Or({a, b}), true, a), "body.a exists");
  EXPECT_EQ(AfterBranch(a, true, b), "body.b exists");
  // An array may hold both.
  EXPECT_EQ(AfterBranch(Eq("body.x", "p"), true, Eq("body.x", "q")), "body.x eq \"q\"");
}

TEST(RemoveRedundantTestsTest, ANodeWithTwoWaysToItKnowsNothing) {
  FlowGraph graph = GraphBuilder()
                        .Start("start", "first")
                        .Branch("first", a, "second", "m")
                        .Call("m", "second")
                        .Branch("second", a, "end", "m2")
                        .Call("m2", "end")
                        .End()
                        .Build();
  RemoveRedundantTests(graph);
  EXPECT_EQ(ConditionToText(std::get<BranchNode>(graph.nodes[3].kind).condition), "body.a exists");
}

}  // namespace
}  // namespace junctor::compiler
