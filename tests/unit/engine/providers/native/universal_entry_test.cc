// The universal endpoint's body.
#include "engine/providers/native/universal_entry.h"

#include <gtest/gtest.h>

#include <string>

#include "runtime/request/body_index.h"

namespace junctor::engine {
namespace {

using std::chrono::milliseconds;

// A body with the padding that the parser needs; entries view it.
class Body {
 public:
  explicit Body(std::string text) : size_(text.size()), text_(std::move(text)) {
    text_.append(kBodyPadding, '\0');
  }
  absl::StatusOr<std::vector<UniversalEntry>> Parse() const {
    return ParseUniversalRequest(std::string_view(text_).substr(0, size_));
  }

 private:
  size_t size_;
  std::string text_;
};

std::string ErrorOf(const std::string& text) {
  const auto entries = Body(text).Parse();
  if (entries.ok()) return "no error";
  EXPECT_EQ(entries.status().code(), absl::StatusCode::kInvalidArgument);
  return std::string(entries.status().message());
}

TEST(UniversalEntryTest, AListIsReadInItsOrder) {
  const Body body(R"( [
    {"provider": "openai", "endpoint": "chat/completions",
     "headers": {"Authorization": "Bearer k", "x-n": 5, "x-r": -1.50e3, "x-b": true},
     "query": {"model": "gpt-4o",  "messages": [ ], "a": "\u00e9"},
     "config": {"requestTimeout": 1000, "maxAttempts": 3, "retryDelay": 0, "backoff": "constant",
                "cacheTtl": 60, "skipCache": true, "other": {}},
     "unknown": [1, {"provider": 5}]},
    {"provider": "google-ai-studio", "endpoint": "/v1beta/models/m:streamGenerateContent?alt=sse&x",
     "query": [1]}
  ] )");
  const auto entries = body.Parse();
  ASSERT_TRUE(entries.ok()) << entries.status();
  ASSERT_EQ(entries->size(), 2u);

  const UniversalEntry& first = (*entries)[0];
  EXPECT_EQ(first.provider, "openai");
  EXPECT_EQ(first.path, "/chat/completions");
  EXPECT_EQ(first.query_string, "");
  EXPECT_EQ(first.query, R"({"model": "gpt-4o",  "messages": [ ], "a": "\u00e9"})");
  const std::vector<std::pair<std::string, std::string>> headers = {
      {"Authorization", "Bearer k"}, {"x-n", "5"}, {"x-r", "-1.50e3"}, {"x-b", "true"}};
  EXPECT_EQ(first.headers, headers);
  EXPECT_EQ(first.HeaderViews().Get("x-n"), "5");
  EXPECT_EQ(first.config.timeout, milliseconds(1000));
  EXPECT_EQ(first.config.max_attempts, 3u);
  EXPECT_EQ(first.config.retry_delay, milliseconds(0));
  EXPECT_EQ(first.config.backoff, Backoff::kConstant);

