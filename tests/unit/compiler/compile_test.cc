#include "compiler/compile.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "compiler/diag/render.h"
#include "runtime/program/disassembler.h"

namespace junctor::compiler {
namespace {

using ::testing::HasSubstr;

// A route of a start, `elements`, and an end called `end`.
std::string Route(const std::string& first, const std::string& elements) {
  return absl::StrCat(R"({"name": "test", "elements": [
    {"id": "start", "type": "start", "outputs": {"next": {"elementId": ")",
                      first, R"("}}},)", elements, R"(
    {"id": "end", "type": "end"}]})");
}

constexpr char kModel[] =
    R"({"id": "m", "type": "model", "properties": {"provider": "openai", "model": "gpt-4o-mini"},
        "outputs": {"success": {"elementId": "end"}}},)";

std::string Messages(const CompileResult& result) {
  return RenderText(result.diagnostics, *result.source);
}

TEST(CompileTest, ARouteBecomesAProgramAndKeepsItsGraph) {
  const CompileResult result = Compile("test.json", Route("m", kModel), {});
  ASSERT_TRUE(result.ok()) << Messages(result);
  EXPECT_EQ(result.program->route_name(), "test");
  EXPECT_EQ(result.program->code().size(), 2u);
  EXPECT_EQ(result.graph->nodes.size(), 3u);
  EXPECT_EQ(result.program->bounds().longest_path, 3u);
  EXPECT_NE(result.program->parts().source_hash, 0u);
  EXPECT_EQ(result.CountOf(Severity::kError), 0u);
}

TEST(CompileTest, AWrongRouteBecomesDiagnosticsOnly) {
  for (const std::string& text :
       {std::string(), std::string("{"), std::string("[]"), Route("nowhere", kModel)}) {
    const CompileResult result = Compile("test.json", text, {});
    EXPECT_FALSE(result.ok());
    EXPECT_EQ(result.graph, nullptr);
    EXPECT_GT(result.CountOf(Severity::kError), 0u);
    EXPECT_NE(result.source, nullptr);
  }
}

TEST(CompileTest, R2BothSpellingsCompileToTheSameCode) {
  const auto text = [](const char* type, const char* limit_type, const char* window,
                       const char* conditions) {
    return Route("r", absl::StrCat(R"(
        {"id": "r", "type": ")",
                                   type, R"(", "properties": {)", limit_type,
                                   R"("key": "metadata.user", "limit": 5, ")", window, R"(": 60},
         "outputs": {"success": {"elementId": "c"}}},
        {"id": "c", "type": "conditional", "properties": {")",
                                   conditions, R"(": {"body.stream": true}},
         "outputs": {"true": {"elementId": "m"}, "false": {"elementId": "end"}}},)",
                                   kModel));
  };
  constexpr char kCount[] = R"("limitType": "count", )";
  constexpr char kCost[] = R"("limitType": "cost", )";
  const auto code = [](const std::string& route) {
    const CompileResult result = Compile("test.json", route, {});
    EXPECT_TRUE(result.ok()) << Messages(result);
    if (!result.ok()) return std::string();
    // The first line alone names the hash of the text.
    const std::string listing = Disassemble(*result.program);
    return listing.substr(listing.find('\n'));
  };
  const std::string canonical = code(text("rate", kCount, "window", "conditions"));
  EXPECT_EQ(canonical, code(text("rate_limit", kCount, "interval", "condition")));
  const std::string cost = code(text("rate", kCost, "window", "conditions"));
  EXPECT_EQ(cost, code(text("budget_limit", "", "interval", "condition")));
  EXPECT_NE(canonical, cost);
}

TEST(CompileTest, LayoutAndCommentsOfTheTextDoNotChangeTheCode) {
  const CompileResult a = Compile("a", Route("m", kModel), {});
  const CompileResult b = Compile("b", "// a comment\n" + Route("m", kModel), {});
  ASSERT_TRUE(a.ok() && b.ok());
  EXPECT_NE(a.program->parts().source_hash, b.program->parts().source_hash);
  EXPECT_EQ(a.program->code().size(), b.program->code().size());
  CompileOptions strict;
  strict.allow_comments = false;
  EXPECT_FALSE(Compile("b", "// a comment\n" + Route("m", kModel), strict).ok());
}

TEST(CompileTest, OptimisationCanBeSwitchedOffWholeOrByPass) {
  std::string branches;
  for (int i = 0; i < 4; ++i) {
    const std::string next = i == 3 ? "end" : absl::StrCat("b", i + 1);
    absl::StrAppend(&branches, R"({"id": "b)", i, R"(", "type": "conditional", "properties": {
        "conditions": {"metadata.plan": "p)",
                    i, R"("}}, "outputs": {"true": {"elementId": "m"},
        "false": {"elementId": ")",
                    next, R"("}}},)");
  }
  const std::string text = Route("b0", branches + kModel);
  EXPECT_EQ(Compile("t", text, {}).program->code().size(), 3u);
  CompileOptions plain;
  plain.optimise = false;
  EXPECT_EQ(Compile("t", text, plain).program->code().size(), 6u);
  CompileOptions without_switches;
  without_switches.passes.reset(*FindPass("build_switches"));
  EXPECT_EQ(Compile("t", text, without_switches).program->code().size(), 6u);
}

TEST(CompileTest, AProgramThatMayNotRunIsADiagnostic) {
  // More tests on the elements of an array than a program may have: 2^20.
  constexpr std::string_view kLetters =
      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_";
  std::string tests;
  for (size_t i = 0; i <= (1u << 20); ++i) {
    tests += i == 0 ? "{\"" : ",{\"";
    for (size_t rest = i; rest > 0; rest /= 64) tests += kLetters[rest % 64];
    tests += "x\":1}";
  }
  const std::string text =
      Route("b", absl::StrCat(R"({"id": "b", "type": "conditional", "properties": {"conditions":
            {"body.list": {"$elemMatch": {"$or": [)",
                              tests, R"(]}}}}, "outputs": {"true": {"elementId": "m"},
            "false": {"elementId": "end"}}},)",
                              kModel));
  const CompileResult result = Compile("test.json", text, {});
  EXPECT_FALSE(result.ok());
  EXPECT_EQ(result.graph, nullptr);
  ASSERT_EQ(result.CountOf(Severity::kError), 1u) << Messages(result);
  EXPECT_EQ(result.diagnostics[0].code, DiagCode::kProgramRefused);
  EXPECT_THAT(result.diagnostics[0].message, HasSubstr("too many matcher nodes"));
}

TEST(CompileTest, ManyThreadsCompileAtOnce) {
  const std::string text = Route("m", kModel);
  const std::string expected = Disassemble(*Compile("t", text, {}).program);
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&text, &expected] {
      for (int round = 0; round < 20; ++round) {
        EXPECT_EQ(Disassemble(*Compile("t", text, {}).program), expected);
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
}

}  // namespace
}  // namespace junctor::compiler
