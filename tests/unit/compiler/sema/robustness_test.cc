// Damaged routes: whatever is cut off or changed, there are diagnostics or a graph, never a crash;
// and large routes cost in proportion.
#include <gtest/gtest.h>

#include <random>
#include <string>

#include "compiler/diag/render.h"
#include "compiler/source/limits.h"
#include "tests/unit/compiler/sema/analyze_testing.h"

namespace junctor::compiler {
namespace {

std::string Sample() {
  return R"({"name": "sample", "description": "é \u00e9", "deadline": 60000, // a comment
"elements": [
{"id": "start", "type": "start", "outputs": {"next": {"elementId": "c"}}},
{"id": "c", "type": "conditional", "properties": {"conditions": {"$or": [{"metadata.plan": {"$in": ["a", "b"]}},
  {"body.messages": {"$elemMatch": {"role": "user", "content": {"$regex": "x+", "$options": "i"}}}},
  {"request.hour_utc": {"$gte": 8, "$lt": 1.8e1}}]}}, "outputs": {"true": {"elementId": "l"}, "false": {"elementId": "p"}}},
{"id": "l", "type": "rate_limit", "properties": {"limitType": "count", "limit": 100, "interval": 3600, "key": ["metadata.u"]},
  "outputs": {"success": {"elementId": "m"}, "fallback": {"elementId": "n"}}},
{"id": "p", "type": "percentage", "properties": {"key": "metadata.u"}, "outputs": {"10% new": {"elementId": "m"}, "else": {"elementId": "n"}}},
{"id": "m", "type": "model", "properties": {"provider": "openai", "model": "x", "retries": 2, "timeout": 1000, "params": {"temperature": 0}},
  "outputs": {"success": {"elementId": "end"}, "fallback": {"elementId": "n"}}},
{"id": "n", "type": "model", "properties": {"provider": "demo", "model": "y"}, "outputs": {"success": {"elementId": "end"}}},
{"id": "end", "type": "end"}]})";
}

// Runs the whole front end and both renderings.
void Exercise(const std::string& text) {
  const Source source("x", text);
  DiagnosticSink sink(source);
  const std::unique_ptr<RouteSyntax> route = ParseRoute(source, {}, &sink);
  std::unique_ptr<FlowGraph> graph;
  if (route != nullptr) graph = Analyze(*route, source, {}, &sink);
  const bool errors = sink.error_count() > 0;
  const std::vector<Diagnostic> diagnostics = sink.Take();
  ASSERT_EQ(graph == nullptr, errors) << text;
  for (const Diagnostic& diagnostic : diagnostics) {
    ASSERT_LE(diagnostic.span.begin, diagnostic.span.end) << text;
    ASSERT_LE(diagnostic.span.end, text.size()) << text;
    ASSERT_FALSE(diagnostic.message.empty());
  }
  RenderText(diagnostics, source);
  RenderJson(diagnostics, "x");
}

TEST(Robustness, TheSampleIsARoute) { EXPECT_EQ(AnalyzeText(Sample()).codes(), "ok"); }

TEST(Robustness, EveryPrefixGivesDiagnostics) {
  const std::string sample = Sample();
  for (size_t length = 0; length < sample.size(); ++length) {
    const Analysis analysis = AnalyzeText(sample.substr(0, length));
    ASSERT_EQ(analysis.graph, nullptr) << length;
    ASSERT_FALSE(analysis.diagnostics.empty()) << length;
    Exercise(sample.substr(0, length));
  }
}

TEST(Robustness, RandomChangesNeverCrash) {
  const std::string sample = Sample();
  const std::string alphabet = "{}[]\",:.0-9eE+$%\\ua/*#'\n\t \x01\x80\xC3\xFF";
  std::mt19937 random(20'240'817);
  for (int round = 0; round < 4000; ++round) {
    std::string text = sample;
    const int changes = 1 + static_cast<int>(random() % 4);
    for (int i = 0; i < changes; ++i) {
      const size_t at = random() % text.size();
      const char byte =
          random() % 8 == 0 ? static_cast<char>(random()) : alphabet[random() % alphabet.size()];
      switch (random() % 4) {
        case 0:
          text[at] = byte;
          break;
        case 1:
          text.insert(at, 1, byte);
          break;
        case 2:
          text.erase(at, 1 + random() % 8);
          break;
        default:
          text.insert(at, text.substr(random() % text.size(), random() % 40));
          break;
      }
      if (text.empty()) text = " ";
    }
    Exercise(text);
  }
}

// A chain of conditional elements to one model, in so few bytes that kMaxElements of them fit into
// a text.
std::string LargeRoute(size_t count) {
  std::string elements;
  for (size_t i = 0; i < count; ++i) {
    const std::string next = i + 1 < count ? "c" + std::to_string(i + 1) : "m2";
    elements +=
        "{\"id\":\"c" + std::to_string(i) +
        R"(","type":"conditional","properties":{"conditions":{"metadata.p":)" + std::to_string(i) +
        R"(}},"outputs":{"true":{"elementId":"m"},"false":{"elementId":")" + next + "\"}}},\n";
  }
  elements +=
      R"({"id": "m2", "type": "model", "properties": {"provider": "p", "model": "x"}, "outputs": {"success": {"elementId": "end"}}},)";
  return RouteWith("c0", elements);
}

TEST(Robustness, R4ALargeRouteCostsInProportion) {
  // Not timed: a quadratic check would run into the test's own time limit.
  EXPECT_EQ(AnalyzeText(LargeRoute(kMaxElements - 4)).codes(), "ok");
}

TEST(Robustness, R9ManyErrorsCostInProportion) {
  std::string text = LargeRoute(20'000);
  // Every link of the chain is misspelt, close to thousands of ids.
  const std::string link = R"("false":{"elementId":"c)";
  for (size_t at = text.find(link); at != std::string::npos; at = text.find(link, at + 1)) {
    text[at + link.size() - 1] = 'd';
  }
  const Analysis analysis = AnalyzeText(text);
  EXPECT_EQ(analysis.graph, nullptr);
  EXPECT_EQ(analysis.diagnostics.size(), kMaxFindings + 1);
}

}  // namespace
}  // namespace junctor::compiler
