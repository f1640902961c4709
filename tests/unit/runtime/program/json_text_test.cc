#include "runtime/program/json_text.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace junctor {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

constexpr uint32_t kNesting = 16;

std::string ErrorOf(std::string_view text) {
  return std::string(JsonObjectKeys(text, kNesting).status().message());
}

TEST(JsonText, GivesTheOwnKeysOfTheObject) {
  EXPECT_THAT(
      *JsonObjectKeys(R"({"b":1,"a":{"c":[{"d":2}]},"e\u0066\ud83d\ude00":null})", kNesting),
      ElementsAre("b", "a", "ef\xf0\x9f\x98\x80"));
  EXPECT_THAT(*JsonObjectKeys("{}", kNesting), IsEmpty());
  EXPECT_THAT(*JsonObjectKeys(" { \"a\" : [ ] , \"b\" : { } } ", kNesting), ElementsAre("a", "b"));
}

TEST(JsonText, TakesEveryKindOfValue) {
  for (const char* value :
       {"0", "-0", "12", "-1.5e+10", "1E2", "\"\"", "\"\\\"\\\\\\/\\b\\f\\n\\r\\t\"", "true",
        "false", "null", "[]", "[1,[2,{}]]", "{\"x\":{}}"}) {
    const auto keys = JsonObjectKeys(std::string("{\"k\":") + value + ",\"l\":1}", kNesting);
    ASSERT_TRUE(keys.ok()) << value << ": " << keys.status();
    EXPECT_THAT(*keys, ElementsAre("k", "l")) << value;
  }
}

TEST(JsonText, RefusesWhatIsNoObject) {
  for (const char* text : {"",
                           " ",
                           "[]",
                           "1",
                           "\"a\"",
                           "null",
                           "{",
                           "{]",
                           "{\"a\"}",
                           "{\"a\":}",
                           "{\"a\":1,}",
                           "{,}",
                           "{\"a\":1 \"b\":2}",
                           "{a:1}",
                           "{'a':1}",
                           "{\"a\":01}",
                           "{\"a\":1.}",
                           "{\"a\":.5}",
                           "{\"a\":1e}",
                           "{\"a\":+1}",
                           "{\"a\":-}",
                           "{\"a\":tru}",
                           "{\"a\":NaN}",
                           "{\"a\":[1,]}",
                           "{\"a\":[1}",
                           "{\"a\":\"",
                           "{\"a\":\"\\x\"}",
                           "{\"a\":\"\\u12g4\"}",
                           "{\"a\":\"\\u12",
                           "{\"a\":\"\\",
                           "{\"a\":\"\n\"}",
                           "{} {}",
                           "{\"a\":1}}",
                           "//\n{}"}) {
    EXPECT_FALSE(JsonObjectKeys(text, kNesting).ok()) << text;
  }
}

TEST(JsonText, RefusesWhatIsNoText) {
  EXPECT_EQ(ErrorOf("{\"a\":\"\xff\"}"), "not valid UTF-8");
  EXPECT_THAT(ErrorOf("{\"a\":\"\\ud800\"}"), HasSubstr("lone surrogate"));
  EXPECT_THAT(ErrorOf("{\"a\":\"\\ud800\\u0041\"}"), HasSubstr("lone surrogate"));
  EXPECT_THAT(ErrorOf("{\"a\":\"\\udc00\"}"), HasSubstr("lone surrogate"));
  EXPECT_THAT(ErrorOf(std::string_view("{\0}", 3)), HasSubstr("expected a string"));
}

TEST(JsonText, RefusesAKeyGivenTwice) {
  EXPECT_THAT(ErrorOf(R"({"a":1,"\u0061":2})"), HasSubstr("key `a` comes twice"));
  EXPECT_TRUE(JsonObjectKeys(R"({"a":1,"b":{"a":1}})", kNesting).ok());
}

TEST(JsonText, NestingHasALimitAndUsesNoStack) {
  const auto nested = [](size_t levels) {
    return "{\"a\":" + std::string(levels - 1, '[') + std::string(levels - 1, ']') + "}";
  };
  EXPECT_TRUE(JsonObjectKeys(nested(kNesting), kNesting).ok());
  EXPECT_THAT(ErrorOf(nested(kNesting + 1)), HasSubstr("nested more than 16 deep"));
  EXPECT_TRUE(JsonObjectKeys(nested(1'000'000), 1'000'000).ok());
}

}  // namespace
}  // namespace junctor
