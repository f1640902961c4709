#include "compiler/codegen/codegen.h"

#include <gtest/gtest.h>

#include "compiler/graph/bounds.h"
#include "compiler/passes/pass.h"
#include "runtime/program/program.h"
#include "tests/unit/compiler/graph/graph_builder.h"

namespace junctor::compiler {
namespace {

using namespace testing;

ProgramParts Generate(FlowGraph graph, PassSet passes = EveryPass()) {
  ProgramFacts facts;
  facts.bounds = ComputeBounds(graph).values;
  facts.source_hash = 7;
  RunPasses(graph, passes);
  auto parts = GenerateCode(graph, facts);
  EXPECT_TRUE(parts.ok()) << parts.status();
  const auto program = Program::Create(*parts);
  EXPECT_TRUE(program.ok()) << program.status();
  return *std::move(parts);
}

TEST(GenerateCodeTest, TheRoutesFactsStandInTheProgram) {
  const ProgramParts parts = Generate(
      GraphBuilder("support").Deadline(500).Start("start", "m").Call("m", "end").End().Build());
  EXPECT_EQ(parts.route_name, "support");
  EXPECT_EQ(parts.deadline_ms, 500u);
  EXPECT_EQ(parts.source_hash, 7u);
  EXPECT_EQ(parts.bounds.longest_path, 3u);
  EXPECT_EQ(parts.bounds.max_calls, 1u);
  EXPECT_EQ(parts.bounds.worst_first_byte_ms, 500u);
}

TEST(GenerateCodeTest, FieldsAndConstantsAreKeptOnceByFirstUse) {
  GraphBuilder builder;
  const ProgramParts parts = Generate(
      builder.Start("start", "s")
          .Split("s", {{"50% a", 500'000, "l"}, {"50% b", 500'000, "x"}}, "metadata.user")
          .Limit("l", 5, {"metadata.org", "metadata.user"}, "x", "end")
          .Branch("x", And({Eq("metadata.org", "acme"), Eq("metadata.user", "acme")}), "m", "end")
          .Call("m", "end")
          .End()
          .Build());
  EXPECT_EQ(parts.fields, (std::vector<std::string>{"metadata.user", "metadata.org"}));
  ASSERT_EQ(parts.constants.size(), 1u);
  EXPECT_EQ(parts.constants[0].string(), "acme");
  EXPECT_EQ(parts.splits[0].key_slot, 0u);
  EXPECT_EQ(parts.limits[0].key_slots, (std::vector<uint16_t>{1, 0}));
}

TEST(GenerateCodeTest, SharesBecomeCumulativeThresholds) {
  const ProgramParts parts = Generate(
      GraphBuilder()
          .Start("start", "s")
          .Split("s",
                 {{"33.3333%", 333'333, "m"}, {"10% new", 100'000, "end"}, {"else", 566'667, "m"}})
          .Call("m", "end")
          .End()
          .Build());
  const auto& outputs = parts.splits[0].outputs;
  EXPECT_EQ(outputs[0].threshold, 333'333u);
  EXPECT_EQ(outputs[1].threshold, 433'333u);
  EXPECT_EQ(outputs[2].threshold, kShareTotal);
  EXPECT_EQ(outputs[0].target, outputs[2].target);
  EXPECT_EQ(outputs[1].label, "10% new");
}

TEST(GenerateCodeTest, EveryInstructionKnowsItsElement) {
  const ProgramParts parts =
      Generate(GraphBuilder()
                   .Start("start", "b")
                   .Branch("b", And({Exists("body.a"), Exists("body.b")}), "l", "end")
                   .Limit("l", 5, {}, "m")
                   .Call("m", "end")
                   .Call("lost", "end")
                   .End()
                   .Build());
  std::vector<std::string> ids;
  for (uint32_t element : parts.debug) ids.push_back(parts.elements[element]);
  EXPECT_EQ(ids, (std::vector<std::string>{"b", "b", "l", "l", "m", "end"}));
  EXPECT_EQ(parts.elements, (std::vector<std::string>{"b", "l", "m", "end"}));
  EXPECT_EQ(parts.elements[parts.limits[0].element], "l");
  EXPECT_EQ(parts.elements[parts.models[0].element], "m");
}

TEST(GenerateCodeTest, AModelWithoutFallbackNeverTakesItsFalseTarget) {
  const ProgramParts parts = Generate(
      GraphBuilder().Start("start", "m1").Call("m1", "m2", "end").Call("m2", "end").End().Build());
  EXPECT_TRUE(parts.models[0].has_fallback);
  EXPECT_FALSE(parts.models[1].has_fallback);
  EXPECT_EQ(parts.code[1].on_false, parts.code[1].on_true);
}

TEST(GenerateCodeTest, RetriesOfNothingAreNoRetries) {
  ModelSpec spec;
  spec.retries = 3;
  const ProgramParts parts =
      Generate(GraphBuilder().Start("start", "m").Call("m", spec, "end").End().Build());
  EXPECT_EQ(parts.models[0].retries, 0);
  EXPECT_EQ(parts.bounds.max_calls, 1u);
}

TEST(GenerateCodeTest, MatchersStandInPreorderWithTheirEnds) {
  Condition inner = ElemMatch("parts", true, Or({Eq("type", "image"), Exists("url")}));
  const ProgramParts parts =
      Generate(GraphBuilder()
                   .Start("start", "b")
                   .Branch("b",
                           ElemMatch("body.messages", true,
                                     And({Eq("role", "user"), Not(Exists("name")), inner})),
                           "m", "end")
                   .Call("m", "end")
                   .End()
                   .Build());
  using Kind = MatcherNode::Kind;
  ASSERT_EQ(parts.matchers.size(), 2u);
  const auto& nested = parts.matchers[0].nodes;
  ASSERT_EQ(nested.size(), 3u);
  EXPECT_EQ(nested[0].kind, Kind::kOr);
  EXPECT_EQ(nested[0].end, 3u);
  const auto& nodes = parts.matchers[1].nodes;
  ASSERT_EQ(nodes.size(), 5u);
  EXPECT_EQ(nodes[0].kind, Kind::kAnd);
  EXPECT_EQ(nodes[0].end, 5u);
  EXPECT_EQ(nodes[1].path, "role");
  EXPECT_EQ(nodes[2].kind, Kind::kNor);
  EXPECT_EQ(nodes[2].end, 4u);
  EXPECT_EQ(nodes[4].test, Opcode::kElemMatch);
  EXPECT_EQ(nodes[4].operand, 0u);
  EXPECT_EQ(parts.code[0].operand, 1u);
}

TEST(GenerateCodeTest, AMatcherThatTakesAnyDocumentHasAnEmptyAnd) {
  const ProgramParts parts =
      Generate(GraphBuilder()
                   .Start("start", "b")
                   .Branch("b", ElemMatch("body.l", true, True()), "m", "end")
                   .Call("m", "end")
                   .End()
                   .Build());
  ASSERT_EQ(parts.matchers[0].nodes.size(), 1u);
  EXPECT_EQ(parts.matchers[0].nodes[0].kind, MatcherNode::Kind::kAnd);
}

TEST(GenerateCodeTest, ConstantsOutliveTheGraph) {
  ProgramParts parts;
  {
    GraphBuilder builder;
    const Value text = builder.Text("a text that is longer than any small buffer would be");
    const Value list = builder.Array({builder.Array({text, Value::Null()}), Value::Int(5)});
    parts = Generate(builder.Start("start", "b")
                         .Branch("b", Eq("body.x", list), "m", "end")
                         .Call("m", "end")
                         .End()
                         .Build());
  }
  ASSERT_EQ(parts.constants.size(), 1u);
  EXPECT_EQ(parts.constants[0].items()[0].items()[0].string(),
            "a text that is longer than any small buffer would be");
}

TEST(GenerateCodeTest, ARouteThatOnlyEndsIsOneInstruction) {
  const ProgramParts parts =
      Generate(GraphBuilder().Start("start", "end").End().Build(), RequiredPasses());
  ASSERT_EQ(parts.code.size(), 1u);
  EXPECT_EQ(parts.code[0].opcode, Opcode::kEnd);
}

TEST(GenerateCodeTest, SixtyFiveThousandFieldsAreTooManyByOne) {
  const auto build = [](int fields) {
    GraphBuilder builder;
    std::vector<Condition> tests;
    for (int i = 0; i < fields; ++i) tests.push_back(Exists(Numbered("body.f", i)));
    FlowGraph graph = builder.Start("start", "b")
                          .Branch("b", And(std::move(tests)), "m", "end")
                          .Call("m", "end")
                          .End()
                          .Build();
    RunPasses(graph, RequiredPasses());
    return GenerateCode(graph, {});
  };
  EXPECT_TRUE(build(kNoSlot).ok());
  EXPECT_EQ(build(kNoSlot + 1).status().message(),
            "too many different fields (limit is 65535, this route has 65536)");
}

}  // namespace
}  // namespace junctor::compiler
