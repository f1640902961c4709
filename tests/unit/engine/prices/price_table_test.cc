// Look-ups: which entry answers to which spelling.
#include "engine/prices/price_table.h"

#include <gtest/gtest.h>

#include <string>
#include <thread>
#include <vector>

namespace junctor::engine {
namespace {

std::string Found(const PriceTable& table, const std::string& provider, const std::string& model) {
  const ModelPrice* price = table.Find(provider, model);
  if (price == nullptr) return "";
  return price->provider + " " + price->model + (price->via.empty() ? "" : " via " + price->via);
}

TEST(PriceTable, KnowsTheSpellingsOfEachProvider) {
  struct Case {
    const char* provider;
    const char* model;
    const char* entry;
  };
  const Case cases[] = {
      {"openai", "gpt-5.4", "openai gpt-5.4"},
      {"openai", "GPT-5.4", "openai gpt-5.4"},
      {"openai", "gpt-5.6-sol-2026-07-01", "openai gpt-5.6-sol"},
      {"openai", "gpt-99", ""},
      {"anthropic", "claude-sonnet-4-5-20250929", "anthropic claude-sonnet-4-5"},
      {"anthropic", "claude-haiku-4.5", "anthropic claude-haiku-4-5"},
      {"anthropic", "claude-opus-4", "anthropic claude-opus-4-0"},
      {"anthropic", "claude-opus-5-20260701", "anthropic claude-opus-5"},
      {"anthropic", "claude-fable-5-1-20260701", "anthropic claude-fable-5-1"},
      {"google-ai-studio", "gemini-2.5-pro", "google-ai-studio gemini-2.5-pro"},
      {"google-ai-studio", "models/gemini-2.5-pro", "google-ai-studio gemini-2.5-pro"},
      {"google-ai-studio", "gemini-2.5-pro-preview-05-06", "google-ai-studio gemini-2.5-pro"},
      {"google-ai-studio", "gemini-2.5-pro-preview-tts", "google-ai-studio gemini-2.5-pro-tts"},
      {"google-vertex-ai", "google/gemini-2.5-flash", "google-vertex-ai gemini-2.5-flash"},
      {"google-vertex-ai", "google/gemini-2.5-pro", "google-vertex-ai gemini-2.5-pro"},
      {"google-vertex-ai", "anthropic/claude-opus-5@20260701", "google-vertex-ai claude-opus-5"},
      {"google-vertex-ai", "publishers/anthropic/models/claude-sonnet-4-5",
       "google-vertex-ai claude-sonnet-4-5"},
      {"google-vertex-ai", "anthropic/claude-sonnet-4", "google-vertex-ai claude-4-sonnet"},
      {"aws-bedrock", "anthropic.claude-opus-5", "aws-bedrock regional.anthropic.claude-opus-5"},
      {"aws-bedrock", "us.anthropic.claude-opus-5", "aws-bedrock regional.anthropic.claude-opus-5"},
      {"aws-bedrock", "global.anthropic.claude-opus-5",
       "aws-bedrock global.anthropic.claude-opus-5"},
      {"aws-bedrock", "us-gov.anthropic.claude-haiku-4-5-20251001-v1:0",
       "aws-bedrock regional.anthropic.claude-haiku-4-5-20251001-v1:0"},
      // Entries that know the bare name alone.
      {"aws-bedrock", "us.openai.gpt-5.4", "aws-bedrock openai.gpt-5.4"},
      {"aws-bedrock", "apac.openai.gpt-5.6-luna", "aws-bedrock regional.openai.gpt-5.6-luna"},
      {"aws-bedrock", "eu.amazon.nova-pro-v1:0", "aws-bedrock amazon.nova-pro-v1:0"},
      {"aws-bedrock", "arn:aws:bedrock:us-east-1:123456789012:inference-profile/us.openai.gpt-5.5",
       "aws-bedrock openai.gpt-5.5"},
      {"azure-openai", "o3", "azure-openai o3-2025-04-16"},
      {"azure-openai", "phi-4", "azure-openai phi-4"},
      {"azure-openai", "gpt-5.4", "openai gpt-5.4"},
      {"azure-openai", "my-deployment", ""},
      {"grok", "grok-4", "grok grok-4-0709"},
      {"grok", "grok-4.5-20260101", "grok grok-4.5"},
      {"mistral", "mistral-large-latest", "mistral mistral-large"},
      {"mistral", "magistral-medium-2509", "mistral magistral-medium"},
      {"cohere", "command-a-03-2025", "cohere command-a"},
      {"perplexity-ai", "sonar-pro", "perplexity-ai sonar-pro"},
      {"workers-ai", "@cf/meta/llama-3.1-8b-instruct-fast",
       "workers-ai @cf/meta/llama-3.1-8b-instruct-fp8-fast"},
      {"deepseek", "deepseek-chat", "deepseek deepseek-chat"},
      {"openrouter", "openai/gpt-6-luna-20260801", "openrouter openai/gpt-6-luna"},
      {"openrouter", "~google/gemini-flash-latest", "openrouter ~google/gemini-flash-latest"},
      {"huggingface", "openai/gpt-oss-120b:groq", "huggingface openai/gpt-oss-120b via groq"},
      {"huggingface", "openai/gpt-oss-120b:nebius", "huggingface openai/gpt-oss-120b via nebius"},
      {"huggingface", "MiniMaxAI/MiniMax-M2.1:novita",
       "huggingface MiniMaxAI/MiniMax-M2 via novita"},
      {"huggingface", "PrimeIntellect/INTELLECT-3-FP8",
       "huggingface PrimeIntellect/INTELLECT-3-FP8 via nebius"},
      // A back end that has no price of its own, or none that we know: the first that has one.
      {"huggingface", "PrimeIntellect/INTELLECT-3-FP8:fastest",
       "huggingface PrimeIntellect/INTELLECT-3-FP8 via nebius"},
      {"no-such-provider", "gpt-5.4", ""},
      {"openai", "", ""},
      {"", "", ""},
  };
  for (const Case& c : cases) {
    EXPECT_EQ(Found(PriceTable::BuiltIn(), c.provider, c.model), c.entry)
        << c.provider << "/" << c.model;
  }
}

constexpr char kTable[] = R"({"models":[
  {"provider":"p","model":"a","per_token_in":0.1,"match":[{"prefix":"x"}]},
  {"provider":"p","model":"b","per_token_in":0.2,"match":[{"prefix":"x-1"}]},
  {"provider":"p","model":"x-2","per_token_in":0.3}]})";

