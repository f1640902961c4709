// Counts of tokens, by what each provider means with them.
#include "engine/providers/chat/openai_usage.h"

#include <gtest/gtest.h>
#include <simdjson.h>

#include <cstdint>
#include <limits>
#include <string>

#include "engine/providers/chat/completion.h"
#include "engine/providers/chat/json_writer.h"

namespace junctor::engine {
namespace {

std::string Text(const std::optional<Usage>& usage) {
  if (!usage.has_value()) return "none";
  std::string text;
  JsonWriter writer(&text);
  WriteUsage(*usage, &writer);
  return text;
}

TEST(OpenAiUsage, IsReadByWhatTheProviderMeans) {
  struct Case {
    std::string_view slug, json, expected;
  };
  const Case cases[] = {
      {"openai",
       R"({"prompt_tokens":20,"completion_tokens":9,"total_tokens":29,)"
       R"("prompt_tokens_details":{"cached_tokens":16,"audio_tokens":2,"cache_write_tokens":3},)"
       R"("completion_tokens_details":{"reasoning_tokens":5,"audio_tokens":1}})",
       R"({"prompt_tokens":20,"completion_tokens":9,"total_tokens":29,)"
       R"("prompt_tokens_details":{"cached_tokens":16,"cache_write_tokens":3,"audio_tokens":2},)"
       R"("completion_tokens_details":{"reasoning_tokens":5,"audio_tokens":1}})"},
      {"openai",
       R"({"input_tokens":20,"output_tokens":9,"input_tokens_details":{"cached_tokens":16},)"
       R"("output_tokens_details":{"reasoning_tokens":5}})",
       R"({"prompt_tokens":20,"completion_tokens":9,"total_tokens":29,)"
       R"("prompt_tokens_details":{"cached_tokens":16},)"
       R"("completion_tokens_details":{"reasoning_tokens":5}})"},
      {"openai", R"({"prompt_tokens":20,"total_tokens":20})",
       R"({"prompt_tokens":20,"completion_tokens":0,"total_tokens":20})"},
      {"openai", R"({"completion_tokens":9,"total_tokens":29})",
       R"({"prompt_tokens":20,"completion_tokens":9,"total_tokens":29})"},
      {"openai", R"({"prompt_tokens":20,"total_tokens":19})",
       R"({"prompt_tokens":20,"total_tokens":19})"},
      {"grok",
       R"({"prompt_tokens":20,"completion_tokens":9,"total_tokens":129,)"
       R"("completion_tokens_details":{"reasoning_tokens":100}})",
       R"({"prompt_tokens":20,"completion_tokens":109,"total_tokens":129,)"
       R"("completion_tokens_details":{"reasoning_tokens":100}})"},
      {"deepseek",
       R"({"prompt_tokens":20,"completion_tokens":9,"prompt_cache_hit_tokens":15,)"
       R"("prompt_cache_miss_tokens":5})",
       R"({"prompt_tokens":20,"completion_tokens":9,"total_tokens":29,)"
       R"("prompt_tokens_details":{"cached_tokens":15}})"},
      {"deepseek",
       R"({"prompt_tokens":20,"completion_tokens":9,"prompt_cache_hit_tokens":15,)"
       R"("prompt_tokens_details":{"cached_tokens":16}})",
       R"({"prompt_tokens":20,"completion_tokens":9,"total_tokens":29,)"
       R"("prompt_tokens_details":{"cached_tokens":16}})"},
      {"openai", R"({"prompt_tokens":20,"completion_tokens":9,"prompt_cache_hit_tokens":15})",
       R"({"prompt_tokens":20,"completion_tokens":9,"total_tokens":29})"},
      {"perplexity-ai",
       R"({"prompt_tokens":20,"completion_tokens":9,"total_tokens":29,"reasoning_tokens":100,)"
       R"("citation_tokens":1000,"num_search_queries":3})",
       R"({"prompt_tokens":20,"completion_tokens":1109,"total_tokens":29,)"
       R"("completion_tokens_details":{"reasoning_tokens":100}})"},
      {"openai", R"({"prompt_tokens":-1,"completion_tokens":"9","total_tokens":2.5})", "none"},
      {"openai", R"({"prompt_tokens":1,"completion_tokens":null,"prompt_tokens_details":7})",
       R"({"prompt_tokens":1})"},
      {"openai", R"({})", "none"},
      {"openai", R"([1])", "none"},
      {"openai", R"({"prompt_tokens":)", "none"},
  };
  for (const Case& one : cases) {
    EXPECT_EQ(Text(ReadOpenAiUsage(one.json, one.slug)), one.expected) << one.slug << one.json;
  }
}

TEST(OpenAiUsage, SearchesAndCitationsAreCounted) {
  const auto usage =
      ReadOpenAiUsage(R"({"prompt_tokens":20,"completion_tokens":9,"citation_tokens":1000,)"
                      R"("num_search_queries":3})",
                      "perplexity-ai");
  ASSERT_TRUE(usage.has_value());
  EXPECT_EQ(usage->citation, 1000u);
  EXPECT_EQ(usage->searches, 3u);
}

TEST(OpenAiUsage, TheCostIsReadWhereTheProviderTellsIt) {
  struct Case {
    std::string_view slug, json;
    std::optional<double> dollars;
  };
  const Case cases[] = {
      {"openrouter", R"({"prompt_tokens":1,"completion_tokens":2,"cost":0.125})", 0.125},
      {"openrouter", R"({"prompt_tokens":1,"completion_tokens":2,"cost":0})", 0.0},
      {"openrouter", R"({"prompt_tokens":1,"completion_tokens":2,"cost":-1})", std::nullopt},
      {"openrouter", R"({"prompt_tokens":1,"completion_tokens":2,"cost":1e300})", std::nullopt},
      {"openrouter", R"({"prompt_tokens":1,"completion_tokens":2,"cost":"1"})", std::nullopt},
      {"perplexity-ai",
       R"({"prompt_tokens":1,"completion_tokens":2,"cost":{"total_cost":0.5,"request_cost":1}})",
       0.5},
      {"perplexity-ai", R"({"prompt_tokens":1,"completion_tokens":2,"cost":0.5})", std::nullopt},
      {"openai", R"({"prompt_tokens":1,"completion_tokens":2,"cost":0.5})", std::nullopt},
  };
  for (const Case& one : cases) {
    const auto usage = ReadOpenAiUsage(one.json, one.slug);
    ASSERT_TRUE(usage.has_value()) << one.json;
    EXPECT_EQ(usage->dollars, one.dollars) << one.slug << one.json;
  }
}

TEST(OpenAiUsage, AnOverflowDoesNotBecomeSomethingSmall) {
  const auto usage =
      ReadOpenAiUsage(R"({"prompt_tokens":1,"completion_tokens":18446744073709551615,)"
                      R"("completion_tokens_details":{"reasoning_tokens":18446744073709551615}})",
                      "grok");
  ASSERT_TRUE(usage.has_value());
  EXPECT_EQ(usage->output, std::numeric_limits<uint64_t>::max());
  EXPECT_EQ(usage->total, std::numeric_limits<uint64_t>::max());
}

TEST(OpenAiUsage, IsFoundInAnswersAndChunks) {
  struct Case {
    std::string_view slug;
    std::string json;
    std::string_view expected;
  };
  const Case cases[] = {
      {"openai", R"({"id":"c","usage":{"prompt_tokens":1,"completion_tokens":2}})",
       R"({"prompt_tokens":1,"completion_tokens":2,"total_tokens":3})"},
      {"openai", R"({"id":"c","usage":null})", "none"},
      {"groq", R"({"x_groq":{"id":"r","usage":{"prompt_tokens":1,"completion_tokens":2}}})",
       R"({"prompt_tokens":1,"completion_tokens":2,"total_tokens":3})"},
      {"groq",
       R"({"usage":{"prompt_tokens":5,"completion_tokens":2},"x_groq":{"usage":{"prompt_tokens":1}}})",
       R"({"prompt_tokens":5,"completion_tokens":2,"total_tokens":7})"},
      {"openai", R"({"x_groq":{"usage":{"prompt_tokens":1,"completion_tokens":2}}})", "none"},
  };
  simdjson::dom::parser parser;
  for (const Case& one : cases) {
    simdjson::dom::object object;
    ASSERT_EQ(parser.parse(one.json).get_object().get(object), simdjson::SUCCESS);
    EXPECT_EQ(Text(FindOpenAiUsage(object, one.slug)), one.expected) << one.json;
  }
}

}  // namespace
}  // namespace junctor::engine
