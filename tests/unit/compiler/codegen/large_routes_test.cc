// The largest routes there may be (R4) go through passes, codegen and verifier, and their code
// grows with them and no faster.
#include <gtest/gtest.h>

#include "compiler/codegen/codegen.h"
#include "compiler/graph/bounds.h"
#include "compiler/passes/pass.h"
#include "runtime/program/program.h"
#include "tests/unit/compiler/graph/graph_builder.h"

namespace junctor::compiler {
namespace {

using namespace testing;

constexpr int kElements = 100'000;

std::string Id(int i) { return Numbered("n", i); }

std::shared_ptr<const Program> Build(FlowGraph graph, PassSet passes) {
  ProgramFacts facts;
  facts.bounds = ComputeBounds(graph).values;
  RunPasses(graph, passes);
  auto parts = GenerateCode(graph, facts);
  EXPECT_TRUE(parts.ok()) << parts.status();
  auto program = Program::Create(*std::move(parts));
  EXPECT_TRUE(program.ok()) << program.status();
  return program.ok() ? *std::move(program) : nullptr;
}

TEST(LargeRoutesTest, AFallbackChainOf100000Models) {
  GraphBuilder builder;
  builder.Start("start", Id(0));
  for (int i = 0; i < kElements - 2; ++i) {
    builder.Call(Id(i), "end", i == kElements - 3 ? "" : Id(i + 1));
  }
  const auto program = Build(builder.End().Build(), EveryPass());
  ASSERT_NE(program, nullptr);
  EXPECT_EQ(program->code().size(), kElements - 1u);
  EXPECT_EQ(program->bounds().max_calls, kElements - 2u);
}

TEST(LargeRoutesTest, AChainOf100000BranchesOnOneFieldIsOneSwitch) {
  GraphBuilder builder;
  builder.Start("start", Id(0));
  for (int i = 0; i < kElements - 3; ++i) {
    builder.Branch(Id(i), Eq("metadata.user", builder.Text(Id(i))), "m",
                   i == kElements - 4 ? "end" : Id(i + 1));
  }
  const FlowGraph graph = builder.Call("m", "end").End().Build();
  const auto optimised = Build(graph, EveryPass());
  ASSERT_NE(optimised, nullptr);
  EXPECT_EQ(optimised->code().size(), 3u);
  EXPECT_EQ(optimised->parts().switches[0].cases.size(), kElements - 3u);
  const auto plain = Build(graph, RequiredPasses());
  ASSERT_NE(plain, nullptr);
  EXPECT_EQ(plain->code().size(), kElements - 1u);
}

TEST(LargeRoutesTest, ATreeOf100000ElementsOnManyFields) {
  GraphBuilder builder;
  builder.Start("start", Id(0));
  constexpr int kBranches = kElements / 2 - 1;
  for (int i = 0; i < kBranches; ++i) {
    const auto child = [](int n) { return n < kBranches ? Id(n) : Numbered("leaf", n); };
    builder.Branch(Id(i), And({Gt(Numbered("body.f", i % 5000), i), Exists("headers.h")}),
                   child(2 * i + 1), child(2 * i + 2));
  }
  for (int i = kBranches; i < 2 * kBranches + 1; ++i) {
    builder.Call(Numbered("leaf", i), "end");
  }
  const auto program = Build(builder.End().Build(), EveryPass());
  ASSERT_NE(program, nullptr);
  // Only the root asks for the header: below its true output the answer is known, elsewhere each
  // asks for itself until known.
  EXPECT_LE(program->code().size(), 2u * kBranches + kBranches + 3u);
  EXPECT_EQ(program->fields().size(), 5001u);
}

TEST(LargeRoutesTest, OneConditionWith100000Tests) {
  GraphBuilder builder;
  std::vector<Condition> tests;
  for (int i = 0; i < kElements; ++i) tests.push_back(Gt("body.n", i));
  const auto program = Build(builder.Start("start", "b")
                                 .Branch("b", Or(std::move(tests)), "m", "end")
                                 .Call("m", "end")
                                 .End()
                                 .Build(),
                             EveryPass());
  ASSERT_NE(program, nullptr);
  EXPECT_EQ(program->code().size(), kElements + 2u);
}

}  // namespace
}  // namespace junctor::compiler
