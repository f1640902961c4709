// JSON without its white space (`params`, R19).
#include "compiler/syntax/compact_json.h"

#include <gtest/gtest.h>

#include "compiler/syntax/json_parser.h"

namespace junctor::compiler {
namespace {

TEST(CompactJson, KeepsSpellings) {
  const struct {
    const char* text;
    const char* compact;
  } cases[] = {
      {"{ }", "{}"},
      {"[ 1.0 , 5e0, -0 ]", "[1.0,5e0,-0]"},
      {"{\"a\" : [ { \"b\" : null } , true ], // note\n \"c\\u0041\": \"x \\\" y\", }",
       R"({"a":[{"b":null},true],"c\u0041":"x \" y"})"},
      {" \"s\" ", "\"s\""},
  };
  for (const auto& c : cases) {
    const Source source("x", c.text);
    DiagnosticSink sink(source);
    const std::unique_ptr<JsonTree> tree = JsonParser(source, true, &sink).Parse();
    ASSERT_NE(tree, nullptr);
    EXPECT_EQ(CompactJson(*tree->root, source), c.compact);
  }
}

}  // namespace
}  // namespace junctor::compiler
