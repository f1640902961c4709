// The passes that rewrite conditions, one table each: before, after.
#include <gtest/gtest.h>

#include "compiler/graph/condition_text.h"
#include "compiler/passes/pass.h"
#include "tests/unit/compiler/graph/graph_builder.h"

namespace junctor::compiler {
namespace {

using namespace testing;

struct Case {
  Condition before;
  const char* after;
};

// What `pass` makes of `condition`; "swapped: …" where it swaps the branch's targets.
std::string After(void (*pass)(FlowGraph&), Condition condition) {
  FlowGraph graph = GraphBuilder()
                        .Start("start", "b")
                        .Branch("b", std::move(condition), "m", "end")
                        .Call("m", "end")
                        .End()
                        .Build();
  const NodeId on_true = std::get<BranchNode>(graph.nodes[1].kind).on_true;
  pass(graph);
  const auto& branch = std::get<BranchNode>(graph.nodes[1].kind);
  return (branch.on_true == on_true ? "" : "swapped: ") + ConditionToText(branch.condition);
}

const Condition a = Exists("body.a");
const Condition b = Exists("body.b");
const Condition c = Exists("body.c");

TEST(FoldConstantsTest, WhatTheTextDecidesIsDecided) {
  GraphBuilder builder;
  Condition no_type = MakeTest(Opcode::kType, "body.x");
  const Case cases[] = {
      {True(), "true"},
      {a, "body.a exists"},
      {And({}), "true"},
      {Or({}), "false"},
      {And({a, True()}), "body.a exists"},
      {And({a, False(), b}), "false"},
      {Or({False(), a}), "body.a exists"},
      {Or({a, True()}), "true"},
      {Not(True()), "false"},
      {Not(Not(a)), "body.a exists"},
      {Not(And({a, False()})), "true"},
      {And({And({a, b}), c}), "body.a exists and body.b exists and body.c exists"},
      {Or({Or({a}), Or({b, Or({c})})}), "body.a exists or body.b exists or body.c exists"},
      {And({Or({a, b}), c}), "(body.a exists or body.b exists) and body.c exists"},
      {And({a, b, a}), "body.a exists and body.b exists"},
      {Or({a, Not(a), a}), "body.a exists or not body.a exists"},
      {builder.In("body.x", {}), "false"},
      {Not(builder.In("body.x", {})), "true"},
      {builder.In("body.x", {"p", "q", "p"}), "body.x in [\"p\",\"q\"]"},
      {no_type, "false"},
      {ElemMatch("body.l", true, And({True(), Exists("k")})),
       "body.l elem_match document {k exists}"},
      {ElemMatch("body.l", true, False()), "false"},
      {ElemMatch("body.l", true, And({})), "body.l elem_match document {true}"},
  };
  for (const Case& one : cases) {
    EXPECT_EQ(After(FoldConstants, one.before), one.after) << ConditionToText(one.before);
  }
}

TEST(PushNegationsTest, NotStandsOnTestsOnly) {
  const Case cases[] = {
      {a, "body.a exists"},
      {Not(a), "swapped: body.a exists"},
      {Not(And({a, b})), "not body.a exists or not body.b exists"},
      {Not(Or({a, Not(b)})), "not body.a exists and body.b exists"},
      {And({a, Not(Or({b, c}))}), "body.a exists and not body.b exists and not body.c exists"},
      {Not(And({a, Or({b, Not(c)})})),
       "not body.a exists or (not body.b exists and body.c exists)"},
      {And({a, Not(ElemMatch("body.l", true, Not(And({a, b}))))}),
       "body.a exists and not body.l elem_match document {not (body.a exists and body.b exists)}"},
  };
  for (const Case& one : cases) {
    EXPECT_EQ(After(PushNegations, one.before), one.after) << ConditionToText(one.before);
  }
}

TEST(MergeSetsTest, FourEqualitiesOnOneFieldAreASet) {
  GraphBuilder builder;
  const auto eq = [](const char* text) { return Eq("body.x", text); };
  const Case cases[] = {
      {Or({eq("p"), eq("q"), eq("r"), eq("s")}), "body.x in [\"p\",\"q\",\"r\",\"s\"]"},
      {Or({eq("p"), a, builder.In("body.x", {"q", "r", "p"}), eq("s")}),
       "body.x in [\"p\",\"q\",\"r\",\"s\"] or body.a exists"},
      {And({Not(eq("p")), Not(eq("q")), a, Not(eq("r")), Not(eq("s"))}),
       "not body.x in [\"p\",\"q\",\"r\",\"s\"] and body.a exists"},
      // An element of an array may be "p" and another "q": an and of equalities is no
      // contradiction.
      {And({eq("p"), eq("q"), eq("r"), eq("s")}),
       "body.x eq \"p\" and body.x eq \"q\" and body.x eq \"r\" and body.x eq \"s\""},
      {Or({Not(eq("p")), Not(eq("q")), Not(eq("r")), Not(eq("s"))}),
       "not body.x eq \"p\" or not body.x eq \"q\" or not body.x eq \"r\" or not body.x eq \"s\""},
      {Or({eq("p"), eq("q"), eq("r")}), "body.x eq \"p\" or body.x eq \"q\" or body.x eq \"r\""},
      {Or({eq("p"), eq("q"), eq("r"), Eq("body.y", "s")}),
       "body.x eq \"p\" or body.x eq \"q\" or body.x eq \"r\" or body.y eq \"s\""},
      {Or({eq("p"), eq("q"), eq("r"), Eq("body.x", Value::Null())}),
       "body.x eq \"p\" or body.x eq \"q\" or body.x eq \"r\" or body.x eq null"},
      {ElemMatch("body.l", false, Or({Eq("", "p"), Eq("", "q"), Eq("", "r"), Eq("", "s")})),
       "body.l elem_match {(element) in [\"p\",\"q\",\"r\",\"s\"]}"},
  };
  for (const Case& one : cases) {
    EXPECT_EQ(After(MergeSets, one.before), one.after) << ConditionToText(one.before);
  }
}

TEST(OrderTestsTest, CheapTestsComeFirst) {
  const Case cases[] = {
      {And({a, Exists("metadata.m")}), "metadata.m exists and body.a exists"},
      {Or({Regex("headers.h", "x"), Exists("headers.h")}),
       "headers.h exists or headers.h regex /x/"},
      {And({Exists("request.last_user_text"), a, Exists("request.method")}),
       "request.method exists and body.a exists and request.last_user_text exists"},
      // A pattern on a header is cheaper than a look into the body.
      {And({a, Regex("headers.h", "x")}), "headers.h regex /x/ and body.a exists"},
      {And({Or({Exists("headers.h"), a}), Exists("metadata.m")}),
       "metadata.m exists and (headers.h exists or body.a exists)"},
      {And({ElemMatch("body.l", true, Exists("k")), a}),
       "body.a exists and body.l elem_match document {k exists}"},
      {And({b, Not(a)}), "body.b exists and not body.a exists"},
      {Not(And({a, Exists("metadata.m")})), "not (metadata.m exists and body.a exists)"},
  };
  for (const Case& one : cases) {
    EXPECT_EQ(After(OrderTests, one.before), one.after) << ConditionToText(one.before);
  }
}

}  // namespace
}  // namespace junctor::compiler
