// Route files as they go to the API.
#include "engine/cli/client/route_file.h"

#include <gtest/gtest.h>

namespace junctor::engine {
namespace {

struct Commented {
  const char* sentence;
  const char* text;
  const char* blank;
};

TEST(RouteFileTest, CommentsAndTrailingCommasBecomeSpaces) {
  const Commented cases[] = {
      {"a line comment", "{ // x, \"y\"\n}", "{          \n}"},
      {"a block over lines", "[/* a\n b */1]", "[    \n     1]"},
      {"slashes in a string stay", R"({"a":"http://x/*y*/"})", R"({"a":"http://x/*y*/"})"},
      {"an escaped quote does not end a string", R"({"a":"\"//"} // c)", R"({"a":"\"//"}     )"},
      {"a trailing comma", "[1,2,]", "[1,2 ]"},
      {"a trailing comma before a comment", "[1, // last\n]", "[1         \n]"},
      {"a comma between values stays", "[1 ,/*,*/ 2]", "[1 ,      2]"},
      {"one space for each character", "[/*é*/1]", "[     1]"},
      {"a comment at the end without a line break", "1//x", "1   "},
      {"line ends of Windows stay", "[ // a\r\n1]", "[     \r\n1]"},
  };
  for (const Commented& one : cases) EXPECT_EQ(BlankComments(one.text), one.blank) << one.sentence;
}

absl::StatusOr<RouteFile> Read(const std::string& text) {
  return ReadRouteFile("r.jsonc", std::make_shared<compiler::Source>("r.jsonc", text));
}

constexpr const char* kElements =
    R"([{"id":"s","type":"start","outputs":{"next":{"elementId":"e"}}},{"id":"e","type":"end"}])";

TEST(RouteFileTest, TheElementsAreTakenWithTheirPlace) {
  const absl::StatusOr<RouteFile> file = Read(
      "// a route\n{\"name\": \"r\", \"description\": \"d\",\n  /* é */ \"elements\": [\n  {}, // "
      "one\n]}");
  ASSERT_TRUE(file.ok()) << file.status();
  EXPECT_EQ(file->name, "r");
  EXPECT_EQ(file->elements, "[\n  {}        \n]");
  EXPECT_EQ(file->first_line, 3U);
  EXPECT_EQ(file->first_column, 23U);
  EXPECT_EQ(file->canonical, "[{}]");
}

TEST(RouteFileTest, SpellingDoesNotMakeAnotherRoute) {
  const absl::StatusOr<RouteFile> one =
      Read(std::string(R"({"name":"r","elements":)") + kElements + "}");
  const absl::StatusOr<RouteFile> other = Read(
      "{\"elements\": [ {\"id\":\"s\", \"type\":\"st\\u0061rt\", // begins\n"
      "\"outputs\":{\"next\":{\"elementId\":\"e\",},},}, {\"id\":\"e\",\"type\":\"end\"}], "
      "\"name\":\"r\"}");
  ASSERT_TRUE(one.ok() && other.ok()) << one.status() << other.status();
  EXPECT_EQ(one->canonical, other->canonical);
}

TEST(RouteFileTest, ADeadlineIsTakenAndMakesAnotherRoute) {
  const std::string rest = std::string("\"elements\":") + kElements + "}";
  const auto with = Read("{\"name\":\"r\",\"deadline\": 1e3 /* ms */,\n" + rest);
  const auto same = Read("{\"name\":\"r\",\"deadline\":1000,\n" + rest);
  const auto without = Read("{\"name\":\"r\",\n" + rest);
  ASSERT_TRUE(with.ok() && same.ok() && without.ok()) << with.status();
  EXPECT_EQ(with->deadline, "1e3");
  EXPECT_EQ(without->deadline, "");
  EXPECT_EQ(with->canonical, same->canonical);
  EXPECT_NE(with->canonical, without->canonical);
}

TEST(RouteFileTest, TheServersPlacesBecomePlacesInTheFile) {
  const absl::StatusOr<RouteFile> file = Read(
      "// a route\n{\"name\": \"r\", \"elements\": [ {\"id\": \"é\", \"x\": 1},\n {\"timout\": 2} "
      "]}");
  ASSERT_TRUE(file.ok()) << file.status();
  ControlError first;
  first.message = "JR0304: unknown key `x`";
  first.diagnostic = "JR0304";
  first.line = 1;
  first.column = 15;
  first.fix = "take it out";
  ControlError second = first;
  second.line = 2;
  second.column = 3;
  second.is_warning = true;
  const std::string text = RenderServerDiagnostics({first, second}, *file, false);
  EXPECT_NE(text.find("r.jsonc:2:41"), std::string::npos) << text;
  EXPECT_NE(text.find("r.jsonc:3:3"), std::string::npos) << text;
  EXPECT_NE(text.find("error[JR0304]: unknown key `x`"), std::string::npos) << text;
  EXPECT_NE(text.find("warning[JR0304]"), std::string::npos) << text;
  EXPECT_NE(text.find("take it out"), std::string::npos) << text;
}

TEST(RouteFileTest, ACodeOfANewerServerIsShownAsItCame) {
  const absl::StatusOr<RouteFile> file =
      Read(std::string(R"({"name":"r","elements":)") + kElements + "}");
  ASSERT_TRUE(file.ok());
  ControlError error;
  error.message = "JR9999: something new";
  error.diagnostic = "JR9999";
  error.line = 1;
  error.column = 2;
  EXPECT_EQ(RenderServerDiagnostics({error}, *file, false),
            "r.jsonc: error: JR9999: something new at line 1, column 2\n");
}

}  // namespace
}  // namespace junctor::engine
