#include "engine/control/route_text.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace junctor::engine {
namespace {

compiler::CompileOptions Strict() {
  compiler::CompileOptions options;
  options.allow_comments = false;
  return options;
}

std::vector<ControlError> Said(const std::string& name, const std::string& elements) {
  return ToControlErrors(CompileElements(name, {elements}, Strict()).diagnostics, name, elements);
}

TEST(RouteText, PutsTheElementsInAsTheyWereSent) {
  EXPECT_EQ(RouteText("a", {"[ 1,\n 2]"}), "{\"name\":\"a\",\"elements\":[ 1,\n 2]}");
  EXPECT_EQ(RouteText("a\"\n", {"[]"}), R"({"name":"a\"\n","elements":[]})");
  EXPECT_EQ(RouteText("a", {"[]", "1e4"}), R"({"name":"a","elements":[],"deadline":1e4})");
}

TEST(RouteText, ItsHashIsThatOfWhatAVersionSaysWithoutTheName) {
  EXPECT_EQ(SourceHash({"[]"}), "4f53cda18c2baa0c0354bb5f9a3ecbe5ed12ab4d8e11ba873c2f11161202b945");
  EXPECT_NE(SourceHash({"[]"}), SourceHash({"[]", "1000"}));
  EXPECT_NE(SourceHash({"[]", "1000"}), SourceHash({"[]", "2000"}));
}

TEST(RouteText, AWrongDeadlineIsToldOfTheDeadlineWithoutAPlace) {
  const std::string elements =
      R"([{"id":"s","type":"start","outputs":{"next":{"elementId":"e"}}},{"id":"e","type":"end"}])";
  const compiler::CompileResult compiled = CompileElements("r", {elements, "\"soon\""}, Strict());
  ASSERT_FALSE(compiled.ok());
  bool found = false;
  for (const ControlError& error : ToControlErrors(compiled.diagnostics, "r", elements)) {
    if (error.is_warning) continue;
    found = true;
    EXPECT_EQ(error.path, (std::vector<std::string>{"body", "deadline"})) << error.message;
    EXPECT_EQ(error.line, 0U);
  }
  EXPECT_TRUE(found);
}

TEST(RouteText, PlacesAreCountedInTheElementsAsTheyWereSent) {
  struct Case {
    const char* sentence;
    const char* elements;
    size_t line;
    size_t column;
  };
  const Case cases[] = {
      {"on the first line", R"([{"id":"s","type":"nothing"}])", 1, 19},
      {"after characters of several bytes", R"([{"id":"ä","type":"nothing"}])", 1, 19},
      {"on a later line", "[\n {\"id\":\"s\",\n  \"type\":\"nothing\"}]", 3, 10},
  };
  for (const Case& one : cases) {
    bool found = false;
    for (const ControlError& error : Said("a-long-name", one.elements)) {
      if (error.message.find("nothing") == error.message.npos) continue;
      found = true;
      EXPECT_EQ(error.line, one.line) << one.sentence;
      EXPECT_EQ(error.column, one.column) << one.sentence;
      EXPECT_EQ(error.path, (std::vector<std::string>{"body", "elements", "0", "type"}));
      EXPECT_EQ(error.message, error.diagnostic + error.message.substr(6)) << one.sentence;
      EXPECT_EQ(error.code, kCodeDiagnostic);
      EXPECT_FALSE(error.is_warning);
      EXPECT_FALSE(error.fix.empty()) << one.sentence;
    }
    EXPECT_TRUE(found) << one.sentence;
  }
}

TEST(RouteText, AWrongNameIsToldOfTheNameWithoutAPlace) {
  const std::vector<ControlError> said =
      Said("no spaces", R"([{"id":"s","type":"start","outputs":{"next":{"elementId":"e"}}},
                            {"id":"e","type":"end"}])");
  ASSERT_EQ(said.size(), 1u);
  EXPECT_EQ(said[0].path, (std::vector<std::string>{"body", "name"}));
  EXPECT_EQ(said[0].line, 0u);
}

TEST(RouteText, CommentsAreRefused) {
  const std::string elements = "[ // why\n]";
  size_t comments = 0;
  for (const ControlError& error : Said("a", elements)) {
    if (error.message.find("comment") == error.message.npos) continue;
    ++comments;
    EXPECT_EQ(error.line, 1u);
    EXPECT_EQ(error.column, 3u);
  }
  EXPECT_EQ(comments, 1u);
}

TEST(RouteText, ABodyThatIsNotQuiteJsonHasItsElementsFound) {
  const auto route =
      ReadLeniently("{ // a route\n \"elements\": [1, /* two */ 2,], \"name\": \"a\"}");
  ASSERT_TRUE(route.has_value());
  EXPECT_EQ(route->name, "a");
  EXPECT_EQ(route->elements, "[1, /* two */ 2,]");
  for (const char* body : {"", "{", "[]", "{\"elements\": {}}", "{\"name\": \"a\"}", "\xff"}) {
    EXPECT_FALSE(ReadLeniently(body).has_value()) << body;
  }
}

}  // namespace
}  // namespace junctor::engine
