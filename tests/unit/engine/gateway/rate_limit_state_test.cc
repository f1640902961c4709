// The headers that tell a caller of its tightest count limit.
#include "engine/gateway/rate_limit_state.h"

#include <gtest/gtest.h>

namespace junctor::engine {
namespace {

TEST(RateLimitState, WritesTimesAsOpenAiDoes) {
  const struct {
    uint64_t milliseconds;
    const char* text;
  } cases[] = {{0, "0ms"},
               {120, "120ms"},
               {999, "999ms"},
               {1000, "1s"},
               {1001, "2s"},
               {59'000, "59s"},
               {60'000, "1m0s"},
               {360'000, "6m0s"},
               {3'600'000, "1h0m0s"},
               {90'061'000, "25h1m1s"}};
  for (const auto& c : cases) EXPECT_EQ(DurationText(c.milliseconds), c.text);
}

LimitVerdict Left(uint64_t limit, uint64_t left, uint64_t reset_ms) {
  LimitVerdict verdict;
  verdict.limit = limit;
  verdict.left = left;
  verdict.reset_ms = reset_ms;
  return verdict;
}

TEST(RateLimitState, TellsOfTheTightestLimitInPlaceOfTheProviders) {
  RateLimitState state;
  net::HeaderList headers;
  headers.push_back({"X-RateLimit-Remaining-Requests", "9999"});
  headers.push_back({"x-ratelimit-remaining-tokens", "5"});
  std::vector<net::HeaderView> views(headers.begin(), headers.end());
  state.AppendHeaders(&views);
  EXPECT_EQ(views.size(), 2u) << "nothing was asked";

  LimitSpec count;
  LimitSpec cost;
  cost.type = LimitType::kCost;
  state.Note(count, Left(100, 7, 1000));
  state.Note(count, Left(5, 3, 60'000));
  state.Note(count, Left(50, 3, 10));
  state.Note(count, Left(1000, 900, 5));
  state.Note(cost, Left(1, 0, 5));
  state.AppendHeaders(&views);
  ASSERT_EQ(views.size(), 4u);
  EXPECT_EQ(views[0].name, "x-ratelimit-remaining-tokens");
  EXPECT_EQ(views[1].value, "5");
  EXPECT_EQ(views[2].name, "x-ratelimit-remaining-requests");
  EXPECT_EQ(views[2].value, "3");
  EXPECT_EQ(views[3].value, "1m0s");
}

}  // namespace
}  // namespace junctor::engine
