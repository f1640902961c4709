// Every diagnostic as people see it: each JR<code>-<slug>.json (strict JSON, as the admin API takes
// it) or .jsonc (as files on disk are read) is checked, and the whole rendered text compared with
// its .expect. Texts too large for a file are made here. JUNCTOR_REBASE=1 in the environment writes
// the .expect files; review them like code.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidjson/document.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>
#include <map>
#include <set>
#include <sstream>
#include <string>

#include "compiler/diag/catalog.h"
#include "compiler/diag/render.h"
#include "compiler/sema/analyze.h"
#include "compiler/source/limits.h"
#include "compiler/syntax/parser.h"

namespace junctor::compiler {
namespace {

namespace fs = std::filesystem;

// Texts above it are not checked again for each fix.
constexpr size_t kLargeText = 10'000;

// A text to check, and how.
struct Case {
  std::string text;
  bool strict = false;
};

// What came of it.
struct Checked {
  std::unique_ptr<Source> source;
  std::vector<Diagnostic> diagnostics;
  bool has_graph = false;
};

fs::path Folder() {
  const char* root = std::getenv("JUNCTOR_SOURCE_DIR");
  return fs::path(root == nullptr ? "." : root) / "tests" / "golden" / "diagnostics";
}

std::string ReadFile(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

// A route around one conditional element with `condition`.
std::string WithCondition(const std::string& condition) {
  return R"({"name": "sample", "elements": [
  {"id": "start", "type": "start", "outputs": {"next": {"elementId": "c"}}},
  {"id": "c", "type": "conditional", "properties": {"conditions": )" +
         condition +
         R"(}, "outputs": {"true": {"elementId": "gpt"}, "false": {"elementId": "mini"}}},
  {"id": "gpt", "type": "model", "properties": {"provider": "openai", "model": "a"}, "outputs": {"success": {"elementId": "end"}}},
  {"id": "mini", "type": "model", "properties": {"provider": "openai", "model": "b"}, "outputs": {"success": {"elementId": "end"}}},
  {"id": "end", "type": "end"}]})";
}

std::string Repeat(size_t count, const std::function<std::string(size_t)>& item) {
  std::string list;
  for (size_t i = 0; i < count; ++i) list += (i == 0 ? "" : ",") + item(i);
  return list;
}

// The texts that are too large for files, by the name of their case.
std::map<std::string, Case> GeneratedCases() {
  auto number = [](size_t i) { return std::to_string(i); };
  std::map<std::string, Case> cases;
  cases["JR0601-17-mebibytes"].text = "{" + std::string(kMaxRouteTextBytes, ' ') + "}";
  cases["JR0602-elements"].text = "{\"name\": \"sample\", \"elements\": [" +
                                  Repeat(kMaxElements + 1, [](size_t) { return "{}"; }) + "]}";
  cases["JR0604-string"].text =
      WithCondition("{\"body.prompt\": \"" + std::string(kMaxStringBytes + 1, 'a') + "\"}");
  cases["JR0605-in"].text =
      WithCondition("{\"body.user\": {\"$in\": [" + Repeat(kMaxSetValues + 1, number) + "]}}");
  cases["JR0607-values"].text = "[" + Repeat(kMaxJsonValues, [](size_t) { return "0"; }) + "]";
  cases["JR0610-many-errors"].text = "{\"name\": \"sample\", \"elements\": [" +
                                     Repeat(400, [](size_t) { return "{\"a\":1}"; }) + "]}";
  cases["JR0611-fields"].text = WithCondition(
      "{\"$or\": [" +
      Repeat(kMaxFields + 1, [](size_t i) { return "{\"body.f" + std::to_string(i) + "\":1}"; }) +
      "]}");
  cases["JR0613-patterns"].text = WithCondition(
      "{\"$or\": [" +
      Repeat(10'001,
             [](size_t i) { return "{\"body.f\":{\"$regex\":\"x" + std::to_string(i) + "\"}}"; }) +
      "]}");
  return cases;
}

std::map<std::string, Case> AllCases() {
  std::map<std::string, Case> cases = GeneratedCases();
  for (const fs::directory_entry& entry : fs::directory_iterator(Folder())) {
    const std::string extension = entry.path().extension();
    if (extension != ".json" && extension != ".jsonc") continue;
    cases[entry.path().stem()] = {ReadFile(entry.path()), extension == ".json"};
  }
  return cases;
}

Checked Check(const std::string& name, const Case& one) {
  Checked checked;
  checked.source = std::make_unique<Source>(name + (one.strict ? ".json" : ".jsonc"), one.text);
  DiagnosticSink sink(*checked.source);
  ParseOptions parse;
  parse.allow_comments = !one.strict;
  AnalyzeOptions analyze;
  analyze.known_providers = {"openai", "anthropic", "demo"};
  analyze.is_priced = [](std::string_view, std::string_view model) { return model != "unpriced"; };
  const std::unique_ptr<RouteSyntax> route = ParseRoute(*checked.source, parse, &sink);
  if (route != nullptr)
    checked.has_graph = Analyze(*route, *checked.source, analyze, &sink) != nullptr;
  checked.diagnostics = sink.Take();
  return checked;
}

// Every case, checked once.
const std::map<std::string, Checked>& AllChecked() {
  static const auto* const all = [] {
    auto* checked = new std::map<std::string, Checked>();
    for (const auto& [name, one] : AllCases()) (*checked)[name] = Check(name, one);
    return checked;
  }();
  return *all;
}

DiagCode CodeOf(const std::string& name) { return ParseDiagCode(name.substr(0, 6)).value(); }

TEST(DiagnosticsGolden, TextIsAsRecorded) {
  const bool rebase = std::getenv("JUNCTOR_REBASE") != nullptr;
  for (const auto& [name, checked] : AllChecked()) {
    SCOPED_TRACE(name);
    const std::string text = RenderText(checked.diagnostics, *checked.source);
    const fs::path expect = Folder() / (name + ".expect");
    if (rebase) {
      std::ofstream(expect, std::ios::binary) << text;
    } else {
      EXPECT_EQ(text, ReadFile(expect));
    }
  }
}

TEST(DiagnosticsGolden, EachCaseShowsTheCodeOfItsName) {
  for (const auto& [name, checked] : AllChecked()) {
    SCOPED_TRACE(name);
    std::set<DiagCode> codes;
    size_t errors = 0;
    for (const Diagnostic& diagnostic : checked.diagnostics) {
      codes.insert(diagnostic.code);
      if (diagnostic.severity == Severity::kError) ++errors;
    }
    EXPECT_TRUE(codes.contains(CodeOf(name)));
    EXPECT_EQ(checked.has_graph, errors == 0);
  }
}

TEST(DiagnosticsGolden, EveryCodeHasACase) {
  std::set<DiagCode> covered;
  for (const auto& [name, checked] : AllChecked()) covered.insert(CodeOf(name));
  for (const DiagnosticInfo& info : AllDiagnostics()) {
    // No text is known that the checks let pass and the verifier refuses: it would be a bug.
    if (info.code == DiagCode::kProgramRefused) continue;
    EXPECT_TRUE(covered.contains(info.code)) << DiagCodeName(info.code) << " " << info.title;
  }
}

TEST(DiagnosticsGolden, JsonFormSaysTheSame) {
  for (const auto& [name, checked] : AllChecked()) {
    SCOPED_TRACE(name);
    rapidjson::Document json;
    json.Parse<rapidjson::kParseIterativeFlag | rapidjson::kParseValidateEncodingFlag>(
        RenderJson(checked.diagnostics, name).c_str());
    ASSERT_FALSE(json.HasParseError());
    EXPECT_EQ(json["file"].GetString(), name);
    const auto& list = json["diagnostics"];
    ASSERT_EQ(list.Size(), checked.diagnostics.size());
    EXPECT_EQ(json["errors"].GetUint() + json["warnings"].GetUint(), list.Size());
    for (rapidjson::SizeType i = 0; i < list.Size(); ++i) {
      const Diagnostic& diagnostic = checked.diagnostics[i];
      EXPECT_EQ(list[i]["code"].GetString(), DiagCodeName(diagnostic.code));
      EXPECT_EQ(list[i]["message"].GetString(), diagnostic.message);
      EXPECT_EQ(list[i]["line"].GetUint(), diagnostic.line);
      EXPECT_EQ(list[i]["column"].GetUint(), diagnostic.column);
      EXPECT_EQ(list[i]["pointer"].GetString(), diagnostic.pointer);
      EXPECT_EQ(list[i]["span"]["start"].GetUint(), diagnostic.span.begin);
      EXPECT_EQ(list[i]["fix"].IsObject(), diagnostic.fix.has_value());
    }
  }
}

// The wording rules that a machine can hold: one line, lower case, no full stop, and a help
// wherever it can be known.
TEST(DiagnosticsGolden, MessagesKeepTheWordingRules) {
  for (const auto& [name, checked] : AllChecked()) {
    for (const Diagnostic& diagnostic : checked.diagnostics) {
      SCOPED_TRACE(name + ": " + diagnostic.message);
      ASSERT_FALSE(diagnostic.message.empty());
      EXPECT_FALSE(diagnostic.message[0] >= 'A' && diagnostic.message[0] <= 'Z' &&
                   !diagnostic.message.starts_with("JSON"));
      EXPECT_NE(diagnostic.message.back(), '.');
      EXPECT_EQ(diagnostic.message.find('\n'), std::string::npos);
      for (const char* word : {"illegal", "please", "oops", " bad "}) {
        EXPECT_EQ(diagnostic.message.find(word), std::string::npos);
      }
      EXPECT_TRUE(!diagnostic.help.empty() || diagnostic.code == DiagCode::kUnexpectedToken);
      EXPECT_GT(diagnostic.line, 0u);
      EXPECT_GT(diagnostic.column, 0u);
    }
  }
}

// A fix that a machine may apply takes its own finding away.
TEST(DiagnosticsGolden, CertainFixesCure) {
  for (const auto& [name, one] : AllCases()) {
    if (one.text.size() > kLargeText) continue;
    for (const Diagnostic& diagnostic : AllChecked().at(name).diagnostics) {
      if (!diagnostic.fix.has_value() || !diagnostic.fix->certain) continue;
      SCOPED_TRACE(name + ": " + diagnostic.message);
      std::string fixed = one.text;
      fixed.replace(diagnostic.fix->span.begin,
                    diagnostic.fix->span.end - diagnostic.fix->span.begin, diagnostic.fix->text);
      for (const Diagnostic& left : Check(name, {fixed, one.strict}).diagnostics) {
        EXPECT_FALSE(left.code == diagnostic.code && left.span.begin == diagnostic.span.begin &&
                     left.message == diagnostic.message);
      }
    }
  }
}

}  // namespace
}  // namespace junctor::compiler
