#include "engine/providers/anthropic/strict_schema.h"

#include <gtest/gtest.h>

namespace junctor::engine {
namespace {

TEST(CloseSchemaObjects, ClosesObjectTypesAndNothingElse) {
  struct Case {
    std::string_view schema;
    std::string_view closed;
  };
  const Case cases[] = {
      {R"({"type":"object"})", R"({"type":"object","additionalProperties":false})"},
      {R"({"type":"object","additionalProperties":true})",
       R"({"type":"object","additionalProperties":true})"},
      {R"({"type":["null","object"]})",
       R"({"type":["null","object"],"additionalProperties":false})"},
      {R"({"type":"string"})", R"({"type":"string"})"},
      // A property that is called `type`.
      {R"({"properties":{"type":{"type":"string"}}})",
       R"({"properties":{"type":{"type":"string"}}})"},
      {R"({"anyOf":[{"type":"object"}],"$defs":{"a":{"type":"object"}}})",
       R"({"anyOf":[{"type":"object","additionalProperties":false}],)"
       R"("$defs":{"a":{"type":"object","additionalProperties":false}}})"},
      {R"({"enum":[{"type":"object"}],"const":{"type":"object"},"default":{"a":{"type":"object"}}})",
       R"({"enum":[{"type":"object"}],"const":{"type":"object"},"default":{"a":{"type":"object"}}})"},
  };
  for (const Case& one : cases) {
    const auto closed = CloseSchemaObjects(one.schema);
    ASSERT_TRUE(closed.ok()) << one.schema;
    EXPECT_EQ(*closed, one.closed);
  }
}

TEST(CloseSchemaObjects, RefusesWhatIsNoSchemaOrTooDeep) {
  EXPECT_FALSE(CloseSchemaObjects("{\"a\":}").ok());
  EXPECT_FALSE(CloseSchemaObjects("[]").ok());
  for (const std::string open : {"{\"items\":", "{\"const\":"}) {
    std::string deep;
    for (int i = 0; i < 100'000; ++i) deep += open;
    deep += "1";
    deep.append(100'000, '}');
    EXPECT_FALSE(CloseSchemaObjects(deep).ok()) << open;
  }
}

}  // namespace
}  // namespace junctor::engine
