// What Google's models are told of thinking, by their names.
#include "engine/providers/google/gemini_models.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace junctor::engine {
namespace {

// "budget 1024", "level LOW", "none".
std::string Thinking(std::string_view model, ReasoningEffort effort) {
  const GeminiTraits traits = GeminiTraitsOf(model);
  switch (traits.thinking) {
    case ThinkingControl::kNone:
      return "none";
    case ThinkingControl::kBudget:
      return "budget " + std::to_string(ThinkingBudgetFor(traits, effort));
    case ThinkingControl::kLevel:
      return "level " + std::string(ThinkingLevelFor(traits, effort));
  }
  return {};
}

TEST(GeminiModels, EffortsBecomeWhatEachGenerationTakes) {
  struct Case {
    const char* model;
    std::vector<std::string> expected;  // none, minimal, low, medium, high, xhigh, max
  };
  const std::vector<std::string> flash_3 = {"level MINIMAL", "level MINIMAL", "level LOW",
                                            "level MEDIUM",  "level HIGH",    "level HIGH",
                                            "level HIGH"};
  const std::vector<std::string> without_minimal = {"level LOW",    "level LOW",  "level LOW",
                                                    "level MEDIUM", "level HIGH", "level HIGH",
                                                    "level HIGH"};
  const std::vector<std::string> pro_3 = {"level LOW",  "level LOW",  "level LOW", "level HIGH",
                                          "level HIGH", "level HIGH", "level HIGH"};
  const std::vector<std::string> flash_25 = {"budget 0",    "budget 1024",  "budget 1024",
                                             "budget 8192", "budget 24576", "budget 24576",
                                             "budget 24576"};
  const std::vector<std::string> pro_25 = {"budget 128",  "budget 1024",  "budget 1024",
                                           "budget 8192", "budget 24576", "budget 24576",
                                           "budget 24576"};
  const std::vector<std::string> none(7, "none");
  const std::vector<Case> cases = {
      {"gemini-3-flash-preview", flash_3},
      {"models/gemini-3-flash-preview", flash_3},
      {"gemini-3.1-flash-lite-preview", flash_3},
      {"gemini-3.5-flash", flash_3},
      {"gemini-3.7-flash", without_minimal},
      {"gemini-3-pro-preview", pro_3},
      {"gemini-3.1-pro-preview", without_minimal},
      {"gemini-4-flash", without_minimal},
      {"gemini-10.2-ultra", without_minimal},
      {"gemini-2.5-pro", pro_25},
      {"gemini-2.5-flash", flash_25},
      {"gemini-2.5-flash-lite", flash_25},
      {"gemini-flash-latest", flash_25},
      {"gemini-pro-latest", pro_25},
      {"gemini-2.5-flash-image", none},
      {"gemini-2.5-pro-preview-tts", none},
      {"gemini-3-pro-image-preview", none},
      {"gemini-2.0-flash", none},
      {"gemini-1.5-pro-002", none},
      {"gemma-3-27b-it", none},
      {"", none},
      {"gemini-", none},
  };
  for (const Case& c : cases) {
    for (size_t i = 0; i < c.expected.size(); ++i) {
      EXPECT_EQ(Thinking(c.model, static_cast<ReasoningEffort>(i)), c.expected[i])
          << c.model << " at effort " << i;
    }
  }
}

TEST(GeminiModels, SignaturesAreNeededFromTheThirdGenerationOn) {
  EXPECT_TRUE(GeminiTraitsOf("gemini-3-pro-preview").needs_signatures);
  EXPECT_TRUE(GeminiTraitsOf("gemini-3.1-flash-lite").needs_signatures);
  EXPECT_FALSE(GeminiTraitsOf("gemini-2.5-pro").needs_signatures);
  EXPECT_FALSE(GeminiTraitsOf("gemma-3-27b-it").needs_signatures);
}

TEST(GeminiModels, OldGenerationsTakeTheSubsetOfSchemas) {
  EXPECT_FALSE(GeminiTraitsOf("gemini-2.0-flash").json_schema);
  EXPECT_FALSE(GeminiTraitsOf("gemini-1.5-pro-002").json_schema);
  EXPECT_TRUE(GeminiTraitsOf("gemini-2.5-flash").json_schema);
  EXPECT_TRUE(GeminiTraitsOf("gemini-flash-latest").json_schema);
}

}  // namespace
}  // namespace junctor::engine
