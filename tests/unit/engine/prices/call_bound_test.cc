// The most that a call can cost: no answer that keeps to the request's bounds is charged more.
#include "engine/prices/call_bound.h"

#include <gtest/gtest.h>

#include <string>

#include "engine/prices/cost.h"

namespace junctor::engine {
namespace {

constexpr int64_t kNow = 1'800'000'000;  // 08:00 UTC

const PriceTable& Table() {
  static const PriceTable* const table = new PriceTable(*PriceTable::Parse(R"({"models":[
    {"provider":"openai","model":"flat","per_token_in":0.000001,"per_token_out":0.00001},
    {"provider":"openai","model":"small","per_token_in":0.000001,"per_token_out":0.00001,
     "context_window":1000},
    {"provider":"openai","model":"large","per_token_out":0.00001,"context_window":1000000},
    {"provider":"openai","model":"gpt-4o","per_token_out":0.00001,"context_window":128000},
    {"provider":"openai","model":"told","per_token_out":0.00001,"max_output_tokens":77},
    {"provider":"openai","model":"tiers","per_token_in":0.000001,"per_token_out":0.00001,
     "tiers":[{"above_input_tokens":100,"per_token_in":0.000002,"per_token_out":0.00002}]},
    {"provider":"openai","model":"daily","per_token_in":0.000001,"per_token_out":0.00001,
     "time_of_day":[{"utc_from":"08:05:00Z","utc_to":"09:00:00Z","per_token_out":0.0001}]},
    {"provider":"anthropic","model":"thinks","per_token_in":0,"per_token_out":0.000001}]})"));
  return *table;
}

CallSize SizeOf(std::string body) {
  const size_t bytes = body.size();
  body.append(kBodyPadding, ' ');
  BodyScanner scanner;
  BodyIndex index;
  EXPECT_TRUE(scanner.Scan(std::string_view(body).substr(0, bytes), &index).ok());
  return SizeOfCall(bytes, index);
}

int64_t Bound(std::string_view provider, std::string_view model, const CallSize& size,
              int64_t seconds = 0) {
  PriceBook book;
  book.table = &Table();
  return BoundOfCall(book, std::nullopt, provider, model, size, kNow, seconds);
}

TEST(CallBound, CountsATokenForEachByteAndTheOutputThatIsAllowed) {
  CallSize size = SizeOfCall(50, 10);
  EXPECT_EQ(Bound("openai", "flat", size), 50 * 1000 + 10 * 10'000);
  size.max_completion_tokens = 20;
  EXPECT_EQ(Bound("openai", "flat", size), 50 * 1000 + 20 * 10'000) << "the larger one";
  size.choices = 3;
  EXPECT_EQ(Bound("openai", "flat", size), 50 * 1000 + 3 * 20 * 10'000);
}

TEST(CallBound, TakesTheModelsLimitWhereTheRequestSetsNone) {
  const CallSize size = SizeOfCall(0, std::nullopt);
  EXPECT_EQ(Bound("openai", "told", size), 77 * 10'000);
  EXPECT_EQ(Bound("openai", "gpt-4o", size), 16'384 * 10'000) << "its family's";
  EXPECT_EQ(Bound("openai", "large", size), int64_t{kLongestAnswerTokens} * 10'000);
  EXPECT_EQ(Bound("openai", "small", size), 1000 * 10'000);
  EXPECT_EQ(Bound("openai", "flat", size), int64_t{kUnboundedOutputTokens} * 10'000);
}

TEST(CallBound, TakesTheDearestTierThatTheInputCanReach) {
  EXPECT_EQ(Bound("openai", "tiers", SizeOfCall(100, 10)), 100 * 1000 + 10 * 10'000);
  EXPECT_EQ(Bound("openai", "tiers", SizeOfCall(101, 10)), 101 * 2000 + 10 * 20'000);
}

TEST(CallBound, TakesTheDearestPriceUntilTheCallIsOver) {
  EXPECT_EQ(Bound("openai", "daily", SizeOfCall(0, 10), 200), 10 * 10'000);
  EXPECT_EQ(Bound("openai", "daily", SizeOfCall(0, 10), 600), 10 * 100'000);
}

TEST(CallBound, TakesWhatTheAdapterWillAskForWhereTheProviderWantsABound) {
  CallSize size = SizeOfCall(0, std::nullopt);
  size.default_max_tokens = 300;
  EXPECT_EQ(Bound("anthropic", "thinks", size), 300 * 1000);
  size.thinks = true;
  EXPECT_EQ(Bound("anthropic", "thinks", size), (300 + int64_t{kMostThinkingTokens}) * 1000);
}

TEST(CallBound, LeavesRoomForThinkingWhereAdaptersRaiseTheBound) {
  CallSize size = SizeOf(R"({"max_tokens":100,"reasoning_effort":"high"})");
  size.input_tokens = 0;
  EXPECT_EQ(Bound("anthropic", "thinks", size), (100 + int64_t{kMostThinkingTokens}) * 1000);
}

TEST(CallBound, ReadsTheRequestAndTheElementsParamsOverIt) {
  const CallSize size = SizeOf(R"({"model":"m","max_tokens":5,"n":2,"messages":[]})");
  EXPECT_EQ(size.max_tokens, 5u);
  EXPECT_EQ(size.choices, 2u);
  const CallSize with = WithParams(size, R"({"max_tokens":700,"n":1})");
  EXPECT_EQ(with.max_tokens, 700u);
  EXPECT_EQ(with.choices, 1u);
  EXPECT_EQ(with.input_tokens, size.input_tokens);
  const CallSize absurd = SizeOf(R"({"max_tokens":-4,"max_completion_tokens":1e9,"n":"x"})");
  EXPECT_FALSE(absurd.max_tokens.has_value());
  EXPECT_FALSE(absurd.max_completion_tokens.has_value());
  EXPECT_EQ(absurd.choices, kMostChoices);
  const CallSize texts = SizeOf(R"({"max_tokens":"40","n":"3"})");
  EXPECT_EQ(texts.max_tokens, 40u);
  EXPECT_EQ(texts.choices, 3u);
  EXPECT_EQ(SizeOf(R"({"n":null})").choices, 1u);
}

TEST(CallBound, CountsPicturesAsPicturesAndNotByTheirBytes) {
  const std::string picture(100'000, 'A');
  const CallSize size =
      SizeOf(R"({"messages":[{"role":"user","content":[{"type":"image_url","image_url":{"url":)"
             R"("data:image/png;base64,)" +
             picture + R"("}}]}]})");
  EXPECT_GT(size.input_tokens, kTokensPerPicture);
  EXPECT_LT(size.input_tokens, 3 * kTokensPerPicture);
}

TEST(CallBound, OfNumbersBeyondAllReasonIsTheLargestAmount) {
  CallSize size = SizeOfCall(UINT64_MAX, UINT64_MAX);
  size.choices = UINT64_MAX;
  EXPECT_EQ(Bound("openai", "flat", size), INT64_MAX);
}

TEST(CallBound, CoversWhatAnAnswerWithinItCosts) {
  PriceBook book;
  book.table = &Table();
  for (const uint64_t input : {0u, 99u, 100u, 101u, 5000u}) {
    for (const char* const model : {"flat", "tiers", "daily", "nobody-knows"}) {
      const CallSize size = SizeOfCall(input, 40);
      const int64_t bound =
          BoundOfCall(book, std::nullopt, "openai", model, size, kNow, /*seconds=*/600);
      for (const int64_t later : {0, 299, 300, 301, 600}) {
        Usage usage;
        usage.input = input;
        usage.output = 40;
        usage.cached_read = input / 2;
        usage.reasoning = 20;
        const PriceSet prices = book.PricesAt("openai", model, input, kNow + later).prices;
        EXPECT_LE(CostOf(prices, usage).amount, bound) << model << " " << input << " " << later;
      }
    }
  }
}

}  // namespace
}  // namespace junctor::engine
