#include "engine/store/server_clock.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <vector>

namespace junctor::engine {
namespace {

constexpr int64_t kMs = 1'000'000;
constexpr int64_t kAheadUs = 1'000'000'000;  // of the server's clock

TEST(ServerClock, NothingIsKnownBeforeAnAnswer) {
  ServerClock clock;
  EXPECT_FALSE(clock.AtLeast(5 * kMs).has_value());
  clock.Learn(kAheadUs, 0, kMs);
  EXPECT_TRUE(clock.AtLeast(5 * kMs).has_value());
  clock.Forget();
  EXPECT_FALSE(clock.AtLeast(5 * kMs).has_value());
}

TEST(ServerClock, AnAnswerMayBeOld) {
  ServerClock clock;
  // Read at 10 ms or at 30 ms, or between.
  clock.Learn(kAheadUs, 10 * kMs, 30 * kMs);
  EXPECT_EQ(clock.AtLeast(30 * kMs), kAheadUs);
  EXPECT_EQ(clock.AtLeast(40 * kMs), kAheadUs + 10'000 - 10) << "and clocks run apart";
}

TEST(ServerClock, ASlowAnswerTellsNothingNewAndAFastOneDoes) {
  ServerClock clock;
  clock.Learn(kAheadUs, 0, 20 * kMs);
  clock.Learn(kAheadUs + 100'000, 100 * kMs, 150 * kMs);  // at 100 ms, and 50 ms on its way
  EXPECT_EQ(clock.AtLeast(150 * kMs), kAheadUs + 130'000 - 130);
  clock.Learn(kAheadUs + 200'000, 200 * kMs, 201 * kMs);
  EXPECT_EQ(clock.AtLeast(201 * kMs), kAheadUs + 200'000);
}

TEST(ServerClock, AClockThatJumpsIsFollowedAtOnce) {
  for (const int64_t jump_us :
       std::vector<int64_t>{-3'600'000'000, -100'000, 100'000, 3'600'000'000}) {
    ServerClock clock;
    clock.Learn(kAheadUs, 0, kMs);
    clock.Learn(kAheadUs + 10'000 + jump_us, 10 * kMs, 12 * kMs);
    EXPECT_EQ(clock.AtLeast(12 * kMs), kAheadUs + 10'000 + jump_us) << jump_us;
  }
}

TEST(ServerClock, ItIsNeverTakenForLaterThanItIs) {
  std::mt19937_64 random(5);
  const auto below = [&random](int64_t end) {
    return static_cast<int64_t>(random() % static_cast<uint64_t>(end));
  };
  for (int run = 0; run < 200; ++run) {
    ServerClock clock;
    const int64_t drift = below(1900) - 950;  // millionths
    const auto server_us = [&](int64_t steady_ns) {
      return (steady_ns + steady_ns / 1'000'000 * drift) / 1000 + kAheadUs;
    };
    int64_t now_ns = 0;
    int64_t best_ms = 1000;
    for (int i = 0; i < 200; ++i) {
      const int64_t sent_ns = now_ns += below(2000 * kMs);
      now_ns += below(50 * kMs);
      const int64_t told_us = server_us(now_ns);
      now_ns += below(50 * kMs);
      clock.Learn(told_us, sent_ns, now_ns);
      const int64_t later_ns = now_ns + below(300 * kMs);
      ASSERT_LE(*clock.AtLeast(later_ns), server_us(later_ns));
      best_ms = std::min(best_ms, (server_us(now_ns) - *clock.AtLeast(now_ns)) / 1000);
    }
    EXPECT_LE(best_ms, 3) << "nor for much earlier, once an answer was fast";
  }
}

}  // namespace
}  // namespace junctor::engine