  const UniversalEntry& second = (*entries)[1];
  EXPECT_EQ(second.path, "/v1beta/models/m:streamGenerateContent");
  EXPECT_EQ(second.query_string, "alt=sse&x");
  EXPECT_EQ(second.query, "[1]");
  EXPECT_TRUE(second.headers.empty());
  EXPECT_FALSE(second.config.max_attempts.has_value());
}

TEST(UniversalEntryTest, AnObjectIsOneEntry) {
  const Body body(R"({"provider":"workers-ai","endpoint":""})");
  const auto entries = body.Parse();
  ASSERT_TRUE(entries.ok()) << entries.status();
  ASSERT_EQ(entries->size(), 1u);
  EXPECT_EQ(entries->front().path, "");
  EXPECT_EQ(entries->front().query, "");
}

TEST(UniversalEntryTest, TheQueryIsAnyValueByteForByte) {
  for (const char* value : {"null", "\"x\\\"y\"", "-1.0E+2", "[ ]", "{\"a\" : [1 , 2]}", "true"}) {
    const Body body(R"({"provider":"p","endpoint":"e","query": )" + std::string(value) + " }");
    const auto entries = body.Parse();
    ASSERT_TRUE(entries.ok()) << value << ": " << entries.status();
    EXPECT_EQ(entries->front().query, value);
  }
}

TEST(UniversalEntryTest, TheAuthorizationStringIsThatHeaderUnlessTheHeadersHoldIt) {
  const struct {
    const char* members;
    const char* value;
  } kCases[] = {
      {R"("authorization":"Bearer a")", "Bearer a"},
      {R"("authorization":"Bearer a","headers":{"AUTHORIZATION":"Bearer b"})", "Bearer b"},
      {R"("headers":{"authorization":"Bearer b"},"authorization":"Bearer a")", "Bearer b"},
      {R"("authorization":"","headers":{})", ""},
  };
  for (const auto& one : kCases) {
    const Body body(R"({"provider":"p","endpoint":"e",)" + std::string(one.members) + "}");
    const auto entries = body.Parse();
    ASSERT_TRUE(entries.ok()) << entries.status();
    EXPECT_EQ(entries->front().HeaderViews().Get("authorization"), one.value) << one.members;
  }
}

TEST(UniversalEntryTest, OfAHeaderGivenTwiceTheLastCounts) {
  const Body body(R"({"provider":"p","endpoint":"e","headers":{"X-A":"1","x-a":"2"}})");
  const auto entries = body.Parse();
  ASSERT_TRUE(entries.ok());
  ASSERT_EQ(entries->front().headers.size(), 1u);
  EXPECT_EQ(entries->front().HeaderViews().Get("x-a"), "2");
}

TEST(UniversalEntryTest, WhatIsWrongIsNamed) {
  const struct {
    const char* text;
    const char* message;
  } kCases[] = {
      {"", "the body is not JSON"},
      {"5", "expected an object or an array of them, found a number"},
      {"\"x\"", "expected an object or an array of them, found a string"},
      {"[]", "the body has no entries"},
      {"[5]", "`[0]`: expected an object, found a number"},
      {"{}", "`provider` is missing"},
      {R"([{"provider":"p","endpoint":"e"},{"provider":"p"}])", "`[1].endpoint` is missing"},
      {R"({"provider":5,"endpoint":"e"})", "`provider`: expected a string, found a number"},
      {R"({"provider":"a b","endpoint":"e"})",
       "`provider`: expected 1 to 64 of `a-z 0-9 - _ .`, found `a b`"},
      {R"({"provider":"","endpoint":"e"})",
       "`provider`: expected 1 to 64 of `a-z 0-9 - _ .`, found ``"},
      {R"([{"provider":"p","endpoint":null}])", "`[0].endpoint`: expected a string, found null"},
      {R"({"provider":"p","endpoint":"e","provider":"q"})", "`provider` is given twice"},
      {R"({"provider":"p","endpoint":"e","headers":[]})",
       "`headers`: expected an object, found an array"},
      {R"({"provider":"p","endpoint":"e","headers":{"x":null}})",
       "`headers.x`: expected a string, a number or a boolean, found null"},
      {R"({"provider":"p","endpoint":"e","headers":{"x":{}}})",
       "`headers.x`: expected a string, a number or a boolean, found an object"},
      {R"({"provider":"p","endpoint":"e","headers":{"a b":"c"}})",
       "`headers`: `a b` is not the name of a header"},
      {R"({"provider":"p","endpoint":"e","headers":{"x":"a\r\nb: c"}})",
       "`headers.x` holds characters that a header can't carry"},
      {R"({"provider":"p","endpoint":"e","authorization":"Bearer secret\n"})",
       "`authorization` holds characters that a header can't carry"},
      {R"({"provider":"p","endpoint":"e","config":5})",
       "`config`: expected an object, found a number"},
      {R"([{"provider":"p","endpoint":"e","config":{"maxAttempts":6}}])",
       "`[0].config.maxAttempts`: expected a whole number from 1 to 5, found `6`"},
      {R"({"provider":"p","endpoint":"e","config":{"requestTimeout":"5"}})",
       "`config.requestTimeout`: expected a whole number, found `\"5\"`"},
      {R"({"provider":"p","endpoint":"e","config":{"retryDelay":-1}})",
       "`config.retryDelay`: expected a whole number, found `-1`"},
      {R"({"provider":"p","endpoint":"e","config":{"backoff":"x"}})",
       "`config.backoff`: expected `constant`, `linear` or `exponential`, found `x`"},
      {R"({"provider":"p","endpoint":"e"} {})", "the body has text after its end"},
      {R"({"provider":"p","endpoint":"e"} x)", "the body is not JSON"},
      {R"([{"provider":"p","endpoint":"e"}] [])", "the body has text after its end"},
      {R"({"provider":"p","endpoint":"e")", "the body is not JSON"},
      {R"([{"provider":"p","endpoint":"e"})", "the body is not JSON"},
      {R"({"provider":"p","endpoint":"e","query":})", "the body is not JSON"},
      {R"({"provider":"p","endpoint":"e","query":{"a":1})", "the body is not JSON"},
      {R"({"provider":"p","endpoint":"e","headers":{"x":tru}})", "the body is not JSON"},
  };
  for (const auto& one : kCases) EXPECT_EQ(ErrorOf(one.text), one.message) << one.text;
}

TEST(UniversalEntryTest, EveryListHasALimit) {
  const std::string entry = R"({"provider":"p","endpoint":"e"})";
  std::string list = "[" + entry;
  for (size_t i = 1; i < kMaxUniversalEntries; ++i) list += "," + entry;
  EXPECT_EQ(ErrorOf(list + "]"), "no error");
  EXPECT_EQ(ErrorOf(list + "," + entry + "]"), "the body has more than 100 entries");

  EXPECT_EQ(ErrorOf(R"({"provider":"p","endpoint":")" + std::string(16385, 'x') + "\"}"),
            "`endpoint` is longer than 16384 bytes");
  std::string headers;
  for (int i = 0; i <= 100; ++i) headers += (i > 0 ? ",\"x" : "\"x") + std::to_string(i) + "\":1";
  EXPECT_EQ(ErrorOf(R"({"provider":"p","endpoint":"e","headers":{)" + headers + "}}"),
            "`headers` has more than 100 headers, or more than 65536 bytes of them");
}

