// The price table that is built in: data/model-prices.json.
#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <sstream>
#include <string>

#include "engine/prices/built_in_prices.h"
#include "engine/prices/cost.h"
#include "engine/prices/price_table.h"

namespace junctor::engine {
namespace {

TEST(BuiltInTable, IsTheFileWithItsLicence) {
  const char* source = std::getenv("JUNCTOR_SOURCE_DIR");
  std::ostringstream file;
  file << std::ifstream(std::string(source == nullptr ? "." : source) + "/data/model-prices.json",
                        std::ios::binary)
              .rdbuf();
  ASSERT_FALSE(file.str().empty());
  EXPECT_TRUE(BuiltInPrices() == file.str()) << "built from another file";
  EXPECT_NE(BuiltInPrices().find("The MIT License (MIT)"), std::string_view::npos);
}

TEST(BuiltInTable, HasEveryEntryWithItsOrigin) {
  const auto entries = PriceTable::BuiltIn().Entries();
  EXPECT_EQ(entries.size(), 1378U);
  for (const ModelPrice* entry : entries) {
    EXPECT_EQ(entry->source->version, "0.1.8");
    EXPECT_EQ(entry->source->published, "2026-09-23");
    EXPECT_FALSE(entry->source->name.empty());
  }
}

TEST(BuiltInTable, EveryPriceIsExact) {
  EXPECT_EQ(PriceTable::BuiltIn().Entries().front()->source->rounded_prices, 0U);
}

TEST(BuiltInTable, EveryEntryIsFoundByItsOwnId) {
  const PriceTable& table = PriceTable::BuiltIn();
  for (const ModelPrice* entry : table.Entries()) {
    const std::string asked = entry->model + (entry->via.empty() ? "" : ":" + entry->via);
    const PriceMatch match = table.Match(entry->provider, asked);
    EXPECT_EQ(match.price, entry) << entry->provider << "/" << asked;
    EXPECT_EQ(match.rule, nullptr) << entry->provider << "/" << asked;
    EXPECT_EQ(table.Find(entry->provider, asked), entry);
  }
}

const ModelPrice& Entry(const char* provider, const char* model) {
  const ModelPrice* price = PriceTable::BuiltIn().Find(provider, model);
  EXPECT_NE(price, nullptr) << provider << "/" << model;
  return *price;
}

Usage Used(uint64_t input, uint64_t cached, uint64_t output) {
  Usage usage;
  usage.input = input;
  usage.cached_read = cached;
  usage.output = output;
  return usage;
}

constexpr int64_t kNovember2026 = 1'795'226'400;  // 2026-11-21T02:00:00Z

TEST(BuiltInTable, KnownAnswers) {
  // 3 and 15 dollars per million, cached 0.3; above 200,000 tokens 6, 22.5 and 0.6.
  const ModelPrice& sonnet = Entry("anthropic", "claude-sonnet-4-5");
  EXPECT_EQ(CostOf(sonnet, Used(1000, 600, 100), kNovember2026).amount,
            400 * 3'000 + 600 * 300 + 100 * 15'000);
  EXPECT_EQ(CostOf(sonnet, Used(200'000, 0, 1), kNovember2026).amount, 600'000'000 + 15'000);
  EXPECT_EQ(CostOf(sonnet, Used(200'001, 1, 1), kNovember2026).amount,
            200'000 * 6'000 + 600 + 22'500);

  // 0.75 and 3.75 until the end of 2026, then 1.5 and 7.5.
  const ModelPrice& flash = Entry("google-ai-studio", "gemini-3.6-flash");
  EXPECT_EQ(CostOf(flash, Used(1000, 0, 100), kNovember2026).amount, 750'000 + 375'000);
  EXPECT_EQ(CostOf(flash, Used(1000, 0, 100), 1'798'761'599).amount, 750'000 + 375'000);
  EXPECT_EQ(CostOf(flash, Used(1000, 0, 100), 1'798'761'600).amount, 1'500'000 + 750'000);

  // 0.44 and 1.32 from 01:00 to 04:00 and from 06:00 to 10:00, else half of it.
  const ModelPrice& deepseek = Entry("deepseek", "deepseek-v4-flash");
  EXPECT_EQ(CostOf(deepseek, Used(1000, 0, 100), kNovember2026).amount, 440'000 + 132'000);
  EXPECT_EQ(CostOf(deepseek, Used(1000, 0, 100), kNovember2026 + 3 * 3'600).amount,
            220'000 + 66'000);

  // Two dollars in, 8 out, 3 for reasoning.
  Usage research = Used(100, 0, 1000);
  research.reasoning = 900;
  EXPECT_EQ(CostOf(Entry("perplexity-ai", "sonar-deep-research"), research, 0).amount,
            100 * 2'000 + 100 * 8'000 + 900 * 3'000);
  // A fee of 0.014 dollars a request.
  EXPECT_EQ(CostOf(Entry("perplexity-ai", "sonar-pro"), Used(10, 0, 10), 0).amount,
            14'000'000 + 30'000 + 150'000);
  // Prices with 17 decimals: 8.333333333e-8 a token, rounded up once.
  Usage written = Used(3, 0, 0);
  written.cache_write = 3;
  EXPECT_EQ(CostOf(Entry("openrouter", "google/gemini-3-flash-preview"), written, 0).amount, 250);
}

}  // namespace
}  // namespace junctor::engine
