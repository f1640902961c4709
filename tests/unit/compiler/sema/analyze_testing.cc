// See analyze_testing.h.
#include "tests/unit/compiler/sema/analyze_testing.h"

#include "compiler/diag/catalog.h"
#include "compiler/graph/condition_text.h"

namespace junctor::compiler {

std::string Analysis::codes() const {
  std::string codes;
  for (const Diagnostic& diagnostic : diagnostics) {
    if (!codes.empty()) codes += ' ';
    codes += DiagCodeName(diagnostic.code).substr(2);
  }
  return codes.empty() ? "ok" : codes;
}

Analysis AnalyzeText(const std::string& text, const AnalyzeOptions& options) {
  const Source source("test.json", text);
  DiagnosticSink sink(source);
  Analysis analysis;
  const std::unique_ptr<RouteSyntax> route = ParseRoute(source, {}, &sink);
  if (route != nullptr) analysis.graph = Analyze(*route, source, options, &sink);
  analysis.diagnostics = sink.Take();
  return analysis;
}

std::string RouteWith(const std::string& first, const std::string& elements,
                      const std::string& top) {
  return "{\"name\": \"r\", " + top + R"("elements": [
{"id": "start", "type": "start", "outputs": {"next": {"elementId": ")" +
         first + "\"}}}," + elements + R"(
{"id": "m", "type": "model", "properties": {"provider": "openai", "model": "x"}, "outputs": {"success": {"elementId": "end"}}},
{"id": "end", "type": "end"}]})";
}

std::string RouteWithCondition(const std::string& condition) {
  return RouteWith(
      "c", R"({"id": "c", "type": "conditional", "properties": {"conditions": )" + condition +
               R"(}, "outputs": {"true": {"elementId": "m"}, "false": {"elementId": "m2"}}},
{"id": "m2", "type": "model", "properties": {"provider": "openai", "model": "y"}, "outputs": {"success": {"elementId": "end"}}},)");
}

std::string RouteWithShares(const std::vector<std::string>& names) {
  std::string outputs;
  std::string models;
  for (size_t i = 0; i < names.size(); ++i) {
    const std::string id = "p" + std::to_string(i);
    outputs += (i == 0 ? "\"" : ", \"") + names[i] + "\": {\"elementId\": \"" + id + "\"}";
    models +=
        "{\"id\": \"" + id +
        R"(", "type": "model", "properties": {"provider": "openai", "model": "x"}, "outputs": {"success": {"elementId": "m"}}},)";
  }
  return RouteWith("ab",
                   R"({"id": "ab", "type": "percentage", "outputs": {)" + outputs + "}}," + models);
}

std::string RouteWithRate(const std::string& properties, const std::string& type) {
  return RouteWith("limit", "{\"id\": \"limit\", \"type\": \"" + type + "\", \"properties\": {" +
                                properties + R"(}, "outputs": {"success": {"elementId": "m"}}},)");
}

std::string RouteWithModel(const std::string& properties, const std::string& top, bool fallback) {
  const std::string extra = fallback ? R"(, "fallback": {"elementId": "m"})" : "";
  return RouteWith(
      "a",
      R"({"id": "a", "type": "model", "properties": {"provider": "openai", "model": "y")" +
          (properties.empty() ? "" : ", " + properties) +
          R"(}, "outputs": {"success": {"elementId": "m"})" + extra + "}},",
      top);
}

std::string ConditionOf(const std::string& condition) {
  const Analysis analysis = AnalyzeText(RouteWithCondition(condition));
  if (analysis.graph == nullptr) return analysis.codes();
  return ConditionToText(std::get<BranchNode>(analysis.graph->nodes[1].kind).condition);
}

}  // namespace junctor::compiler
