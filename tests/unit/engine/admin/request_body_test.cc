#include "engine/admin/request_body.h"

#include <gtest/gtest.h>

#include <string>
#include <string_view>

namespace junctor::engine {
namespace {

std::string Messages(const ControlErrors& errors) {
  std::string text;
  for (const ControlError& error : errors.errors) text += error.message + "\n";
  return text;
}

TEST(RequestBody, GivesItsMembersAndTheirTextAsItWasSent) {
  auto body = RequestBody::Parse(
      " {\"s\" : \"a\\u0041\\\"}\", \"n\":-5 ,\"t\":true,\"f\":1.5,\"a\":[ 1, {\"x\":\"]\"} ],"
      "\"o\":{ \"k\" : [] },\"l\":[\"p\",\"q\"],\"z\":null} ");
  ASSERT_TRUE(body.ok());
  EXPECT_EQ(body->String("s", Presence::kRequired), "aA\"}");
  EXPECT_EQ(body->Integer("n", Presence::kRequired), -5);
  EXPECT_EQ(body->Bool("t", Presence::kRequired), true);
  EXPECT_EQ(body->Number("f", Presence::kRequired), 1.5);
  EXPECT_EQ(body->Array("a", Presence::kRequired), "[ 1, {\"x\":\"]\"} ]");
  EXPECT_EQ(body->Object("o", Presence::kRequired), "{ \"k\" : [] }");
  EXPECT_EQ(body->Strings("l", Presence::kRequired), (std::vector<std::string>{"p", "q"}));
  EXPECT_EQ(body->Raw("s"), "\"a\\u0041\\\"}\"");
  EXPECT_EQ(body->Raw("n"), "-5");
  EXPECT_EQ(body->Raw("z"), "null");
  EXPECT_TRUE(body->IsNull("z"));
  EXPECT_FALSE(body->Has("y"));
  EXPECT_TRUE(body->ok());
}

TEST(RequestBody, ThatIsNoObjectIsRefused) {
  for (const std::string_view text :
       {"", "{", "[]", "null", "7", "\"x\"", "{\"a\":1,}", "{a:1}", "{}{}", "{\"a\":\"\xff\"}",
        "{\"a\":1e999}", "{\"a\":1,\"a\":2}", "{\"a\":1,\"\\u0061\":2}"}) {
    const auto body = RequestBody::Parse(text);
    ASSERT_FALSE(body.ok()) << text;
    EXPECT_EQ(body.errors().status, 400) << text;
    EXPECT_EQ(body.errors().errors[0].code, kCodeBadField) << text;
    EXPECT_EQ(body.errors().errors[0].path, std::vector<std::string>{"body"}) << text;
  }
  EXPECT_FALSE(RequestBody::Parse(std::string_view("{}\0x", 4)).ok());
}

TEST(RequestBody, NestsNoDeeperThanItsBound) {
  const auto nested = [](int depth) {
    return "{\"a\":" + std::string(static_cast<size_t>(depth), '[') +
           std::string(static_cast<size_t>(depth), ']') + "}";
  };
  EXPECT_TRUE(RequestBody::Parse(nested(kMaxBodyDepth - 1)).ok());
  EXPECT_FALSE(RequestBody::Parse(nested(kMaxBodyDepth)).ok());
  EXPECT_FALSE(RequestBody::Parse(nested(1'000'000)).ok());
}

TEST(RequestBody, AllThatIsWrongIsToldAtOnce) {
  auto body =
      RequestBody::Parse(R"({"n":"5","s":7,"e":"","b":1,"l":["a",1],"r":11,"u":"a\u0000"})");
  ASSERT_TRUE(body.ok());
  EXPECT_FALSE(body->Integer("n", Presence::kOptional).has_value());
  EXPECT_FALSE(body->String("s", Presence::kOptional).has_value());
  EXPECT_FALSE(body->String("e", Presence::kRequired).has_value());
  EXPECT_FALSE(body->Bool("b", Presence::kOptional).has_value());
  EXPECT_FALSE(body->Strings("l", Presence::kOptional).has_value());
  EXPECT_FALSE(body->Integer("r", Presence::kOptional, 1, 10).has_value());
  EXPECT_FALSE(body->String("u", Presence::kOptional).has_value());
  EXPECT_FALSE(body->String("missing", Presence::kRequired).has_value());
  EXPECT_FALSE(body->ok());
  EXPECT_EQ(Messages(body->errors()),
            "`n` must be a whole number, found a string\n"
            "`s` must be a string, found a number\n"
            "`e` must not be empty\n"
            "`b` must be true or false, found a number\n"
            "`l` must be an array of strings, found a number in it\n"
            "`r` must be from 1 to 10, found 11\n"
            "`u` must not hold a zero byte\n"
            "`missing` is required\n");
  EXPECT_EQ(body->errors().errors[0].path, (std::vector<std::string>{"body", "n"}));
}

TEST(RequestBody, AnOptionalMemberMayBeNullOrNotThere) {
  auto body = RequestBody::Parse(R"({"n":null})");
  ASSERT_TRUE(body.ok());
  EXPECT_FALSE(body->Integer("n", Presence::kOptional).has_value());
  EXPECT_FALSE(body->String("m", Presence::kOptional).has_value());
  EXPECT_TRUE(body->ok());
  EXPECT_FALSE(body->String("n", Presence::kRequired).has_value());
  EXPECT_FALSE(body->ok());
}

}  // namespace
}  // namespace junctor::engine
