// JSON of the admin API: read, written, and compared whatever its spelling.
#include "engine/cli/client/json.h"

#include <gtest/gtest.h>

namespace junctor::engine {
namespace {

TEST(JsonTest, ValuesKeepTheirSpellingWhenTheyAreWritten) {
  const char* text =
      R"({"a":[1,2.50,-0,1e300,18446744073709551616],"b":"x\u0041\n","c":null,"d":[],"e":{}})";
  const absl::StatusOr<Json> json = Json::Parse(text);
  ASSERT_TRUE(json.ok()) << json.status();
  EXPECT_EQ(json->Compact(),
            R"({"a":[1,2.50,-0,1e300,18446744073709551616],"b":"xA\n","c":null,"d":[],"e":{}})");
  EXPECT_EQ((*json)["a"].items()[1].text(), "2.50");
  EXPECT_EQ((*json)["b"].text(), "xA\n");
  EXPECT_TRUE((*json)["nothing"]["below"].is_null());
}

TEST(JsonTest, PrettyTextReadsBackAsTheSameValue) {
  const absl::StatusOr<Json> json = Json::Parse(R"({"a":[1,{"b":[]}],"c":{}})");
  ASSERT_TRUE(json.ok());
  EXPECT_EQ(json->Pretty(),
            "{\n  \"a\": [\n    1,\n    {\n      \"b\": []\n    }\n  ],\n  \"c\": {}\n}");
  EXPECT_EQ(Json::Parse(json->Pretty())->Compact(), json->Compact());
}

TEST(JsonTest, TextsThatAreNoJsonAreRefused) {
  for (const char* text : {"", "{", "[1,]", "{} x", "nul", "\"\xff\"", "{\"a\":1,}"}) {
    EXPECT_FALSE(Json::Parse(text).ok()) << text;
  }
}

TEST(JsonTest, NestingIsBounded) {
  EXPECT_TRUE(
      Json::Parse(std::string(kMaxAnswerDepth, '[') + std::string(kMaxAnswerDepth, ']')).ok());
  const absl::StatusOr<Json> deep =
      Json::Parse(std::string(1'000'000, '[') + std::string(1'000'000, ']'));
  ASSERT_FALSE(deep.ok());
  EXPECT_NE(deep.status().message().find("nested deeper"), std::string::npos) << deep.status();
}

TEST(JsonTest, FieldsAreSetReplacedAndRemovedInTheirOrder) {
  Json object = Json::Object();
  object.Set("a", Json::Number(1));
  object.Set("b", Json::Bool(true));
  object.Set("a", Json::String("x"));
  EXPECT_EQ(object.Compact(), R"({"a":"x","b":true})");
  object.Remove("a");
  EXPECT_EQ(object.Compact(), R"({"b":true})");
}

struct Spelling {
  const char* one;
  const char* other;
  bool equal;
};

TEST(JsonTest, CanonicalFormsAreEqualWhereTheValuesAre) {
  const Spelling spellings[] = {
      {R"({"a": 1, "b": [ 2 ]})", "{\"a\":1,\n\"b\":[2]}", true},
      {R"("\u0041\/")", R"("A/")", true},
      {R"("\u00e9")", "\"\xc3\xa9\"", true},
      {"1.0", "1", true},
      {"1e3", "1000", true},
      {"1.50", "15e-1", true},
      {"-0", "0", true},
      {"0.000", "0e7", true},
      {"0.1", "0.10000000000000000001", false},
      {"12345678901234567890.000000001", "12345678901234567890.000000002", false},
      {"1", "-1", false},
      {"1", "\"1\"", false},
      // The order of outputs is part of a percentage element.
      {R"({"a":1,"b":2})", R"({"b":2,"a":1})", false},
      {"[1,2]", "[2,1]", false},
      {"null", "false", false},
  };
  for (const Spelling& spelling : spellings) {
    const absl::StatusOr<Json> one = Json::Parse(spelling.one);
    const absl::StatusOr<Json> other = Json::Parse(spelling.other);
    ASSERT_TRUE(one.ok() && other.ok()) << spelling.one << " " << spelling.other;
    EXPECT_EQ(one->Canonical() == other->Canonical(), spelling.equal)
        << spelling.one << " " << spelling.other;
  }
}

}  // namespace
}  // namespace junctor::engine
