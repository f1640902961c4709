#include "runtime/limits/window.h"

#include <algorithm>
#include <deque>
#include <iterator>
#include <random>
#include <string>
#include <vector>

#include "gtest/gtest.h"

namespace junctor {
namespace {

constexpr int64_t kOneSecond = kNanosecondsPerSecond;

WindowRule CountRule(WindowTechnique technique, uint64_t limit, int64_t seconds) {
  return {technique, limit, seconds * kOneSecond};
}
WindowRule Fixed(uint64_t limit, int64_t seconds) {
  return CountRule(WindowTechnique::kFixed, limit, seconds);
}
WindowRule Sliding(uint64_t limit, int64_t seconds) {
  return CountRule(WindowTechnique::kSliding, limit, seconds);
}

TEST(R15, FixedWindowsAreAlignedToMultiplesOfTheWindowSinceTheEpoch) {
  WindowState state(WindowTechnique::kFixed);
  const WindowRule rule = Fixed(2, 60);
  EXPECT_TRUE(state.Admit(rule, 59 * kOneSecond).admitted);
  EXPECT_TRUE(state.Admit(rule, 59 * kOneSecond).admitted);
  const WindowDecision refused = state.Admit(rule, 59 * kOneSecond + kOneSecond / 2);
  EXPECT_FALSE(refused.admitted);
  EXPECT_EQ(refused.retry_after_ns, kOneSecond / 2);
  EXPECT_EQ(refused.retry_after_ms(), 500u);
  EXPECT_FALSE(state.Admit(rule, 60 * kOneSecond - 1).admitted);
  EXPECT_TRUE(state.Admit(rule, 60 * kOneSecond).admitted);
  EXPECT_TRUE(state.Admit(rule, 60 * kOneSecond).admitted);
  EXPECT_FALSE(state.Admit(rule, 119 * kOneSecond).admitted);
}

TEST(R16, ARefusedRequestTakesNothing) {
  for (const auto technique : {WindowTechnique::kFixed, WindowTechnique::kSliding}) {
    WindowState state(technique);
    const WindowRule rule = CountRule(technique, 1, 10);
    EXPECT_TRUE(state.Admit(rule, 0).admitted);
    for (int64_t t = 1; t < 10; ++t) EXPECT_FALSE(state.Admit(rule, t * kOneSecond).admitted);
    EXPECT_TRUE(state.Admit(rule, 10 * kOneSecond).admitted);
  }
}

TEST(R15, SlidingIsExactToTheNanosecond) {
  WindowState state(WindowTechnique::kSliding);
  const WindowRule rule = Sliding(2, 10);
  EXPECT_TRUE(state.Admit(rule, 5 * kOneSecond).admitted);
  EXPECT_TRUE(state.Admit(rule, 9 * kOneSecond).admitted);
  const WindowDecision refused = state.Admit(rule, 11 * kOneSecond);
  EXPECT_FALSE(refused.admitted);
  EXPECT_EQ(refused.retry_after_ns, 4 * kOneSecond);
  EXPECT_FALSE(state.Admit(rule, 15 * kOneSecond - 1).admitted);
  EXPECT_TRUE(state.Admit(rule, 15 * kOneSecond).admitted);
  EXPECT_FALSE(state.Admit(rule, 19 * kOneSecond - 1).admitted);
  EXPECT_TRUE(state.Admit(rule, 19 * kOneSecond).admitted);
}

// The longest refusal and the most admitted in a window, of random requests against the exact rule.
void CompareWithExact(uint64_t limit, int64_t seconds, int64_t mean_gap_ns,
                      int64_t allowed_error_ns) {
  const WindowRule rule = Sliding(limit, seconds);
  WindowState state(WindowTechnique::kSliding);
  std::deque<int64_t> admitted;
  std::mt19937_64 random(7);
  std::exponential_distribution<double> gap(1.0 / static_cast<double>(mean_gap_ns));
  int64_t now = 1'700'000'000 * kOneSecond;
  for (int i = 0; i < 8'000; ++i) {
    now += static_cast<int64_t>(gap(random));
    while (!admitted.empty() && admitted.front() <= now - rule.window_ns - allowed_error_ns) {
      admitted.pop_front();
    }
    uint64_t in_window = 0;
    for (auto t = admitted.rbegin(); t != admitted.rend() && *t > now - rule.window_ns; ++t) {
      ++in_window;
    }
    const WindowDecision decision = state.Admit(rule, now);
    if (decision.admitted) {
      ASSERT_LT(in_window, limit) << "admitted too many";
      admitted.push_back(now);
    } else {
      ASSERT_GE(admitted.size(), limit) << "refused beyond the allowed error";
      ASSERT_GT(decision.retry_after_ns, 0);
      ASSERT_LE(decision.retry_after_ns, rule.window_ns + allowed_error_ns);
    }
  }
}

TEST(R15, SlidingAgreesWithACountOfAllTimestamps) {
  CompareWithExact(1, 1, kOneSecond / 2, 0);
  CompareWithExact(10, 10, kOneSecond / 2, 0);
  CompareWithExact(kMaxExactLimit, 60, kOneSecond / 3, 0);
}

TEST(R15, LargeLimitsErrByRefusingAndByAtMostA64thOfTheWindow) {
  CompareWithExact(kMaxExactLimit + 1, 60, kOneSecond / 3, 60 * kOneSecond / 64);
  CompareWithExact(1025, 60, 30'000'000, 60 * kOneSecond / 64);
  CompareWithExact(2000, 1, 200'000, kOneSecond / 64);
}

TEST(R15, SlicesHoldAnyNumberOfRequestsOfOneMoment) {
  // Each passes what numbers of 1, 2 and 4 bytes hold, but for the last, which would take too long.
  for (const uint64_t limit : {uint64_t{65}, uint64_t{300}, uint64_t{70'000}}) {
    WindowState state(WindowTechnique::kSliding);
    const WindowRule rule = Sliding(limit, 64);
    for (uint64_t i = 0; i < limit; ++i) ASSERT_TRUE(state.Admit(rule, 640 * kOneSecond).admitted);
    EXPECT_EQ(state.Counted(rule, 640 * kOneSecond), limit);
    const WindowDecision refused = state.Admit(rule, 641 * kOneSecond);
    EXPECT_FALSE(refused.admitted);
    EXPECT_EQ(refused.retry_after_ns, 64 * kOneSecond)
        << "the slice of 640 s to 641 s, and a window";
    EXPECT_FALSE(state.Admit(rule, 705 * kOneSecond - 1).admitted);
    EXPECT_TRUE(state.Admit(rule, 705 * kOneSecond).admitted);
    EXPECT_EQ(state.Counted(rule, 705 * kOneSecond), 1u);
  }
}

TEST(R15, AfterRetryAfterTheNextRequestPasses) {
  for (const uint64_t limit : {uint64_t{3}, uint64_t{60}, uint64_t{100}, uint64_t{2000}}) {
    WindowState state(WindowTechnique::kSliding);
    const WindowRule rule = Sliding(limit, 7);
    int64_t now = 123'456'789;
    while (state.Admit(rule, now).admitted) now += 1'234'567;
    const WindowDecision refused = state.Admit(rule, now);
    EXPECT_FALSE(state.Admit(rule, now + refused.retry_after_ns - 1).admitted);
    EXPECT_TRUE(state.Admit(rule, now + refused.retry_after_ns).admitted);
  }
}

TEST(Clock, ASmallStepBackAdmitsNothingMore) {
  for (const auto technique : {WindowTechnique::kFixed, WindowTechnique::kSliding}) {
    WindowState state(technique);
    const WindowRule rule = CountRule(technique, 1, 10);
    EXPECT_TRUE(state.Admit(rule, 100 * kOneSecond).admitted);
    const WindowDecision refused = state.Admit(rule, 95 * kOneSecond);
    EXPECT_FALSE(refused.admitted);
    EXPECT_EQ(refused.retry_after_ns, 15 * kOneSecond);
    EXPECT_TRUE(state.Admit(rule, 110 * kOneSecond).admitted);
  }
}

TEST(Clock, AClockThatWasFarAheadLocksNobodyOutForLongerThanAWindow) {
  for (const auto technique : {WindowTechnique::kFixed, WindowTechnique::kSliding}) {
    for (const uint64_t limit : {uint64_t{1}, uint64_t{2000}}) {
      WindowState state(technique);
      const WindowRule rule = CountRule(technique, limit, 10);
      while (state.Admit(rule, 1'000'000 * kOneSecond).admitted) {
      }
      EXPECT_FALSE(state.Admit(rule, 100 * kOneSecond).admitted);
      EXPECT_TRUE(state.Admit(rule, 111 * kOneSecond).admitted);
    }
  }
}

TEST(R17, StateOutlivesAChangeOfTheRule) {
  WindowState state(WindowTechnique::kSliding);
  for (int i = 0; i < 5; ++i) EXPECT_TRUE(state.Admit(Sliding(5, 10), i * kOneSecond).admitted);
  EXPECT_FALSE(state.Admit(Sliding(3, 10), 11 * kOneSecond).admitted);
  EXPECT_TRUE(state.Admit(Sliding(6, 10), 11 * kOneSecond).admitted);
  // Over to slices, with what was counted.
  uint64_t admitted = 0;
  while (state.Admit(Sliding(2000, 10), 11 * kOneSecond).admitted) ++admitted;
  EXPECT_EQ(admitted,
            2000u - 4);  // those at 2, 3, 4 and 11 s count; 2 s ended none earlier than its slice
}

TEST(R17, SlicesOutliveAChangeOfTheWindow) {
  for (const int64_t seconds : {30, 3600}) {
    WindowState state(WindowTechnique::kSliding);
    for (int i = 0; i < 500; ++i) ASSERT_TRUE(state.Admit(Sliding(500, 60), i).admitted);
    EXPECT_FALSE(state.Admit(Sliding(500, seconds), 600).admitted);
    EXPECT_EQ(state.Counted(Sliding(500, seconds), 600), 500u);
    EXPECT_TRUE(state.Admit(Sliding(501, seconds), 600).admitted);
    EXPECT_TRUE(
        state.Admit(Sliding(500, seconds), (seconds + seconds / 64 + 1) * kOneSecond).admitted);
  }
}

TEST(Memory, AStateIsSmallWhereItStands) { EXPECT_EQ(sizeof(WindowState), 24u); }

TEST(Eviction, AStateThatIsEmptySaysSo) {
  WindowState sliding(WindowTechnique::kSliding);
  const WindowRule rule = Sliding(5, 10);
  sliding.Admit(rule, 3 * kOneSecond);
  EXPECT_EQ(sliding.EmptyAt(rule), 13 * kOneSecond);
  const WindowRule large = Sliding(500, 64);
  WindowState by_slices(WindowTechnique::kSliding);
  for (int i = 0; i < 100; ++i) by_slices.Admit(large, 100 * kOneSecond + i * kOneSecond / 10);
  const int64_t empty_at = by_slices.EmptyAt(large);
  EXPECT_GT(by_slices.Counted(large, empty_at - 1), 0u);
  EXPECT_EQ(by_slices.Counted(large, empty_at), 0u);
  WindowState fixed(WindowTechnique::kFixed);
  fixed.Admit(Fixed(5, 10), 13 * kOneSecond);
  EXPECT_EQ(fixed.EmptyAt(Fixed(5, 10)), 20 * kOneSecond);
}

TEST(R14, TheLongestWindowAndTheLargestLimitDoNotOverflow) {
  WindowState state(WindowTechnique::kSliding);
  const WindowRule rule = Sliding(~uint64_t{0}, 31'536'000);
  EXPECT_TRUE(state.Admit(rule, 4'000'000'000 * kOneSecond).admitted);
  EXPECT_TRUE(state.Admit(rule, 4'000'000'001 * kOneSecond).admitted);
}

TEST(WindowState, CountsOnWhenTheTechniqueChanges) {
  // At 95 s, in the fixed window from 90 s on: requests at 85, 91 and 92 s.
  const auto counted = [](WindowTechnique technique, uint64_t limit) {
    WindowState state(technique);
    const WindowRule rule = CountRule(technique, limit, 10);
    for (const int64_t second : {85, 91, 92}) {
      EXPECT_TRUE(state.Admit(rule, second * kOneSecond).admitted);
    }
    return state;
  };
  for (const uint64_t limit : {uint64_t{3}, uint64_t{1000}}) {
    WindowState to_fixed = counted(WindowTechnique::kSliding, limit);
    EXPECT_TRUE(to_fixed.Admit(Fixed(3, 10), 95 * kOneSecond).admitted);
    EXPECT_FALSE(to_fixed.Admit(Fixed(3, 10), 95 * kOneSecond).admitted);
    EXPECT_TRUE(to_fixed.Admit(Fixed(3, 10), 100 * kOneSecond).admitted);

    // Of those that came within its window only the latest time is known.
    WindowState to_sliding = counted(WindowTechnique::kFixed, limit);
    EXPECT_TRUE(to_sliding.Admit(Sliding(3, 10), 95 * kOneSecond).admitted);
    EXPECT_FALSE(to_sliding.Admit(Sliding(3, 10), 95 * kOneSecond).admitted);
    EXPECT_FALSE(to_sliding.Admit(Sliding(3, 10), 102 * kOneSecond - 1).admitted);
    EXPECT_TRUE(to_sliding.Admit(Sliding(3, 10), 102 * kOneSecond).admitted);
    EXPECT_EQ(to_sliding.Counted(Sliding(3, 10), 102 * kOneSecond), 2u);
  }
}

// What a rule counted until `latest`, and what another makes of it.
struct ChangeOfRule {
  const char* sentence;
  WindowRule before;
  std::vector<int64_t> seconds;  // at which a request comes
  WindowRule after;
  int64_t at_second;
  uint64_t counts;
  int64_t empty_second;  // from when on nothing of it counts
};

TEST(R17, WhatMayLieInTheNewWindowCountsInIt) {
  // Fixed windows of an hour begin at 3600 and 7200 s, those of a minute at 3960, 4020 and 4080 s.
  const ChangeOfRule changes[] = {
      {"shorter, in the minute of the latest request",
       Fixed(9, 3600),
       {3600, 4000, 4015},
       Fixed(9, 60),
       4019,
       3,
       4020},
      {"shorter, a minute after it", Fixed(9, 3600), {3600, 4000, 4015}, Fixed(9, 60), 4020, 0, 0},
      {"longer", Fixed(9, 60), {4030, 4040}, Fixed(9, 3600), 4050, 2, 7200},
      {"longer, when the short window is over",
       Fixed(9, 60),
       {4030, 4040},
       Fixed(9, 3600),
       5000,
       2,
       7200},
      {"longer, when the long window is over too",
       Fixed(9, 60),
       {4030},
       Fixed(9, 3600),
       7200,
       0,
       0},
      {"no multiple of the old length", Fixed(9, 3600), {7190}, Fixed(9, 7000), 7250, 1, 14'000},
      {"sliding, shorter", Sliding(9, 3600), {3600, 4000, 4015}, Sliding(9, 60), 4059, 2, 4075},
      {"sliding, longer", Sliding(9, 60), {4000, 4030, 4040}, Sliding(9, 3600), 5000, 3, 7640},
      {"fixed to sliding", Fixed(9, 3600), {3600, 4000, 4015}, Sliding(9, 3600), 4020, 3, 7615},
      {"fixed to sliding, over the edge of the fixed window",
       Fixed(9, 3600),
       {7000, 7199},
       Sliding(9, 3600),
       7201,
       2,
       10'799},
      {"fixed to sliding, shorter",
       Fixed(9, 3600),
       {3600, 4000, 4015},
       Sliding(9, 60),
       4020,
       3,
       4075},
      {"fixed to sliding, too late for the shorter one",
       Fixed(9, 3600),
       {4015},
       Sliding(9, 60),
       4075,
       0,
       0},
      {"sliding to fixed", Sliding(9, 3600), {3599, 3600, 4015}, Fixed(9, 3600), 4020, 2, 7200},
      {"sliding to fixed, shorter",
       Sliding(9, 3600),
       {3600, 3961, 4015},
       Fixed(9, 60),
       4019,
       2,
       4020},
  };
  for (const ChangeOfRule& change : changes) {
    SCOPED_TRACE(change.sentence);
    WindowState counted(change.before.technique);
    for (const int64_t second : change.seconds) {
      ASSERT_TRUE(counted.Admit(change.before, second * kOneSecond).admitted);
    }
    std::string bytes;
    counted.Encode(&bytes);
    for (const bool is_looked_at_first : {false, true}) {
      WindowState state;
      ASSERT_TRUE(state.Decode(change.before, bytes));
      const int64_t at_ns = change.at_second * kOneSecond;
      if (change.counts > 0) {
        EXPECT_GE(state.EmptyAt(change.after), change.empty_second * kOneSecond)
            << "a store may not drop it";
      }
      if (is_looked_at_first) {
        const WindowUse use = state.UseAt(change.after, at_ns);
        EXPECT_EQ(use.counted, change.counts);
        if (change.counts > 0) {
          EXPECT_EQ(use.empty_at_ns, change.empty_second * kOneSecond);
        }
      }
      uint64_t admitted = 0;
      while (state.Admit(change.after, at_ns).admitted) ++admitted;
      EXPECT_EQ(admitted, change.after.limit - change.counts);
      if (change.counts == 0) continue;
      const int64_t empty_ns = change.empty_second * kOneSecond;
      EXPECT_GT(state.Counted(change.after, empty_ns - 1), admitted);
      EXPECT_LE(state.Counted(change.after, empty_ns), admitted);
    }
  }
}

TEST(R17, RulesThatComeAndGoAdmitNoMoreThanTheLimitOfWhatIsKnown) {
  // Random questions by rules that change now and then: what was admitted under the present rule,
  // and before it in the window that the one before looked at, is never more than the limit.
  std::mt19937_64 random(11);
  const auto below = [&random](uint64_t end) { return random() % end; };
  constexpr int64_t kSeconds[] = {1, 7, 60, 64, 90, 3600};
  constexpr uint64_t kLimits[] = {1, 5, 60, 64, 65, 100, 300};
  const auto draw = [&] {
    return CountRule(below(2) == 0 ? WindowTechnique::kFixed : WindowTechnique::kSliding,
                     kLimits[below(std::size(kLimits))], kSeconds[below(std::size(kSeconds))]);
  };
  const auto first_of = [](const WindowRule& rule, int64_t now) {
    return rule.technique == WindowTechnique::kSliding
               ? now - rule.window_ns + 1
               : FloorDivide(now, rule.window_ns) * rule.window_ns;
  };
  for (int run = 0; run < 300; ++run) {
    WindowRule rule = draw();
    WindowState state(rule.technique);
    std::deque<int64_t> admitted;
    int64_t known_since = INT64_MIN;
    int64_t now = 1'700'000'000 * kOneSecond;
    for (int i = 0; i < 400; ++i) {
      now += static_cast<int64_t>(below(100) == 0 ? below(200'000'000'000) : below(500'000'000));
      if (below(40) == 0) {
        known_since = std::max(known_since, first_of(rule, now));
        rule = draw();
      }
      const int64_t first = std::max(known_since, first_of(rule, now));
      const auto counting = static_cast<uint64_t>(std::count_if(
          admitted.begin(), admitted.end(), [first](int64_t time) { return time >= first; }));
      ASSERT_GE(state.Counted(rule, now), counting) << "run " << run << ", question " << i;
      if (!state.Admit(rule, now).admitted) continue;
      ASSERT_LT(counting, rule.limit) << "run " << run << ", question " << i;
      admitted.push_back(now);
    }
  }
}

TEST(WindowState, CountsOnWhenTheTechniqueChangesOverARestart) {
  for (const auto technique : {WindowTechnique::kFixed, WindowTechnique::kSliding}) {
    WindowState state(technique);
    const WindowRule rule = CountRule(technique, 2, 10);
    EXPECT_TRUE(state.Admit(rule, 91 * kOneSecond).admitted);
    EXPECT_TRUE(state.Admit(rule, 92 * kOneSecond).admitted);
    std::string bytes;
    state.Encode(&bytes);
    WindowRule other = rule;
    other.technique =
        technique == WindowTechnique::kFixed ? WindowTechnique::kSliding : WindowTechnique::kFixed;
    WindowState restored;
    ASSERT_TRUE(restored.Decode(other, bytes));
    EXPECT_FALSE(restored.Admit(other, 95 * kOneSecond).admitted);
  }
}

}  // namespace
}  // namespace junctor
