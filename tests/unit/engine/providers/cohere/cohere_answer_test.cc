// What golden files show badly: every way in which Cohere counts and ends.
#include "engine/providers/cohere/cohere_answer.h"

#include <gtest/gtest.h>
#include <simdjson.h>

#include <optional>
#include <string>

#include "engine/providers/cohere/cohere_format.h"

namespace junctor::engine {
namespace {

std::optional<Usage> ReadUsage(const std::string& json) {
  simdjson::dom::parser parser;
  simdjson::dom::object object;
  EXPECT_EQ(parser.parse(json).get_object().get(object), simdjson::SUCCESS) << json;
  return ReadCohereUsage(object);
}

TEST(CohereUsage, CountsTokensAndFallsBackToBilledUnits) {
  struct Case {
    std::string json;
    std::optional<uint64_t> input, output, cached;
  };
  const Case cases[] = {
      {R"({"tokens":{"input_tokens":71,"output_tokens":8},"billed_units":{"input_tokens":5,"output_tokens":7}})",
       71, 8, std::nullopt},
      {R"({"billed_units":{"input_tokens":5,"output_tokens":7},"cached_tokens":3})", 5, 7, 3},
      {R"({"tokens":{"input_tokens":71},"billed_units":{"input_tokens":5,"output_tokens":7}})", 71,
       7, std::nullopt},
      {R"({"tokens":{"input_tokens":71.0,"output_tokens":8.0}})", 71, 8, std::nullopt},
      {R"({"tokens":{"input_tokens":-1,"output_tokens":8}})", std::nullopt, 8, std::nullopt},
  };
  for (const Case& one : cases) {
    const std::optional<Usage> usage = ReadUsage(one.json);
    ASSERT_TRUE(usage.has_value()) << one.json;
    EXPECT_EQ(usage->input, one.input) << one.json;
    EXPECT_EQ(usage->output, one.output) << one.json;
    EXPECT_EQ(usage->cached_read, one.cached) << one.json;
    const bool is_billed = one.json.find("billed") != std::string::npos;
    EXPECT_EQ(usage->billed_output, is_billed ? std::optional<uint64_t>(7) : std::nullopt);
  }
  for (const std::string json :
       {"{}", R"({"tokens":null})", R"({"tokens":{"input_tokens":"7"}})", R"({"cached_tokens":3})",
        R"({"billed_units":{"search_units":1}})", R"({"tokens":{"input_tokens":1e300}})"}) {
    EXPECT_FALSE(ReadUsage(json).has_value()) << json;
  }
}

TEST(CohereFinish, EndsAreKnown) {
  EXPECT_EQ(ReadCohereFinish("COMPLETE").reason, FinishReason::kStop);
  EXPECT_EQ(ReadCohereFinish("STOP_SEQUENCE").reason, FinishReason::kStop);
  EXPECT_EQ(ReadCohereFinish("MAX_TOKENS").reason, FinishReason::kLength);
  EXPECT_EQ(ReadCohereFinish("TOOL_CALL").reason, FinishReason::kToolCalls);
  EXPECT_EQ(ReadCohereFinish("SOMETHING_NEW").reason, FinishReason::kStop);
  EXPECT_FALSE(ReadCohereFinish("SOMETHING_NEW").failed);
  EXPECT_TRUE(ReadCohereFinish("ERROR").failed);
  EXPECT_TRUE(ReadCohereFinish("TIMEOUT").failed);
  EXPECT_TRUE(ReadCohereFinish("TIMEOUT").timed_out);
}

TEST(CohereFormat, AnswersAfterALastAssistantMessage) {
  EXPECT_FALSE(CohereFormat().TakesAssistantPrefix("command-a-03-2025"));
}

}  // namespace
}  // namespace junctor::engine
