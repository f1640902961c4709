// JSON with places, and what is said of text that is none (R3). How findings look is in
// tests/golden/diagnostics.
#include "compiler/syntax/json_parser.h"

#include <gtest/gtest.h>

#include <string>

#include "compiler/diag/catalog.h"
#include "compiler/syntax/parser.h"

namespace junctor::compiler {
namespace {

// The codes of what is reported, with line:column each; "tree" in front where there is a tree.
std::string Findings(std::string_view text, bool allow_comments) {
  const Source source("x", std::string(text));
  DiagnosticSink sink(source);
  std::string result =
      JsonParser(source, allow_comments, &sink).Parse() != nullptr ? "tree" : "none";
  for (const Diagnostic& diagnostic : sink.Take()) {
    result += " " + DiagCodeName(diagnostic.code).substr(2) + "@" +
              std::to_string(diagnostic.line) + ":" + std::to_string(diagnostic.column);
  }
  return result;
}

TEST(JsonParser, R3SaysWhatIsWrongWhere) {
  const struct {
    const char* name;
    std::string_view text;
    const char* strict;
  } cases[] = {
      {"an object", "{\"a\": [1, -2.5e3, true, false, null, \"x\\u00e9\\n\"]}", "tree"},
      {"a scalar", " 5 ", "tree"},
      {"nothing", "", "none 0122@1:1"},
      {"a byte order mark", "\xEF\xBB\xBF{}", "tree 0102@1:1"},
      {"UTF-16", std::string_view("\xFF\xFE{\0", 4), "none 0101@1:1"},
      {"invalid UTF-8 in a string", "[\"\xFF\", \"\xC3\"]", "tree 0101@1:3 0101@1:8"},
      {"a duplicate key", "{\"a\": 1, \"a\": 2}", "tree 0103@1:10"},
      {"a duplicate key behind an escape", "{\"a\": 1, \"\\u0061\": 2}", "tree 0103@1:10"},
      {"a missing value", "{\"a\": }", "none 0104@1:7"},
      {"a key that is a number", "{5: 1}", "tree 0110@1:2"},
      {"a missing comma in an array", "[1 2]", "tree 0105@1:3"},
      {"a missing comma in an object", "{\"a\": 1 \"b\": 2}", "tree 0105@1:8"},
      {"a trailing comma in an array", "[1,]", "tree 0106@1:3"},
      {"a leading comma", "[,1]", "tree 0106@1:2"},
      {"two commas", "[1,,2]", "tree 0106@1:4"},
      {"a comma alone", "[,]", "tree 0106@1:2"},
      {"an open array", "[1, [2", "none 0107@1:7"},
      {"an open object", "{\"a\": {", "none 0107@1:8"},
      {"the wrong bracket", "[1}", "none 0108@1:3"},
      {"a missing colon", "{\"a\" 1}", "tree 0109@1:5"},
      {"an equals sign", "{\"a\" = 1, \"b\" => 2}", "tree 0109@1:6 0109@1:15"},
      {"a key without quotes", "{a: 1}", "tree 0110@1:2"},
      {"a string without quotes", "{\"a\": gpt-4o.mini}", "tree 0110@1:7"},
      {"single quotes", "{'a': 'b'}", "tree 0111@1:2 0111@1:7"},
      {"an open single quote", "['a]", "none 0111@1:2"},
      {"Python's literals", "[True, False, None]", "tree 0112@1:2 0112@1:8 0112@1:15"},
      {"JavaScript's", "[undefined, NaN, Infinity, -Infinity]",
       "tree 0112@1:2 0113@1:13 0113@1:18 0113@1:28"},
      {"numbers that are none", "[01, +1, .5, 1., 1e, 0x1F, --1, 1.2.3]",
       "tree 0114@1:2 0114@1:6 0114@1:10 0114@1:14 0114@1:18 0114@1:22 0114@1:28 0114@1:33"},
      {"a comment", "// a\n[1] /* b */", "tree 0115@1:1 0115@2:5"},
      {"an open comment", "[1 /* a", "none 0116@1:4"},
      {"an open string", "[\"a]", "none 0117@1:2"},
      {"a string over two lines", "[\"a\nb\"]", "none 0117@1:2"},
      {"a raw tab", "[\"a\tb\"]", "tree 0118@1:4"},
      {"a NUL byte in a string", std::string_view("[\"a\0b\"]", 7), "tree 0118@1:4"},
      {"a NUL byte outside", std::string_view("[1]\0", 4), "tree 0123@1:4"},
      {"an unknown escape", "[\"\\d\"]", "tree 0119@1:3"},
      {"a short unicode escape", "[\"\\u12\"]", "tree 0119@1:3"},
      {"a high surrogate alone", "[\"\\ud800\"]", "tree 0120@1:3"},
      {"a low surrogate alone", "[\"\\udc00x\"]", "tree 0120@1:3"},
      {"a pair", "[\"\\ud83d\\ude00\"]", "tree"},
      {"text behind", "{} x", "tree 0121@1:4"},
      {"a bracket too many", "{}}", "tree 0121@1:3"},
      {"a stray character", "[1; 2]", "tree 0105@1:3 0123@1:3"},
      {"a backslash at the end", "\"\\", "none 0117@1:1"},
  };
  for (const auto& c : cases) EXPECT_EQ(Findings(c.text, false), c.strict) << c.name;
}

TEST(JsonParser, R3AcceptsCommentsAndTrailingCommasOnDisk) {
  EXPECT_EQ(Findings("// a\n[1, /* b */ 2,] // c", true), "tree");
  EXPECT_EQ(Findings("{\"a\": 1,}", true), "tree");
  EXPECT_EQ(Findings("[1,,]", true), "tree 0106@1:4");
  EXPECT_EQ(Findings("[,]", true), "tree 0106@1:2");
  EXPECT_EQ(Findings("# a\n[1]", true), "tree 0115@1:1");
}

TEST(JsonParser, DecodesStringsAndKnowsPlaces) {
  const std::string text = R"({"a~b/c": ["\ud83d\ude00\"\\\/\b\f\n\r\té", 1]})";
  const Source source("x", text);
  DiagnosticSink sink(source);
  const std::unique_ptr<JsonTree> tree = JsonParser(source, false, &sink).Parse();
  ASSERT_NE(tree, nullptr);
  const JsonMember& member = tree->root->members()[0];
  EXPECT_EQ(member.key, "a~b/c");
  EXPECT_EQ(source.TextOf(member.key_span), "\"a~b/c\"");
  const JsonValue& string = *member.value->items()[0];
  EXPECT_EQ(string.text, "😀\"\\/\b\f\n\r\té");
  EXPECT_EQ(JsonPointerOf(*member.value->items()[1]), "/a~0b~1c/1");
  EXPECT_EQ(source.TextOf(tree->root->span), text);
  EXPECT_EQ(&InnermostValueAt(*tree->root, string.span.begin + 1), &string);
}

// No recursion: the machine's stack is not the limit.
TEST(JsonParser, R3SurvivesAMillionBrackets) {
  EXPECT_EQ(Findings(std::string(1'000'000, '['), false), "none 0606@1:1025");
  std::string objects;
  for (int i = 0; i < 300'000; ++i) objects += "{\"a\":";
  EXPECT_EQ(Findings(objects, false).substr(0, 9), "none 0606");
}

// Hostile texts give up early rather than report millions of findings.
TEST(JsonParser, GivesUpOnTextsFullOfErrors) {
  for (const char* piece : {",", ";", "'a',", "# a\n", "\"\\q\",", "01,", "\xff", "a:"}) {
    std::string text = "[";
    while (text.size() < 500'000) text += piece;
    const Source source("x", text);
    DiagnosticSink sink(source);
    EXPECT_EQ(JsonParser(source, true, &sink).Parse(), nullptr) << piece;
    EXPECT_LE(sink.Take().size(), 1002u) << piece;
  }
}

}  // namespace
}  // namespace junctor::compiler
