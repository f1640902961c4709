// The three services behind Vertex AI.
#include "engine/providers/google/vertex_format.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <vector>

#include "tests/unit/engine/providers/google/chat_testing.h"

namespace junctor::engine {
namespace {

using ::testing::HasSubstr;
using testing::MessageOf;
using ::testing::Not;
using testing::Translate;
using testing::TranslateAnswer;

constexpr std::string_view kGreeting =
    R"({"model":"m","messages":[{"role":"user","content":"Hello"}]})";
constexpr std::string_view kHelloStream =
    R"({"model":"m","messages":[{"role":"user","content":"Hello"}],"stream":true})";

FormatSettings Settings() {
  FormatSettings settings;
  settings.project = "project-1";
  settings.region = "us-central1";
  return settings;
}

TEST(VertexFormat, PathsFollowThePublisher) {
  struct Case {
    const char* model;
    const char* path;
    const char* stream_path;
  };
  constexpr std::string_view kPrefix = "/v1/projects/project-1/locations/us-central1";
  for (const Case& c : std::vector<Case>{
           {"gemini-2.5-pro", "/publishers/google/models/gemini-2.5-pro:generateContent",
            "/publishers/google/models/gemini-2.5-pro:streamGenerateContent?alt=sse"},
           {"google/gemini-2.5-pro", "/publishers/google/models/gemini-2.5-pro:generateContent",
            "/publishers/google/models/gemini-2.5-pro:streamGenerateContent?alt=sse"},
           {"anthropic/claude-sonnet-4-5@20250929",
            "/publishers/anthropic/models/claude-sonnet-4-5@20250929:rawPredict",
            "/publishers/anthropic/models/claude-sonnet-4-5@20250929:streamRawPredict"},
           {"anthropic/claude-sonnet-4-5-20250929",
            "/publishers/anthropic/models/claude-sonnet-4-5@20250929:rawPredict",
            "/publishers/anthropic/models/claude-sonnet-4-5@20250929:streamRawPredict"},
           {"anthropic/claude-opus-4-6", "/publishers/anthropic/models/claude-opus-4-6:rawPredict",
            "/publishers/anthropic/models/claude-opus-4-6:streamRawPredict"},
           {"meta/llama-4-maverick", "/endpoints/openapi/chat/completions",
            "/endpoints/openapi/chat/completions"},
       }) {
    const FormatSettings settings = Settings();
    const auto whole = Translate(VertexFormat(), std::string(kGreeting), c.model, settings);
    const auto stream = Translate(VertexFormat(), std::string(kHelloStream), c.model, settings);
    ASSERT_TRUE(whole.ok() && stream.ok()) << whole.status() << stream.status();
    EXPECT_EQ(whole->request.path, std::string(kPrefix) + c.path);
    EXPECT_EQ(stream->request.path, std::string(kPrefix) + c.stream_path);
  }
}

TEST(VertexFormat, RefusesNamesThatWouldChangeThePath) {
  const FormatSettings settings = Settings();
  for (const char* model : {"", "/", "google/", "/gemini", "google/a/b", "google/..", "../x",
                            "google/a?b", "meta/a#b", "anthropic/a%2f", "me ta/x"}) {
    EXPECT_EQ(Translate(VertexFormat(), std::string(kGreeting), model, settings).status().code(),
              absl::StatusCode::kInvalidArgument)
        << model;
  }
}

TEST(VertexFormat, NeedsAProjectAndARegion) {
  for (auto spoil :
       std::vector<void (*)(FormatSettings&)>{[](FormatSettings& s) { s.project.clear(); },
                                              [](FormatSettings& s) { s.region.clear(); },
                                              [](FormatSettings& s) { s.project = "a/../b"; },
                                              [](FormatSettings& s) { s.region = "us/.."; }}) {
    FormatSettings settings = Settings();
    spoil(settings);
    EXPECT_EQ(Translate(VertexFormat(), std::string(kGreeting), "gemini-2.5-pro", settings)
                  .status()
                  .code(),
              absl::StatusCode::kInvalidArgument);
  }
}

TEST(VertexFormat, AnthropicsBodyHasTheVersionAndNotTheModel) {
  const FormatSettings settings = Settings();
  const auto made =
      Translate(VertexFormat(), std::string(kHelloStream), "anthropic/claude-opus-4-6", settings);
  ASSERT_TRUE(made.ok()) << made.status();
  EXPECT_THAT(made->request.body, HasSubstr(R"("anthropic_version":"vertex-2023-10-16")"));
  EXPECT_THAT(made->request.body, HasSubstr(R"("stream":true)"));
  EXPECT_THAT(made->request.body, Not(HasSubstr("\"model\"")));
}

TEST(VertexFormat, OpenModelsGetTheCallersOwnBody) {
  const FormatSettings settings = Settings();
  const auto whole =
      Translate(VertexFormat(),
                R"({ "model":"m","messages":[{"role":"user","content":"a\u00e9"}],"odd":[1.50]})",
                "deepseek-ai/deepseek-r1", settings);
  ASSERT_TRUE(whole.ok()) << whole.status();
  EXPECT_EQ(
      whole->request.body,
      R"({ "model":"deepseek-ai/deepseek-r1","messages":[{"role":"user","content":"a\u00e9"}],"odd":[1.50]})");
  const auto stream =
      Translate(VertexFormat(), std::string(kHelloStream), "meta/llama-4-maverick", settings);
  ASSERT_TRUE(stream.ok()) << stream.status();
  EXPECT_THAT(stream->request.body, HasSubstr(R"("stream_options":{"include_usage":true})"));
}

TEST(VertexFormat, OpenModelsWithoutASourceAreOurOwnError) {
  ChatRequest chat;
  const FormatSettings settings = Settings();
  ChatTarget target;
  target.model = "meta/x";
  target.settings = &settings;
  EXPECT_EQ(VertexFormat().MakeRequest(chat, target).status().code(), absl::StatusCode::kInternal);
}

constexpr std::string_view kOpenStream =
    "data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"Hi\"},\"finish_reason\":null}]}\n\n"
    "data: {\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"stop\"}]}\n\n"
    "data: {\"choices\":[],\"usage\":{\"prompt_tokens\":1,\"completion_tokens\":2}}\n\n";

TEST(VertexFormat, OpenModelsStreamsPassWithoutTheUsageThatNobodyAskedFor) {
  AnswerContext context;
  context.stream = true;
  const std::string end = "data: [DONE]\n\n";
  // With and without a [DONE] of the provider's.
  for (const std::string& answer : {std::string(kOpenStream), std::string(kOpenStream) + end}) {
    const std::unique_ptr<AnswerTranslator> translator =
        VertexFormat().MakeTranslator("meta/llama", context);
    std::string out;
    ASSERT_TRUE(translator->Feed(answer, &out).ok());
    ASSERT_TRUE(translator->Finish(&out).ok());
    EXPECT_EQ(out,
              std::string(kOpenStream.substr(0, kOpenStream.find("data: {\"choices\":[],"))) + end);
    ASSERT_TRUE(translator->usage().has_value());
    EXPECT_EQ(translator->usage()->output, 2u);
  }
  context.include_usage = true;
  EXPECT_EQ(TranslateAnswer(VertexFormat(), "meta/llama", context, std::string(kOpenStream) + end),
            std::string(kOpenStream) + end);
}

TEST(VertexFormat, OpenModelsStreamsThatAreCutOffAreNotWhole) {
  AnswerContext context;
  context.stream = true;
  const std::string cut(kOpenStream.substr(0, kOpenStream.find("\n\n") + 2));
  for (const std::string& answer : {cut, cut + "data: [DONE]\n\n", std::string()}) {
    const std::string out = TranslateAnswer(VertexFormat(), "meta/llama", context, answer);
    EXPECT_THAT(out, HasSubstr("!! DATA_LOSS"));
    EXPECT_THAT(out, Not(HasSubstr("[DONE]")));
  }
}

TEST(VertexFormat, OpenModelsAnswersAreCopied) {
  const std::string answer =
      R"({"id":"x","choices":[{"index":0,"message":{"content":"Hi"}}],"usage":{"prompt_tokens":4,"completion_tokens":2}})";
  EXPECT_EQ(TranslateAnswer(VertexFormat(), "meta/llama", {}, answer), answer);
  EXPECT_THAT(TranslateAnswer(VertexFormat(), "meta/llama", {}, "<html>"),
              HasSubstr("!! INVALID_ARGUMENT"));
}

TEST(VertexFormat, OnlyClaudesThatTakePrefillGoOnFromAPrefix) {
  EXPECT_FALSE(VertexFormat().TakesAssistantPrefix("google/gemini-2.5-pro"));
  EXPECT_FALSE(VertexFormat().TakesAssistantPrefix("meta/llama"));
  EXPECT_TRUE(VertexFormat().TakesAssistantPrefix("anthropic/claude-sonnet-4-5@20250929"));
}

TEST(VertexFormat, ErrorsOfBothMakersAreRead) {
  const net::HeaderList headers;
  EXPECT_EQ(
      VertexFormat()
          .Classify(404, headers,
                    R"([{"error":{"code":404,"message":"no model","status":"NOT_FOUND"}}])", 0)
          .code,
      "model_not_found");
  EXPECT_EQ(
      VertexFormat()
          .Classify(529, headers,
                    R"({"type":"error","error":{"type":"overloaded_error","message":"busy"}})", 0)
          .error,
      ErrorClass::kOverloaded);
}

}  // namespace
}  // namespace junctor::engine
