#include "engine/providers/anthropic/claude_models.h"

#include <gtest/gtest.h>

namespace junctor::engine {
namespace {

TEST(ClaudeModels, VersionsAreReadFromEverySpelling) {
  struct Case {
    std::string_view name;
    uint32_t major;
    uint32_t minor;
  };
  const Case cases[] = {
      {"claude-sonnet-4-5", 4, 5},
      {"claude-4-5-sonnet", 4, 5},
      {"claude-sonnet-4-5-20250929", 4, 5},
      {"claude-sonnet-4-5@20250929", 4, 5},
      {"claude-sonnet-4-20250514", 4, 0},
      {"claude-opus-4-1", 4, 1},
      {"claude-opus-5", 5, 0},
      {"Claude-Opus-4.7", 4, 7},
      {"claude-3-5-haiku-20241022", 3, 5},
      {"claude-3-opus-20240229", 3, 0},
      {"claude-3-7-sonnet-latest", 3, 7},
      {"claude-2.1", 2, 1},
      {"anthropic.claude-v2:1", 2, 1},
      {"claude-instant-1.2", 1, 2},
      {"anthropic.claude-opus-4-7-v1:0", 4, 7},
      {"us.anthropic.claude-sonnet-4-20250514-v1:0", 4, 0},
      {"arn:aws:bedrock:us-east-1:123456789012:inference-profile/"
       "us.anthropic.claude-sonnet-4-5-20250929-v1:0",
       4, 5},
      {"claude-next", 0, 0},
      {"gpt-5", 0, 0},
      {"", 0, 0},
  };
  for (const Case& one : cases) {
    const ClaudeModel model = ClaudeModelOf(one.name);
    EXPECT_EQ(model.major, one.major) << one.name;
    EXPECT_EQ(model.minor, one.minor) << one.name;
  }
}

TEST(ClaudeModels, EachGenerationTakesItsOwn) {
  using Thinking = ClaudeModel::Thinking;
  struct Case {
    std::string_view name;
    bool sampling;
    bool temperature_with_top_p;
    Thinking thinking;
    bool disabled;
    bool output_format;
    bool prefill;
  };
  const Case cases[] = {
      {"claude-3-5-haiku-20241022", true, true, Thinking::kNone, false, false, true},
      {"claude-3-7-sonnet-20250219", true, true, Thinking::kBudget, true, false, true},
      {"claude-opus-4-1", true, true, Thinking::kBudget, true, false, true},
      {"claude-haiku-4-5", true, false, Thinking::kBudget, true, true, true},
      {"claude-sonnet-4-6", true, false, Thinking::kAdaptive, true, true, false},
      {"claude-opus-4-7", false, false, Thinking::kAdaptive, true, true, false},
      {"claude-opus-5", false, false, Thinking::kAdaptive, false, true, false},
      {"claude-next", false, false, Thinking::kAdaptive, false, true, false},
  };
  for (const Case& one : cases) {
    const ClaudeModel model = ClaudeModelOf(one.name);
    EXPECT_EQ(model.takes_sampling, one.sampling) << one.name;
    EXPECT_EQ(model.takes_temperature_with_top_p, one.temperature_with_top_p) << one.name;
    EXPECT_EQ(model.thinking, one.thinking) << one.name;
    EXPECT_EQ(model.takes_thinking_disabled, one.disabled) << one.name;
    EXPECT_EQ(model.takes_output_format, one.output_format) << one.name;
    EXPECT_EQ(model.takes_prefill, one.prefill) << one.name;
  }
}

TEST(ClaudeModels, AliasesBecomeNativeNames) {
  struct Case {
    std::string_view alias;
    std::string_view native;
  };
  const Case cases[] = {
      {"claude-4-5-sonnet", "claude-sonnet-4-5"},
      {"claude-4-5-sonnet-20250929", "claude-sonnet-4-5-20250929"},
      {"claude-4-1-opus", "claude-opus-4-1"},
      {"claude-10-12-haiku", "claude-haiku-10-12"},
      {"claude-sonnet-4-5", "claude-sonnet-4-5"},
      {"claude-3-5-sonnet-20241022", "claude-3-5-sonnet-20241022"},
      {"claude-3-5-haiku", "claude-3-5-haiku"},
      {"claude-4-5-sonnets", "claude-4-5-sonnets"},
      {"claude-4-5-poem", "claude-4-5-poem"},
      {"claude-4-5-", "claude-4-5-"},
      {"claude-", "claude-"},
      {"gpt-4-5-sonnet", "gpt-4-5-sonnet"},
  };
  for (const Case& one : cases) EXPECT_EQ(NativeClaudeName(one.alias), one.native) << one.alias;
}

TEST(ClaudeModels, KnowsItsOwn) {
  EXPECT_TRUE(IsClaudeModel("us.anthropic.Claude-sonnet-4-5"));
  EXPECT_FALSE(IsClaudeModel("gemini-2.5-pro"));
}

}  // namespace
}  // namespace junctor::engine