TEST(PriceTable, IdsComeBeforeRulesAndRulesInOrder) {
  const auto table = PriceTable::Parse(kTable);
  ASSERT_TRUE(table.ok()) << table.status();
  EXPECT_EQ(Found(*table, "p", "x-1"), "p a");
  EXPECT_EQ(Found(*table, "p", "x-2"), "p x-2");
  EXPECT_EQ(Found(*table, "p", "b"), "p b");
  const PriceMatch by_rule = table->Match("p", "x-1");
  ASSERT_NE(by_rule.rule, nullptr);
  EXPECT_EQ(by_rule.rule->ToString(), "prefix `x`");
  EXPECT_EQ(table->Match("p", "x-2").rule, nullptr);
  EXPECT_EQ(table->Match("p", "y").price, nullptr);
}

TEST(PriceTable, AnAnswersOwnModelComesFirst) {
  const auto table = PriceTable::Parse(kTable);
  ASSERT_TRUE(table.ok());
  EXPECT_EQ(table->FindForAnswer("p", "b", "a")->model, "b");
  EXPECT_EQ(table->FindForAnswer("p", "unknown", "a")->model, "a");
  EXPECT_EQ(table->FindForAnswer("p", "", "a")->model, "a");
  EXPECT_EQ(table->FindForAnswer("p", "", "unknown"), nullptr);
}

TEST(PriceTable, NamesThatNoModelHasCostNothingToRefuse) {
  const PriceTable& table = PriceTable::BuiltIn();
  EXPECT_EQ(table.Find("anthropic", "claude-2" + std::string(PriceTable::kMaxLookupBytes, 'x')),
            nullptr);
  EXPECT_EQ(table.Match("anthropic", "claude-2" + std::string(1'000'000, 'x')).price, nullptr);
  EXPECT_NE(table.Find("anthropic", "claude-2" + std::string(400, 'x')), nullptr);
}

TEST(PriceTable, TheCacheAnswersAsTheSearchDoes) {
  const PriceTable& table = PriceTable::BuiltIn();
  // More names than it holds, each twice, so that names come, go and come back.
  for (int round = 0; round < 2; ++round) {
    for (size_t i = 0; i < 2 * LookupCache::kSets * LookupCache::kWays; ++i) {
      const std::string model = (i % 2 == 0 ? "claude-opus-4-1-" : "unknown-") + std::to_string(i);
      ASSERT_EQ(Found(table, "anthropic", model), i % 2 == 0 ? "anthropic claude-opus-4-1" : "");
      ASSERT_EQ(Found(table, "anthropic", model), i % 2 == 0 ? "anthropic claude-opus-4-1" : "");
    }
  }
}

TEST(PriceTable, ThreadsMayLookUpAtOnce) {
  const PriceTable table = PriceTable::BuiltIn().WithOverrides(*PriceTable::Parse(kTable));
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&table, t] {
      for (int i = 0; i < 500; ++i) {
        EXPECT_EQ(Found(table, "p", "x-" + std::to_string(i + 10)), "p a");
        EXPECT_EQ(Found(table, "openai", "gpt-5.4"), "openai gpt-5.4");
        EXPECT_EQ(Found(table, "openai", std::to_string(t) + "-" + std::to_string(i)), "");
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
}

}  // namespace
}  // namespace junctor::engine
