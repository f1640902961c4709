// What an answer costs: the formula, and what decides which prices are in force.
#include "engine/prices/cost.h"

#include <gtest/gtest.h>

#include <limits>
#include <random>

#include "engine/prices/estimate.h"

namespace junctor::engine {
namespace {

constexpr AttoDollars kPerMillion = 1'000'000'000'000;  // a dollar per million tokens
constexpr int64_t kDay = 86'400;

PriceSet Prices(AttoDollars input, AttoDollars output) {
  PriceSet prices;
  prices.Set(PriceKind::kInput, input);
  prices.Set(PriceKind::kOutput, output);
  return prices;
}

Usage Used(uint64_t input, uint64_t output) {
  Usage usage;
  usage.input = input;
  usage.output = output;
  return usage;
}

TEST(Cost, InputAndOutput) {
  const Cost cost = CostOf(Prices(3 * kPerMillion, 15 * kPerMillion), Used(1000, 200));
  EXPECT_EQ(cost.amount, 3'000'000 + 3'000'000);
  EXPECT_TRUE(cost.complete);
}

TEST(Cost, CacheWritesThatAreKeptForAnHourHaveAPriceOfTheirOwn) {
  PriceSet prices;
  prices.Set(PriceKind::kInput, 4 * kPerMillion);
  prices.Set(PriceKind::kCacheWrite, 5 * kPerMillion);
  prices.Set(PriceKind::kOutput, 0);
  Usage usage;
  usage.input = 1000;
  usage.output = 0;
  usage.cache_write = 300;
  usage.cache_write_hour = 100;
  EXPECT_EQ(CostOf(prices, usage).amount, (700 * 4 + 300 * 5) * 1000);
  prices.Set(PriceKind::kCacheWriteHour, 8 * kPerMillion);
  EXPECT_EQ(CostOf(prices, usage).amount, (700 * 4 + 200 * 5 + 100 * 8) * 1000);
  usage.cache_write_hour = 400;
  EXPECT_EQ(CostOf(prices, usage).amount, (700 * 4 + 300 * 8) * 1000) << "no more than all writes";
  EXPECT_GE(UpperBoundOf(prices, 1000, 0), CostOf(prices, usage).amount);
}

TEST(Cost, WhatTheProviderBillsStandsInForWhatItUsed) {
  Usage usage = Used(1000, 200);
  usage.billed_input = 10;
  usage.billed_output = 5;
  EXPECT_EQ(CostOf(Prices(3 * kPerMillion, 15 * kPerMillion), usage).amount, 30'000 + 75'000);
}

TEST(Cost, SearchesAndCitationsHavePricesOfTheirOwn) {
  PriceSet prices = Prices(3 * kPerMillion, 15 * kPerMillion);
  Usage usage = Used(1000, 200);
  usage.searches = 3;
  usage.citation = 50;
  EXPECT_EQ(CostOf(prices, usage).amount, 3'000'000 + 3'000'000);
  prices.Set(PriceKind::kWebSearch, kAttoDollarsPerDollar / 100);
  prices.Set(PriceKind::kCitation, 2 * kPerMillion);
  const Cost cost = CostOf(prices, usage);
  EXPECT_EQ(cost.amount, 3'000'000 + 150 * 15'000 + 50 * 2'000 + 30'000'000);
  EXPECT_TRUE(cost.complete);
}

TEST(Cost, CachedInputAndCacheWritesArePartsOfTheInput) {
  PriceSet prices = Prices(4 * kPerMillion, 0);
  prices.Set(PriceKind::kCachedInput, kPerMillion);
  prices.Set(PriceKind::kCacheWrite, 5 * kPerMillion);
  Usage usage = Used(1000, 0);
  usage.cached_read = 600;
  usage.cache_write = 300;
  EXPECT_EQ(CostOf(prices, usage).amount, 100 * 4'000 + 600 * 1'000 + 300 * 5'000);
}

TEST(Cost, WithoutPricesOfTheirOwnCachedTokensCostWhatInputCosts) {
  Usage usage = Used(1000, 0);
  usage.cached_read = 600;
  usage.cache_write = 300;
  EXPECT_EQ(CostOf(Prices(4 * kPerMillion, 0), usage).amount, 4'000'000);
}

TEST(Cost, PartsThatExceedTheWholeAreCutToIt) {
  PriceSet prices = Prices(4 * kPerMillion, 8 * kPerMillion);
  prices.Set(PriceKind::kCachedInput, kPerMillion);
  prices.Set(PriceKind::kReasoning, 2 * kPerMillion);
  Usage usage = Used(100, 10);
  usage.cached_read = 70;
  usage.cache_write = std::numeric_limits<uint64_t>::max();
  usage.reasoning = 11;
  EXPECT_EQ(CostOf(prices, usage).amount, 70 * 1'000 + 30 * 4'000 + 10 * 2'000);
}

TEST(Cost, ReasoningIsPartOfTheOutput) {
  PriceSet prices = Prices(0, 8 * kPerMillion);
  Usage usage = Used(0, 100);
  usage.reasoning = 40;
  EXPECT_EQ(CostOf(prices, usage).amount, 800'000) << "no price of its own: what output costs";
  prices.Set(PriceKind::kReasoning, 3 * kPerMillion);
  EXPECT_EQ(CostOf(prices, usage).amount, 60 * 8'000 + 40 * 3'000);
}

TEST(Cost, AudioCostsWhatTextDoesUnlessPriced) {
  PriceSet prices = Prices(kPerMillion, 2 * kPerMillion);
  Usage usage = Used(100, 50);
  usage.audio_input = 30;
  usage.audio_output = 20;
  EXPECT_EQ(CostOf(prices, usage).amount, 100 * 1'000 + 50 * 2'000);
  prices.Set(PriceKind::kAudioInput, 10 * kPerMillion);
  prices.Set(PriceKind::kAudioOutput, 20 * kPerMillion);
  EXPECT_EQ(CostOf(prices, usage).amount, 70 * 1'000 + 30 * 10'000 + 30 * 2'000 + 20 * 20'000);
}

TEST(Cost, ARequestsFeeComesOnce) {
  PriceSet prices = Prices(kPerMillion, kPerMillion);
  prices.Set(PriceKind::kRequest, kAttoDollarsPerDollar / 100);
  EXPECT_EQ(CostOf(prices, Used(5, 5)).amount, 10'000'000 + 10'000);
}

TEST(Cost, SaysWhenSomethingIsMissing) {
  const PriceSet both = Prices(kPerMillion, kPerMillion);
  Usage input_only;
  input_only.input = 10;
  Usage output_only;
  output_only.output = 10;
  EXPECT_FALSE(CostOf(both, Usage()).complete);
  EXPECT_EQ(CostOf(both, Usage()).amount, 0);
  EXPECT_FALSE(CostOf(both, input_only).complete);
  EXPECT_EQ(CostOf(both, input_only).amount, 10'000);
  EXPECT_FALSE(CostOf(both, output_only).complete);

  // Embeddings have no output, neither counted nor priced.
  PriceSet embeddings;
  embeddings.Set(PriceKind::kInput, kPerMillion);
  EXPECT_TRUE(CostOf(embeddings, input_only).complete);
  EXPECT_FALSE(CostOf(embeddings, Usage()).complete);
  EXPECT_FALSE(CostOf(embeddings, Used(10, 1)).complete) << "output that has no price";

  EXPECT_TRUE(CostOf(Prices(0, 0), Usage()).complete) << "free is free";
  PriceSet seconds;
  seconds.Set(PriceKind::kAudioSecond, kPerMillion);
  EXPECT_FALSE(CostOf(seconds, Usage()).complete);
}

TEST(Cost, RoundsUpOnce) {
  // Four tokens of a quarter of a nano-dollar each: one, not four.
  const AttoDollars quarter = kAttoDollarsPerNanoDollar / 4;
  EXPECT_EQ(CostOf(Prices(quarter, quarter), Used(2, 2)).amount, 1);
  EXPECT_EQ(CostOf(Prices(quarter, quarter), Used(2, 3)).amount, 2);
  EXPECT_EQ(CostOf(Prices(1, 0), Used(1, 0)).amount, 1);
}

TEST(Cost, TheLargestCountsSaturate) {
  constexpr uint64_t kMost = std::numeric_limits<uint64_t>::max();
  EXPECT_EQ(CostOf(Prices(kMaxTokenPrice, kMaxTokenPrice), Used(kMost, kMost)).amount,
            std::numeric_limits<NanoDollars>::max());
}

ModelPrice Model() {
  ModelPrice model;
  model.prices = Prices(kPerMillion, 2 * kPerMillion);
  return model;
}

TEST(PricesAt, TheHighestTierPassedAppliesToTheWholeRequest) {
  ModelPrice model = Model();
  model.prices.Set(PriceKind::kCachedInput, kPerMillion / 2);
  PriceTier tier;
  tier.above_input_tokens = 100;
  tier.prices.Set(PriceKind::kInput, 10 * kPerMillion);
  model.tiers.push_back(tier);
  tier.above_input_tokens = 1000;
  tier.prices.Set(PriceKind::kInput, 20 * kPerMillion);
  tier.prices.Set(PriceKind::kOutput, 30 * kPerMillion);
  model.tiers.push_back(tier);

  EXPECT_EQ(CostOf(model, Used(100, 1), 0).amount, 100 * 1'000 + 2'000) << "not above";
  EXPECT_EQ(CostOf(model, Used(101, 1), 0).amount, 101 * 10'000 + 2'000)
      << "a price that the tier does not have stays";
  EXPECT_EQ(CostOf(model, Used(1001, 1), 0).amount, 1001 * 20'000 + 30'000);
  Usage cached = Used(101, 0);
  cached.cached_read = 100;
  EXPECT_EQ(CostOf(model, cached, 0).amount, 10'000 + 100 * 500)
      << "cached input counts for the tier";
}

TEST(PricesAt, ChangesBeginOnTheirDateAndAddUp) {
  ModelPrice model = Model();
  PriceChange change;
  change.from_unix_seconds = 10 * kDay;
  change.prices.Set(PriceKind::kInput, 5 * kPerMillion);
  model.changes.push_back(change);
  change = {};
  change.from_unix_seconds = 20 * kDay;
  change.prices.Set(PriceKind::kOutput, 7 * kPerMillion);
  model.changes.push_back(change);

  EXPECT_EQ(PricesAt(model, 0, 10 * kDay - 1), model.prices);
  EXPECT_EQ(PricesAt(model, 0, 10 * kDay), Prices(5 * kPerMillion, 2 * kPerMillion));
  EXPECT_EQ(PricesAt(model, 0, 20 * kDay), Prices(5 * kPerMillion, 7 * kPerMillion));
}

TEST(PricesAt, DailyWindowsHoldTheirBeginningAndNotTheirEnd) {
  ModelPrice model = Model();
  DailyPrices daily;
  daily.from_second = 3'600;
  daily.to_second = 7'200;
  daily.prices = Prices(9 * kPerMillion, 9 * kPerMillion);
  model.daily.push_back(daily);
  daily.from_second = 82'800;  // 23:00 to 00:30
  daily.to_second = 1'800;
  daily.prices = Prices(8 * kPerMillion, 8 * kPerMillion);
  model.daily.push_back(daily);

  struct Case {
    int64_t second;
    AttoDollars input;
  };
  const Case cases[] = {{3'599, 1},  {3'600, 9},  {7'199, 9}, {7'200, 1}, {82'799, 1},
                        {82'800, 8}, {86'399, 8}, {0, 8},     {1'799, 8}, {1'800, 1}};
  for (const Case& c : cases) {
    for (const int64_t day : {0, 1, 20'000, -1}) {  // a day before 1970 has hours too
      EXPECT_EQ(PricesAt(model, 0, day * kDay + c.second)[PriceKind::kInput], c.input * kPerMillion)
          << c.second << " on day " << day;
    }
  }
}

// The formula as it stands in the data's header, in plain 128-bit arithmetic.
TEST(Cost, IsExactForAnyPricesAndCounts) {
  __extension__ typedef unsigned __int128 Reference;
  std::mt19937_64 random(11);
  const auto any = [&random](uint64_t max) { return (random() >> (random() % 64)) % (max + 1); };
  for (int i = 0; i < 50'000; ++i) {
    PriceSet prices = Prices(any(kMaxTokenPrice), any(kMaxTokenPrice));
    prices.Set(PriceKind::kCachedInput, any(kMaxTokenPrice));
    prices.Set(PriceKind::kCacheWrite, any(kMaxTokenPrice));
    if (i % 2 == 0) prices.Set(PriceKind::kReasoning, any(kMaxTokenPrice));
    Usage usage = Used(any(1'000'000'000'000), any(1'000'000'000'000));
    usage.cached_read = any(*usage.input);
    usage.cache_write = any(*usage.input - *usage.cached_read);
    usage.reasoning = any(*usage.output);

    const auto price = [&prices](PriceKind kind) { return Reference(prices[kind].value_or(0)); };
    const Reference output_price = price(PriceKind::kOutput);
    const Reference reasoning_price =
        prices[PriceKind::kReasoning].has_value() ? price(PriceKind::kReasoning) : output_price;
    const Reference exact =
        (*usage.input - *usage.cached_read - *usage.cache_write) * price(PriceKind::kInput) +
        *usage.cached_read * price(PriceKind::kCachedInput) +
        *usage.cache_write * price(PriceKind::kCacheWrite) +
        (*usage.output - *usage.reasoning) * output_price + *usage.reasoning * reasoning_price;
    Reference rounded = (exact + kAttoDollarsPerNanoDollar - 1) / kAttoDollarsPerNanoDollar;
    const auto most = Reference(std::numeric_limits<NanoDollars>::max());
    if (rounded > most) rounded = most;

    const Cost cost = CostOf(prices, usage);
    ASSERT_EQ(Reference(static_cast<uint64_t>(cost.amount)), rounded) << "round " << i;
    ASSERT_TRUE(cost.complete);
    ASSERT_LE(cost.amount, UpperBoundOf(prices, *usage.input, *usage.output)) << "round " << i;
  }
}

TEST(Cost, UpperBoundHoldsForAudioAndFees) {
  PriceSet prices = Prices(kPerMillion, 2 * kPerMillion);
  prices.Set(PriceKind::kAudioInput, 10 * kPerMillion);
  prices.Set(PriceKind::kAudioOutput, 20 * kPerMillion);
  prices.Set(PriceKind::kRequest, kAttoDollarsPerDollar / 100);
  Usage usage = Used(100, 50);
  usage.audio_input = 100;
  usage.audio_output = 50;
  EXPECT_EQ(UpperBoundOf(prices, 100, 50), CostOf(prices, usage).amount);
}

TEST(Estimate, FourBytesAToken) {
  EXPECT_EQ(EstimateTokens(0), 0U);
  EXPECT_EQ(EstimateTokens(1), 1U);
  EXPECT_EQ(EstimateTokens(4), 1U);
  EXPECT_EQ(EstimateTokens(5), 2U);
  EXPECT_EQ(EstimateTokens(std::numeric_limits<uint64_t>::max()), uint64_t{1} << 62);
}

TEST(Estimate, DefaultPriceIsBounded) {
  EXPECT_EQ(CostOf(PricesOf({.input = 3, .output = 15}), Used(10, 10)).amount, 180);
  EXPECT_EQ(PricesOf({.input = std::numeric_limits<uint64_t>::max(), .output = 0}),
            Prices(kMaxTokenPrice, 0));
}

}  // namespace
}  // namespace junctor::engine
