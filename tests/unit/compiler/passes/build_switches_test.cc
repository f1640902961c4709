#include <gtest/gtest.h>

#include "compiler/graph/dump.h"
#include "compiler/passes/pass.h"
#include "tests/unit/compiler/graph/graph_builder.h"

namespace junctor::compiler {
namespace {

using namespace testing;

// The graph after the pass, with the nodes that it made dead dropped.
std::string After(FlowGraph graph) {
  BuildSwitches(graph);
  DropDead(graph);
  return DumpGraph(graph);
}

Condition Plan(std::string_view text) { return Eq("metadata.plan", text); }

// A chain of four, of which `second` is one.
GraphBuilder& Chain(GraphBuilder& builder, Condition second) {
  return builder.Start("start", "a")
      .Branch("a", Plan("a"), "m1", "b")
      .Branch("b", std::move(second), "m2", "c")
      .Branch("c", Plan("c"), "m1", "d")
      .Branch("d", Plan("d"), "m2", "end")
      .Call("m1", "end")
      .Call("m2", "end")
      .End();
}

TEST(BuildSwitchesTest, FourBranchesOnOneFieldAreASwitchInTheirOrder) {
  GraphBuilder builder;
  EXPECT_EQ(After(Chain(builder, Plan("b")).Build()),
            "route test, starts at n0\n"
            "n0 start `start`\n"
            "  next -> n1\n"
            "n1 switch `a`: metadata.plan\n"
            "  \"a\" -> n2\n"
            "  \"b\" -> n3\n"
            "  \"c\" -> n2\n"
            "  \"d\" -> n3\n"
            "  else -> n4\n"
            "n2 model `m1`: openai/gpt-m1, timeout 60000 ms\n"
            "  success -> n4\n"
            "n3 model `m2`: openai/gpt-m2, timeout 60000 ms\n"
            "  success -> n4\n"
            "n4 end `end`\n");
}

TEST(BuildSwitchesTest, SetsAndOrsOfEqualitiesJoinAndTheFirstOfEqualConstantsWins) {
  GraphBuilder builder;
  const FlowGraph graph =
      builder.Start("start", "a")
          .Branch("a", builder.In("body.x", {"p", "q"}), "m1", "b")
          .Branch("b", Or({Eq("body.x", "q"), Eq("body.x", Value::Int(7))}), "m2", "c")
          .Branch("c", Eq("body.x", Value::Bool(true)), "m1", "end")
          .Call("m1", "end")
          .Call("m2", "end")
          .End()
          .Build();
  EXPECT_EQ(After(graph),
            "route test, starts at n0\n"
            "n0 start `start`\n"
            "  next -> n1\n"
            "n1 switch `a`: body.x\n"
            "  \"p\" -> n2\n"
            "  \"q\" -> n2\n"
            "  7 -> n3\n"
            "  true -> n2\n"
            "  else -> n4\n"
            "n2 model `m1`: openai/gpt-m1, timeout 60000 ms\n"
            "  success -> n4\n"
            "n3 model `m2`: openai/gpt-m2, timeout 60000 ms\n"
            "  success -> n4\n"
            "n4 end `end`\n");
}

TEST(BuildSwitchesTest, OtherTestsBreakTheChain) {
  GraphBuilder builder;
  Condition null_in_set =
      MakeTest(Opcode::kIn, "metadata.plan", builder.Array({Value::String("b"), Value::Null()}));
  Condition list = MakeTest(Opcode::kEq, "metadata.plan", builder.Texts({"b"}));
  const Condition breakers[] = {
      Eq("metadata.tier", "b"),
      Eq("metadata.plan", Value::Null()),
      null_in_set,
      list,
      Gt("metadata.plan", 5),
      Not(Plan("b")),
      And({Plan("b"), Plan("e")}),
      Or({Plan("b"), Exists("metadata.tier")}),
  };
  for (const Condition& breaker : breakers) {
    GraphBuilder chain;
    FlowGraph graph = Chain(chain, breaker).Build();
    const std::string before = DumpGraph(graph);
    EXPECT_EQ(After(std::move(graph)), before);
  }
}

TEST(BuildSwitchesTest, ThreeConstantsAreNotWorthATable) {
  GraphBuilder builder;
  FlowGraph graph = Chain(builder, Plan("a")).Build();
  const std::string before = DumpGraph(graph);
  EXPECT_EQ(After(std::move(graph)), before);
}

TEST(BuildSwitchesTest, ABranchThatSomethingElseLeadsToEndsTheChain) {
  GraphBuilder builder;
  FlowGraph graph = builder.Start("start", "a")
                        .Branch("a", Plan("a"), "m", "b")
                        .Branch("b", Plan("b"), "end", "c")
                        .Branch("c", Plan("c"), "end", "d")
                        .Branch("d", Plan("d"), "m2", "end")
                        .Call("m", "end", "c")
                        .Call("m2", "end")
                        .End()
                        .Build();
  const std::string before = DumpGraph(graph);
  EXPECT_EQ(After(std::move(graph)), before);
}

TEST(BuildSwitchesTest, CasesThatGoWhereTheRestGoesAreDroppedAtTheEndOnly) {
  GraphBuilder builder;
  FlowGraph graph = builder.Start("start", "a")
                        .Branch("a", builder.In("body.x", {"a", "b"}), "end", "b")
                        .Branch("b", builder.In("body.x", {"c", "d"}), "m", "c")
                        .Branch("c", builder.In("body.x", {"e", "f"}), "end", "end")
                        .Call("m", "end")
                        .End()
                        .Build();
  BuildSwitches(graph);
  // ["a", "c"] goes to the end: the cases for "a" and "b" must stay.
  EXPECT_EQ(std::get<SwitchNode>(graph.nodes[1].kind).cases.size(), 4u);
}

TEST(BuildSwitchesTest, LongChainsWithoutConstantsToGainAreLookedAtOnce) {
  GraphBuilder builder;
  builder.Start("start", "b0");
  for (int i = 0; i < 50'000; ++i) {
    builder.Branch(Numbered("b", i), Plan("same"), "end",
                   i == 49'999 ? "end" : Numbered("b", i + 1));
  }
  FlowGraph graph = builder.End().Build();
  BuildSwitches(graph);
  EXPECT_TRUE(std::holds_alternative<BranchNode>(graph.nodes[1].kind));
}

}  // namespace
}  // namespace junctor::compiler
