// Rules about the graph as a whole (R6–R9).
#include <gtest/gtest.h>

#include <string>

#include "tests/unit/compiler/sema/analyze_testing.h"

namespace junctor::compiler {
namespace {

std::string Model(const std::string& id, const std::string& success,
                  const std::string& fallback = "") {
  return "{\"id\": \"" + id +
         R"(", "type": "model", "properties": {"provider": "p", "model": "x"}, "outputs": {"success": {"elementId": ")" +
         success + "\"}" +
         (fallback.empty() ? "" : ", \"fallback\": {\"elementId\": \"" + fallback + "\"}") + "}},";
}

TEST(Links, R6OneStartAndKnownTargets) {
  EXPECT_EQ(AnalyzeText(RouteWith("nowhere", "")).codes(), "0304");
  EXPECT_EQ(AnalyzeText(RouteWith("m", Model("a", "start"))).codes(), "0305");
  EXPECT_EQ(
      AnalyzeText(
          RouteWith("m",
                    R"({"id": "s2", "type": "start", "outputs": {"next": {"elementId": "m"}}},)"))
          .codes(),
      "0504");
  EXPECT_EQ(AnalyzeText(R"({"name": "r", "elements": [{"id": "end", "type": "end"}]})").codes(),
            "0502");
}

TEST(Links, NoErrorIsCausedOnlyByAnother) {
  // The element with the misspelt type may be the start.
  EXPECT_EQ(
      AnalyzeText(
          R"({"name": "r", "elements": [{"id": "s", "type": "strat", "outputs": {"next": {"elementId": "e"}}}, {"id": "e", "type": "end"}]})")
          .codes(),
      "0207");
  // The element without an id may be the one that is meant.
  EXPECT_EQ(
      AnalyzeText(
          RouteWith(
              "x",
              R"({"type": "model", "properties": {"provider": "p", "model": "x"}, "outputs": {"success": {"elementId": "end"}}},)"))
          .codes(),
      "0202");
  // What only the damaged link leads to is not called unreachable.
  EXPECT_EQ(AnalyzeText(RouteWith("mm", "")).codes(), "0304");
  // A value that is no JSON is one error, whatever was expected there.
  EXPECT_EQ(AnalyzeText(RouteWithModel("\"timeout\": 01")).codes(), "0114");
  EXPECT_EQ(AnalyzeText(RouteWithCondition("{\"body.n\": {\"$size\": 0x10}}")).codes(), "0114");
}

TEST(Cycles, R7PrintsTheWholeLoop) {
  const Analysis two = AnalyzeText(RouteWith("a", Model("a", "end", "b") + Model("b", "m", "a")));
  ASSERT_EQ(two.codes(), "0501");
  EXPECT_EQ(two.diagnostics[0].message, "elements form a cycle: `a → b → a`");
  EXPECT_EQ(two.diagnostics[0].pointer, "/elements/2/outputs/fallback/elementId");
  EXPECT_EQ(AnalyzeText(RouteWith("a", Model("a", "a"))).diagnostics.at(0).message,
            "elements form a cycle: `a → a`");
  // Also where nothing reaches it, and each loop by itself.
  EXPECT_EQ(
      AnalyzeText(RouteWith("m", Model("a", "b") + Model("b", "a") + Model("c", "c"))).codes(),
      "0501 0501");
}

TEST(Cycles, R7TwoWaysToOneElementAreNoCycle) {
  EXPECT_EQ(AnalyzeText(RouteWith("a", Model("a", "b", "m") + Model("b", "m", "m"))).codes(), "ok");
}

TEST(Reachability, R8WarnsAndGoesOn) {
  const Analysis unreached = AnalyzeText(RouteWith("m", Model("a", "b") + Model("b", "end")));
  EXPECT_EQ(unreached.codes(), "0503 0503");
  EXPECT_NE(unreached.graph, nullptr);
  EXPECT_EQ(AnalyzeText(RouteWith("end", "")).codes(), "0505 0503");
  const std::string two_ways =
      R"({"id": "c", "type": "conditional", "properties": {"conditions": {"body.a": 1}},
    "outputs": {"true": {"elementId": "end"}, "false": {"elementId": "end2"}}}, {"id": "end2", "type": "end"},)" +
      Model("x", "end");
  // Once per route.
  EXPECT_EQ(AnalyzeText(RouteWith("c", two_ways)).codes(), "0505 0503 0503");
}

TEST(Graph, R9AllErrorsInOneRun) {
  const Analysis all = AnalyzeText(R"({"name": "a b", "deadline": 0, "elements": [
    {"id": "start", "type": "start", "outputs": {"next": {"elementId": "a"}}},
    {"id": "a", "type": "modle", "outputs": {}},
    {"id": "b", "type": "model", "properties": {"provider": "p", "timeout": "5"}, "outputs": {"success": {"elementId": "zzzzzz"}}},
    {"id": "b", "type": "end", "properties": {"x": 1}}]})");
  EXPECT_EQ(all.codes(), "0302 0411 0207 0202 0203 0304 0306 0208");
  EXPECT_EQ(all.graph, nullptr);
}

TEST(Graph, HasOneNodePerElement) {
  const Analysis analysis =
      AnalyzeText(RouteWith("a", Model("a", "m", "end"), "\"description\": \"d\", "));
  ASSERT_NE(analysis.graph, nullptr);
  const FlowGraph& graph = *analysis.graph;
  EXPECT_EQ(graph.route_name, "r");
  EXPECT_EQ(graph.description, "d");
  ASSERT_EQ(graph.nodes.size(), 4u);
  EXPECT_EQ(graph.start, 0u);
  EXPECT_EQ(std::get<StartNode>(graph.nodes[0].kind).next, 1u);
  EXPECT_EQ(std::get<CallNode>(graph.nodes[1].kind).on_success, 2u);
  EXPECT_EQ(std::get<CallNode>(graph.nodes[1].kind).on_fallback, 3u);
  EXPECT_EQ(std::get<CallNode>(graph.nodes[2].kind).on_fallback, kNoNode);
  for (uint32_t i = 0; i < graph.nodes.size(); ++i) EXPECT_EQ(graph.nodes[i].element, i);
}

}  // namespace
}  // namespace junctor::compiler
