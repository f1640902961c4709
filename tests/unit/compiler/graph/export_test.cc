#include "compiler/graph/export.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "compiler/graph/dump.h"
#include "compiler/graph/node_text.h"
#include "tests/unit/compiler/graph/graph_builder.h"

namespace junctor::compiler {
namespace {

using namespace testing;
using ::testing::HasSubstr;
using ::testing::Not;

FlowGraph Hostile() {
  return GraphBuilder()
      .Start("start", "b")
      .Branch("b", Eq("metadata.x", "\"];<b>&`#%%{\\"), "s", "end")
      .Split("s", {{"50% \"a\"", 500'000, "end"}, {"50% %%b\n", 500'000, "end"}})
      .End()
      .Build();
}

TEST(ToDotTest, QuotesAndBackslashesAreEscaped) {
  const std::string dot = ToDot(Hostile());
  // The constant's JSON text \"];<b>&`#%%{\\ with each quote and backslash escaped once more.
  EXPECT_THAT(dot, HasSubstr(R"(metadata.x eq \"\\\"];<b>&`#%%{\\\\\")"));
  EXPECT_THAT(dot, HasSubstr(R"([label="50% \"a\""])"));
  EXPECT_THAT(dot, HasSubstr(R"([label="50% %%b\n"])"));
}

TEST(ToMermaidTest, NothingEndsALabelOrBeginsAComment) {
  const std::string mermaid = ToMermaid(Hostile());
  EXPECT_THAT(mermaid, HasSubstr("|\"50% #34;a#34;\"|"));
  EXPECT_THAT(mermaid, HasSubstr("|\"50% %#37;b<br/>\"|"));
  EXPECT_THAT(mermaid, HasSubstr("#60;b#62;#38;#96;#35;%#37;{"));
  EXPECT_THAT(mermaid, Not(HasSubstr("%%")));
}

TEST(ExportTest, LongConditionsAreCutBetweenCodePoints) {
  std::string text;
  for (int i = 0; i < 100; ++i) text += "é";
  const FlowGraph graph = GraphBuilder()
                              .Start("start", "b")
                              .Branch("b", Eq("metadata.x", text), "end", "end")
                              .End()
                              .Build();
  EXPECT_THAT(ToDot(graph), HasSubstr("é…\""));
  EXPECT_EQ(Shorten("ééé", 5), "é…");
  EXPECT_EQ(Shorten("abc", 3), "abc");
}

TEST(NodeTextTest, LimitsReadAsPeopleSayThem) {
  LimitNode limit;
  limit.type = LimitType::kCost;
  limit.limit = 2'500'000'000;
  limit.window_seconds = 3600;
  limit.technique = WindowTechnique::kSliding;
  limit.reserve = true;
  limit.keys = {"metadata.org", "metadata.user"};
  EXPECT_EQ(NodeSummary({0, limit}),
            "$2.5 per 3600 s, sliding, reserve, by metadata.org + metadata.user");
  LimitNode count;
  count.limit = 100;
  count.window_seconds = 60;
  EXPECT_EQ(NodeSummary({0, count}), "100 requests per 60 s, fixed");
}

TEST(DumpTest, AGraphIsOneParagraphPerNode) {
  const FlowGraph graph = GraphBuilder("support")
                              .Deadline(9000)
                              .Start("start", "plan")
                              .Branch("plan", Eq("metadata.plan", "pro"), "big", "end")
                              .Call("big", "end")
                              .Call("lost", "end", "big")
                              .End()
                              .Build();
  EXPECT_EQ(DumpGraph(graph),
            "route support, starts at n0, deadline 9000 ms\n"
            "n0 start `start`\n"
            "  next -> n1\n"
            "n1 conditional `plan`: metadata.plan eq \"pro\"\n"
            "  true -> n2\n"
            "  false -> n4\n"
            "n2 model `big`: openai/gpt-big, timeout 60000 ms\n"
            "  success -> n4\n"
            "n3 model `lost`: openai/gpt-lost, timeout 60000 ms (unreachable)\n"
            "  success -> n4\n"
            "  fallback -> n2\n"
            "n4 end `end`\n");
}

}  // namespace
}  // namespace junctor::compiler
