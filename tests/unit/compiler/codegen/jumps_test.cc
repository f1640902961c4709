#include "compiler/codegen/jumps.h"

#include <gtest/gtest.h>

#include "compiler/graph/condition_text.h"
#include "tests/unit/compiler/graph/graph_builder.h"

namespace junctor::compiler {
namespace {

using namespace testing;

// One line per draft: "0 body.a exists t=1 f=3".
std::string Text(const FlowGraph& graph) {
  const JumpCode code = LowerJumps(graph);
  std::string text;
  for (size_t i = 0; i < code.drafts.size(); ++i) {
    const JumpDraft& draft = code.drafts[i];
    absl::StrAppend(&text, i, " ");
    text += draft.test != nullptr ? ConditionToText(*draft.test)
            : draft.refuses       ? "refuse"
                                  : graph.elements[graph.nodes[draft.node].element].id;
    if (draft.on_true != 0) {
      absl::StrAppend(&text, " t=", draft.on_true, " f=", draft.on_false);
    }
    text += "\n";
  }
  return text;
}

FlowGraph OneBranch(Condition condition) {
  return GraphBuilder()
      .Branch("b", std::move(condition), "yes", "no")
      .Call("yes", "end")
      .Call("no", "end")
      .End()
      .Build();
}

const Condition a = Exists("body.a");
const Condition b = Exists("body.b");
const Condition c = Exists("body.c");
const Condition d = Exists("body.d");

TEST(LowerJumpsTest, AnAndGoesOnWhileItHolds) {
  EXPECT_EQ(Text(OneBranch(And({a, b}))),
            "0 body.a exists t=1 f=3\n"
            "1 body.b exists t=2 f=3\n"
            "2 yes t=4 f=4\n"
            "3 no t=4 f=4\n"
            "4 end\n");
}

TEST(LowerJumpsTest, AnOrGoesOnWhileItDoesNotHold) {
  EXPECT_EQ(Text(OneBranch(Or({a, b}))),
            "0 body.a exists t=2 f=1\n"
            "1 body.b exists t=2 f=3\n"
            "2 yes t=4 f=4\n"
            "3 no t=4 f=4\n"
            "4 end\n");
}

TEST(LowerJumpsTest, NestedConditionsJumpStraightToTheNextThatMatters) {
  EXPECT_EQ(Text(OneBranch(Or({And({a, Not(b)}), And({c, d})}))),
            "0 body.a exists t=1 f=2\n"
            "1 body.b exists t=2 f=4\n"
            "2 body.c exists t=3 f=5\n"
            "3 body.d exists t=4 f=5\n"
            "4 yes t=6 f=6\n"
            "5 no t=6 f=6\n"
            "6 end\n");
}

TEST(LowerJumpsTest, ANotCostsNothing) {
  EXPECT_EQ(Text(OneBranch(Not(And({a, Not(Or({b, c}))})))),
            "0 body.a exists t=1 f=3\n"
            "1 body.b exists t=3 f=2\n"
            "2 body.c exists t=3 f=4\n"
            "3 yes t=5 f=5\n"
            "4 no t=5 f=5\n"
            "5 end\n");
}

TEST(LowerJumpsTest, ALimitWithoutFallbackRefusesRightBehindIt) {
  const FlowGraph graph = GraphBuilder().Limit("l", 5, {}, "m").Call("m", "end").End().Build();
  EXPECT_EQ(Text(graph),
            "0 l t=2 f=1\n"
            "1 refuse\n"
            "2 m t=3 f=3\n"
            "3 end\n");
}

}  // namespace
}  // namespace junctor::compiler
