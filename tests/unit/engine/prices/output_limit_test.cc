// Longest answers of models whose family is known.
#include "engine/prices/output_limit.h"

#include <gtest/gtest.h>

namespace junctor::engine {
namespace {

TEST(OutputLimit, IsThatOfTheFamilyWhoeverServesIt) {
  const struct {
    const char* model;
    std::optional<uint64_t> tokens;
  } cases[] = {
      {"gpt-4o", 16'384},
      {"openai/gpt-4o-mini-2024-07-18", 16'384},
      {"gpt-4.1-nano", 32'768},
      {"gpt-5.4-pro", 128'000},
      {"gpt-5-chat-latest", 16'384},
      {"o1", 100'000},
      {"o1-mini", 65'536},
      {"claude-3-opus-latest", 4'096},
      {"claude-3-5-haiku-latest", 8'192},
      {"us.anthropic.claude-3-7-sonnet-20250219-v1:0", 128'000},
      {"anthropic/claude-opus-4-5", 64'000},
      {"models/gemini-2.5-flash", 65'536},
      {"solo1", std::nullopt},
      {"my-gpt-4o", std::nullopt},
      {"claude-opus-5", std::nullopt},
      {"", std::nullopt},
  };
  for (const auto& one : cases) EXPECT_EQ(KnownOutputLimit(one.model), one.tokens) << one.model;
}

}  // namespace
}  // namespace junctor::engine