TEST(UniversalEntryTest, DeepNestingIsBounded) {
  const std::string deep(100000, '[');
  EXPECT_EQ(ErrorOf(deep), "the body is not JSON");
  EXPECT_EQ(ErrorOf(R"({"provider":"p","endpoint":"e","query":)" + deep), "the body is not JSON");
}

TEST(UniversalEntryTest, ConfigBeatsTheEntrysHeadersTheseTheRequestsAndTheseTheGateways) {
  const Body body(R"({"provider":"p","endpoint":"e","config":{"requestTimeout":1},
    "headers":{"cf-aig-request-timeout":2,"cf-aig-max-attempts":"2"}})");
  const auto entries = body.Parse();
  ASSERT_TRUE(entries.ok());
  OptionValues request;
  request.timeout = milliseconds(3);
  request.max_attempts = 3;
  request.retry_delay = milliseconds(3);
  OptionValues gateway;
  gateway.timeout = milliseconds(4);
  gateway.max_attempts = 4;
  gateway.retry_delay = milliseconds(4);
  gateway.backoff = Backoff::kLinear;
  const auto options = OptionsOfEntry(entries->front(), {request, gateway});
  ASSERT_TRUE(options.ok()) << options.status();
  EXPECT_EQ(options->timeout, milliseconds(1));
  EXPECT_EQ(options->max_attempts, 2u);
  EXPECT_EQ(options->retry_delay, milliseconds(3));
  EXPECT_EQ(options->backoff, Backoff::kLinear);
}

TEST(UniversalEntryTest, AWrongOptionHeaderOfAnEntryIsNamed) {
  const Body body(R"({"provider":"p","endpoint":"e","headers":{"cf-aig-max-attempts":9}})");
  const auto entries = body.Parse();
  ASSERT_TRUE(entries.ok());
  EXPECT_EQ(OptionsOfEntry(entries->front(), {}).status().message(),
            "cf-aig-max-attempts: expected a whole number from 1 to 5, found `9`");
}

}  // namespace
}  // namespace junctor::engine
