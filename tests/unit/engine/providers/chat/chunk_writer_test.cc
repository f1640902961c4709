#include "engine/providers/chat/chunk_writer.h"

#include <gtest/gtest.h>

#include "engine/providers/chat/failure_classifier.h"

namespace junctor::engine {
namespace {

TEST(ChunkWriter, BeginsEachChoiceWithItsRole) {
  ChunkWriter writer("i", "m", 1, false, false);
  std::string out;
  writer.Content(1, "a", &out);
  writer.Content(1, "", &out);
  writer.Role(1, &out);
  writer.Finish(0, FinishReason::kLength, &out);
  const std::string head = R"(data: {"id":"i","object":"chat.completion.chunk","created":1,)"
                           R"("model":"m","choices":[{"index":)";
  EXPECT_EQ(out, head +
                     R"(1,"delta":{"role":"assistant","content":""},"finish_reason":null}]})"
                     "\n\n" +
                     head +
                     R"(1,"delta":{"content":"a"},"finish_reason":null}]})"
                     "\n\n" +
                     head +
                     R"(0,"delta":{"role":"assistant","content":""},"finish_reason":null}]})"
                     "\n\n" +
                     head +
                     R"(0,"delta":{},"finish_reason":"length"}]})"
                     "\n\n");
}

TEST(ChunkWriter, GivesAWholeCallInTwoChunks) {
  ChunkWriter writer("i", "m", 1, false, false);
  std::string out;
  writer.Role(0, &out);
  out.clear();
  EXPECT_EQ(writer.ToolCall(0, "c", "f", R"({"a":1})", "sig", &out), 0u);
  EXPECT_NE(out.find(R"("tool_calls":[{"index":0,"id":"c","type":"function","function":)"
                     R"({"name":"f","arguments":""},"extra_content":{"google":)"
                     R"({"thought_signature":"sig"}}}])"),
            std::string::npos)
      << out;
  EXPECT_NE(out.find(R"("tool_calls":[{"index":0,"function":{"arguments":"{\"a\":1}"}}])"),
            std::string::npos)
      << out;
  EXPECT_EQ(writer.ToolCall(0, "d", "g", "", "", &out), 1u);
  EXPECT_EQ(writer.tool_calls(0), 2u);
  EXPECT_EQ(writer.tool_calls(5), 0u);
}

TEST(ChunkWriter, OldFunctionsGetTheFirstCallOnly) {
  ChunkWriter writer("i", "m", 1, false, true);
  std::string out;
  writer.ToolCall(0, "c", "f", "{}", "", &out);
  const std::string first = out;
  EXPECT_EQ(writer.ToolCall(0, "d", "g", "{}", "", &out), 1u);
  EXPECT_EQ(out, first);
  EXPECT_EQ(first.find("tool_calls"), std::string::npos);
  writer.Finish(0, FinishReason::kToolCalls, &out);
  EXPECT_NE(out.find(R"("finish_reason":"function_call")"), std::string::npos);
}

TEST(ChunkWriter, DropsChoicesBeyondItsBound) {
  ChunkWriter writer("i", "m", 1, false, false);
  std::string out;
  writer.Content(kMaxChoices, "a", &out);
  writer.Finish(4'000'000'000, FinishReason::kStop, &out);
  writer.ToolCall(kMaxChoices, "c", "f", "{}", "", &out);
  EXPECT_EQ(out, "");
}

TEST(ChunkWriter, ImagesAndUsageStandWhereSdksLook) {
  ChunkWriter writer("i", "m", 1, true, false);
  std::string out;
  writer.Role(0, &out);
  out.clear();
  writer.Image(0, "data:image/png;base64,AAAA", &out);
  EXPECT_NE(out.find(R"("delta":{"images":[{"type":"image_url","image_url":{"url":)"
                     R"("data:image/png;base64,AAAA"}}]},"finish_reason":null}],"usage":null})"),
            std::string::npos)
      << out;
  out.clear();
  Usage usage;
  usage.input = 3;
  usage.output = 4;
  usage.cached_read = 1;
  writer.UsageChunk(usage, &out);
  EXPECT_NE(out.find(R"("choices":[],"usage":{"prompt_tokens":3,"completion_tokens":4,)"
                     R"("total_tokens":7,"prompt_tokens_details":{"cached_tokens":1}}})"),
            std::string::npos)
      << out;
}

TEST(WriteErrorEvent, IsClassifiedAgainAsWhatItWas) {
  struct Case {
    std::string_view type;
    std::string_view code;
    ErrorClass error;
  };
  const Case cases[] = {
      {"rate_limit_error", "rate_limit_exceeded", ErrorClass::kRateLimit},
      {"insufficient_quota", "insufficient_quota", ErrorClass::kQuota},
      {"authentication_error", "invalid_api_key", ErrorClass::kAuth},
      {"server_error", "overloaded", ErrorClass::kOverloaded},
      {"server_error", "", ErrorClass::kServerError},
      {"timeout_error", "timeout", ErrorClass::kServerError},
      {"invalid_request_error", "context_length_exceeded", ErrorClass::kContextLength},
      {"invalid_request_error", "content_filter", ErrorClass::kContentFilter},
      {"invalid_request_error", "", ErrorClass::kBadRequest},
  };
  for (const Case& one : cases) {
    std::string body;
    WriteErrorBody("m\n", one.type, one.code, &body);
    const Failure failure = ClassifyErrorEvent(body);
    EXPECT_EQ(ErrorClassName(failure.error), ErrorClassName(one.error)) << body;
    EXPECT_EQ(failure.message, "m\n");
    std::string event;
    WriteErrorEvent("m\n", one.type, one.code, &event);
    EXPECT_EQ(event, "data: " + body + "\n\n");
  }
}

}  // namespace
}  // namespace junctor::engine
