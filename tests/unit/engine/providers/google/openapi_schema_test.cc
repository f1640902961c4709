// JSON Schema cut down for older models.
#include "engine/providers/google/openapi_schema.h"

#include <gtest/gtest.h>
#include <simdjson.h>

#include <vector>

namespace junctor::engine {
namespace {

absl::StatusOr<std::string> Convert(const std::string& schema) {
  simdjson::dom::parser parser;
  simdjson::dom::element element;
  EXPECT_EQ(parser.parse(schema).get(element), simdjson::SUCCESS) << schema;
  return OpenApiSchema(element);
}

TEST(OpenApiSchema, KeepsWhatTheSubsetKnows) {
  struct Case {
    const char* what;
    const char* schema;
    const char* expected;
  };
  const std::vector<Case> cases = {
      {"foreign keys go",
       R"({"$schema":"x","type":"object","additionalProperties":false,"strict":true,"properties":{"a":{"type":"string","minLength":1,"examples":[1]}},"required":["a"]})",
       R"({"type":"object","properties":{"a":{"type":"string","minLength":1}},"required":["a"]})"},
      {"properties may be named like keys",
       R"({"type":"object","properties":{"$ref":{"type":"string"},"type":{"type":"integer"}}})",
       R"({"type":"object","properties":{"$ref":{"type":"string"},"type":{"type":"integer"}}})"},
      {"references are replaced",
       R"({"$defs":{"P":{"type":"object","properties":{"x":{"$ref":"#/$defs/N"}}},"N":{"type":"number"}},"type":"array","items":{"$ref":"#/$defs/P"}})",
       R"({"type":"array","items":{"type":"object","properties":{"x":{"type":"number"}}}})"},
      {"a type that may be null", R"({"type":["string","null"]})",
       R"({"type":"string","nullable":true})"},
      {"const", R"({"const":"x"})", R"({"enum":["x"]})"},
      {"enum of strings", R"({"enum":["a","b"]})", R"({"enum":["a","b"]})"},
      {"enum of something else", R"({"type":"integer","enum":[1,2]})", R"({"type":"integer"})"},
      {"oneOf", R"({"oneOf":[{"type":"string"},true]})", R"({"anyOf":[{"type":"string"},{}]})"},
      {"allOf of one", R"({"allOf":[{"type":"string"}]})", R"({"type":"string"})"},
      {"wrong types are left out", R"({"type":5,"properties":[],"anyOf":{},"enum":"x"})", "{}"},
  };
  for (const Case& c : cases) {
    const absl::StatusOr<std::string> converted = Convert(c.schema);
    ASSERT_TRUE(converted.ok()) << c.what << ": " << converted.status();
    EXPECT_EQ(*converted, c.expected) << c.what;
  }
}

TEST(OpenApiSchema, RefusesWhatHasNoEnd) {
  for (
      const char* schema :
      {R"({"$ref":"#"})", R"({"type":"array","items":{"$ref":"#"}})",
       R"({"$defs":{"A":{"properties":{"a":{"$ref":"#/$defs/A"},"b":{"$ref":"#/$defs/A"}}}},"$ref":"#/$defs/A"})",
       R"({"$ref":"#/$defs/missing"})", R"({"$ref":"https://example.com/schema"})",
       R"({"$ref":5})"}) {
    EXPECT_EQ(Convert(schema).status().code(), absl::StatusCode::kInvalidArgument) << schema;
  }
}

}  // namespace
}  // namespace junctor::engine
