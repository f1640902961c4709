// R16: a stream is asked for its usage, and the caller who did not ask sees nothing of that.
#include "engine/providers/chat/stream_usage.h"

#include <gtest/gtest.h>

#include <string>
#include <string_view>

namespace junctor::engine {
namespace {

TEST(WithUsageAsked, KeepsWhatTheCallerAskedFor) {
  struct Case {
    std::string_view options, expected;
  };
  const Case cases[] = {
      {"", R"({"include_usage":true})"},
      {"null", R"({"include_usage":true})"},
      {"{}", R"({"include_usage":true})"},
      {R"({ "include_obfuscation" : false, "x":[1, {"y":"z"}] })",
       R"({"include_obfuscation":false,"x":[1,{"y":"z"}],"include_usage":true})"},
      {R"({"include_usage":false,"include_obfuscation":true})",
       R"({"include_obfuscation":true,"include_usage":true})"},
      {R"({"include_usage":null})", R"({"include_usage":true})"},
      {R"({"include_usage":true,"include_usage":false})", R"({"include_usage":true})"},
      // It asks already.
      {R"({"include_usage":true,"x":1})", ""},
      // The provider is to refuse it.
      {R"({"include_usage":"yes"})", ""},
      {"5", ""},
      {"[]", ""},
      {R"("x")", ""},
  };
  for (const Case& one : cases) EXPECT_EQ(WithUsageAsked(one.options), one.expected) << one.options;
}

TEST(BodyAskingForUsage, ChangesTheCallersBodyWhereItDoesNotAsk) {
  struct Case {
    std::string_view body, expected;
  };
  const Case cases[] = {
      {R"({"stream":true,"model":"m"})",
       R"({"stream_options":{"include_usage":true},"stream":true,"model":"m"})"},
      {" { \"stream\" : true }",
       " {\"stream_options\":{\"include_usage\":true}, \"stream\" : true }"},
      {R"({"stream":true,"stream_options":{"include_usage":false,"a":1},"n":1})",
       R"({"stream":true,"stream_options":{"a":1,"include_usage":true},"n":1})"},
      {R"({"stream":true,"stream_options":null})",
       R"({"stream":true,"stream_options":{"include_usage":true}})"},
      // It asks already, or is no stream.
      {R"({"stream":true,"stream_options":{"include_usage" : true}})", ""},
      {R"({"stream":false})", ""},
      {"{}", ""},
  };
  for (const Case& one : cases) {
    std::string padded(one.body);
    padded.append(kBodyPadding, ' ');
    BodyScanner scanner;
    BodyIndex index;
    const std::string_view body = std::string_view(padded).substr(0, one.body.size());
    ASSERT_TRUE(scanner.Scan(body, &index).ok()) << one.body;
    EXPECT_EQ(BodyAskingForUsage(body, index), one.expected) << one.body;
  }
}

TEST(WithoutNullUsage, LeavesOutThatMemberAlone) {
  struct Case {
    std::string_view chunk, expected;
  };
  const Case cases[] = {
      {"data: {\"id\":\"x\",\"choices\":[],\"usage\":null}\n\n",
       "data: {\"id\":\"x\",\"choices\":[]}\n\n"},
      {"data: {\"usage\": null, \"id\":\"x\"}\r\n\r\n", "data: { \"id\":\"x\"}\r\n\r\n"},
      {"{\"a\":1 , \"usage\" : null ,\"b\":2}", "{\"a\":1  ,\"b\":2}"},
      {"{\"usage\":null}", "{}"},
      // Not the chunk's own, or not null.
      {R"({"choices":[{"delta":{"content":"\"usage\":null","usage":null}}],"usage":{"a":null}})",
       R"({"choices":[{"delta":{"content":"\"usage\":null","usage":null}}],"usage":{"a":null}})"},
      {R"({"choices":[{"usage":null}],"usage":null})", R"({"choices":[{"usage":null}]})"},
      {R"({"usage":"null"})", R"({"usage":"null"})"},
      // Cut into lines: it stays whole rather than to become no JSON.
      {"data: {\"a\":1,\ndata: \"usage\":null\ndata: }\n\n",
       "data: {\"a\":1,\ndata: \"usage\":null\ndata: }\n\n"},
      {"data: [DONE]\n\n", "data: [DONE]\n\n"},
      {"data: {\"usage", "data: {\"usage"},
  };
  for (const Case& one : cases) EXPECT_EQ(WithoutNullUsage(one.chunk), one.expected) << one.chunk;
}

}  // namespace
}  // namespace junctor::engine
