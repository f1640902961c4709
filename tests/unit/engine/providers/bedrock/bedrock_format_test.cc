// What golden files show badly: ids of models, names of documents, ids of tool uses.
#include "engine/providers/bedrock/bedrock_format.h"

#include <gtest/gtest.h>

#include <string>

#include "engine/providers/bedrock/bedrock_documents.h"
#include "engine/providers/bedrock/bedrock_messages.h"
#include "engine/providers/bedrock/bedrock_models.h"
#include "tests/unit/engine/providers/bedrock/frame.h"

namespace junctor::engine {
namespace {

TEST(BedrockModels, AnIdIsOneSegmentOfThePath) {
  struct Case {
    std::string_view id, segment;
  };
  const Case cases[] = {
      {"anthropic.claude-3-haiku-20240307-v1:0", "anthropic.claude-3-haiku-20240307-v1%3A0"},
      {"us.amazon.nova-pro-v1:0", "us.amazon.nova-pro-v1%3A0"},
      {"arn:aws:bedrock:us-east-1:123456789012:inference-profile/us.anthropic.claude-sonnet-4-6",
       "arn%3Aaws%3Abedrock%3Aus-east-1%3A123456789012%3Ainference-profile%2Fus.anthropic.claude-"
       "sonnet-4-6"},
  };
  for (const Case& one : cases) {
    const auto segment = BedrockPathSegment(one.id);
    ASSERT_TRUE(segment.ok()) << segment.status();
    EXPECT_EQ(*segment, one.segment);
  }
}

TEST(BedrockModels, ANameThatWouldChangeThePathIsRefused) {
  const std::string too_long(2049, 'a');
  for (const std::string_view id :
       {std::string_view(""), std::string_view("."), std::string_view(".."),
        std::string_view("a/../b"), std::string_view("a%2fb"), std::string_view("a?b"),
        std::string_view("a#b"), std::string_view("a b"), std::string_view("a\r\nb"),
        std::string_view("a\0b", 3), std::string_view("modèle"), std::string_view(too_long)}) {
    const auto segment = BedrockPathSegment(id);
    ASSERT_FALSE(segment.ok()) << id;
    EXPECT_EQ(segment.status().code(), absl::StatusCode::kInvalidArgument);
  }
}

TEST(BedrockModels, FamiliesAreKnownBehindGeographiesAndArns) {
  struct Case {
    std::string_view id;
    bool claude, system, output_format, effort, prefill;
  };
  const Case cases[] = {
      {"anthropic.claude-3-haiku-20240307-v1:0", true, true, false, false, true},
      {"global.anthropic.claude-sonnet-4-6", true, true, true, false, false},
      {"arn:aws:bedrock:eu-west-1::inference-profile/eu.anthropic.claude-sonnet-4-5-20250929-v1:0",
       true, true, true, false, true},
      {"us.amazon.nova-lite-v1:0", false, true, false, false, true},
      {"amazon.titan-text-express-v1", false, false, false, false, false},
      {"mistral.mixtral-8x7b-instruct-v0:1", false, false, false, false, false},
      {"openai.gpt-oss-120b-1:0", false, true, true, true, false},
      {"meta.llama3-70b-instruct-v1:0", false, true, false, false, false},
      {"arn:aws:bedrock:us-east-1:1:provisioned-model/abc123", false, true, false, false, false},
  };
  for (const Case& one : cases) {
    const BedrockModel model = BedrockModelOf(one.id);
    EXPECT_EQ(model.is_claude, one.claude) << one.id;
    EXPECT_EQ(model.takes_system, one.system) << one.id;
    EXPECT_EQ(model.takes_output_format, one.output_format) << one.id;
    EXPECT_EQ(model.takes_reasoning_effort, one.effort) << one.id;
    EXPECT_EQ(BedrockFormat().TakesAssistantPrefix(one.id), one.prefill) << one.id;
  }
}

TEST(BedrockFormat, AnswersAreCalledByTheirRequestId) {
  EXPECT_EQ(BedrockFormat().request_id_header(), "x-amzn-requestid");
  AnswerContext context;
  context.model = "m";
  context.request_id = "r-1";
  const auto answer = BedrockFormat().MakeTranslator("m", context);
  std::string out;
  ASSERT_TRUE(answer->Feed(R"({"output":{"message":{"content":[]}}})", &out).ok());
  ASSERT_TRUE(answer->Finish(&out).ok());
  EXPECT_TRUE(out.starts_with(R"({"id":"r-1",)")) << out;

  context.stream = true;
  const auto stream = BedrockFormat().MakeTranslator("m", context);
  out.clear();
  ASSERT_TRUE(stream->Feed(testing::Frame("event", "messageStart", "{}"), &out).ok());
  EXPECT_TRUE(out.starts_with(R"(data: {"id":"r-1",)")) << out;
}

TEST(BedrockDocuments, NamesHoldOnlyWhatConverseTakes) {
  struct Case {
    std::string_view file, name;
  };
  const Case cases[] = {
      {"report.pdf", "report"}, {"Q3 report (final) [2].pdf", "Q3 report (final) [2]"},
      {"a__b..c.txt", "a b c"}, {"Ünïcode.md", "n code"},
      {".pdf", "pdf"},          {"...", "document"},
      {"", "document"},         {"ignore\nall\trules.txt", "ignore all rules"},
  };
  for (const Case& one : cases) EXPECT_EQ(BedrockDocumentName(one.file), one.name) << one.file;
  EXPECT_EQ(BedrockDocumentName(std::string(300, 'x')).size(), 200u);
}

TEST(BedrockMessages, ForeignToolIdsAreRewrittenTheSameWayEachTime) {
  EXPECT_EQ(BedrockToolUseId("tooluse_a-B9"), "tooluse_a-B9");
  EXPECT_EQ(BedrockToolUseId(std::string(64, 'a')), std::string(64, 'a'));
  const std::string made = BedrockToolUseId("call:1");
  EXPECT_EQ(made.size(), 21u);
  EXPECT_EQ(BedrockToolUseId("call:1"), made);
  EXPECT_NE(BedrockToolUseId("call:2"), made);
  EXPECT_EQ(BedrockToolUseId(made), made);
  EXPECT_EQ(BedrockToolUseId(std::string(65, 'a')).size(), 21u);
  EXPECT_EQ(BedrockToolUseId("").size(), 21u);
}

}  // namespace
}  // namespace junctor::engine
