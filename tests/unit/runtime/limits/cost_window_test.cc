// R16 for costs: what passes, what is charged when, and what holds do; against a list of all
// charges and holds.
#include "runtime/limits/cost_window.h"

#include <algorithm>
#include <map>
#include <random>
#include <string>
#include <vector>

#include "gtest/gtest.h"

namespace junctor {
namespace {

using Verdict = CostDecision::Verdict;

constexpr int64_t kSecond = kNanosecondsPerSecond;
constexpr int64_t kLease = 600 * kSecond;
constexpr WindowTechnique kBoth[] = {WindowTechnique::kFixed, WindowTechnique::kSliding};

WindowRule Rule(WindowTechnique technique, uint64_t limit, int64_t seconds) {
  return {technique, limit, seconds * kSecond};
}

// The rule, read literally.
class NaiveCosts {
 public:
  explicit NaiveCosts(const WindowRule& rule) : rule_(rule) {}

  void Charge(uint64_t amount, int64_t now) { charges_.push_back({now, amount}); }
  void Hold(HoldId id, uint64_t amount, int64_t lease_end) { holds_[id] = {lease_end, amount}; }
  void ChargeHeld(HoldId id, uint64_t amount, int64_t now) {
    Charge(amount, now);
    const auto hold = holds_.find(id);
    if (hold != holds_.end()) hold->second.amount -= std::min(hold->second.amount, amount);
  }
  void Settle(HoldId id, uint64_t amount, int64_t now) {
    Charge(amount, now);
    holds_.erase(id);
  }

  // Sliding: with `late`, what left the window less than so long ago still counts.
  uint64_t Spent(int64_t now, int64_t late = 0) const {
    uint64_t sum = 0;
    for (const Item& charge : charges_) {
      const bool counts =
          rule_.technique == WindowTechnique::kFixed
              ? FloorDivide(charge.time, rule_.window_ns) == FloorDivide(now, rule_.window_ns)
              : charge.time > now - rule_.window_ns - late;
      if (counts) sum += charge.amount;
    }
    return sum;
  }
  uint64_t Held(int64_t now) const {
    uint64_t sum = 0;
    for (const auto& [id, hold] : holds_) sum += hold.time > now ? hold.amount : 0;
    return sum;
  }

 private:
  struct Item {
    int64_t time;
    uint64_t amount;
  };

  WindowRule rule_;
  std::vector<Item> charges_;
  std::map<HoldId, Item> holds_;  // with the ends of their leases
};

// Random requests, charges and holds; `mean_gap` decides how many charges are in a window, and a
// `share` of the limit is the largest of them: so that some pass and some do not.
void CompareWithNaive(const WindowRule& rule, int64_t mean_gap, uint64_t share, int64_t late,
                      uint64_t seed) {
  CostWindowState state(rule.technique);
  NaiveCosts naive(rule);
  std::mt19937_64 random(seed);
  std::exponential_distribution<double> gap(1.0 / static_cast<double>(mean_gap));
  std::vector<HoldId> holds;
  int64_t now = 1'700'000'000 * kSecond;
  int admitted = 0;
  int refused = 0;
  for (int i = 0; i < 3'000; ++i) {
    now += static_cast<int64_t>(gap(random));
    const uint64_t amount = random() % (rule.limit / share);
    const int64_t lease_end = now + static_cast<int64_t>(random() % 8) * mean_gap;
    const uint64_t before = naive.Spent(now) + naive.Held(now);
    const uint64_t most = naive.Spent(now, late) + naive.Held(now);
    switch (random() % 6) {
      case 0: {
        const CostDecision decision = state.Admit(rule, now);
        if (before >= rule.limit) {
          ASSERT_FALSE(decision.admitted());
        }
        if (most < rule.limit) {
          ASSERT_TRUE(decision.admitted());
        }
        if (decision.admitted()) {
          state.Charge(rule, amount, now);
          naive.Charge(amount, now);
        } else if (late == 0 && naive.Spent(now) >= rule.limit) {
          ASSERT_LT(naive.Spent(now + decision.retry_after_ns), rule.limit);
          ASSERT_GE(naive.Spent(now + decision.retry_after_ns - 1), rule.limit);
        }
        break;
      }
      case 1:
      case 2: {
        const CostDecision decision = state.Reserve(rule, amount, lease_end, now);
        if (before + amount > rule.limit) {
          ASSERT_FALSE(decision.admitted());
        }
        if (most + amount < rule.limit) {
          ASSERT_TRUE(decision.admitted());
        }
        ++(decision.admitted() ? admitted : refused);
        if (decision.admitted()) {
          naive.Hold(decision.hold, amount, lease_end);
          holds.push_back(decision.hold);
        } else {
          ASSERT_GT(decision.retry_after_ns, 0);
          ASSERT_LE(decision.retry_after_ns, rule.window_ns + late + kHoldRetryNs);
        }
        break;
      }
      case 3: {
        const HoldId hold = state.Hold(rule, amount, lease_end, now);
        naive.Hold(hold, amount, lease_end);
        holds.push_back(hold);
        break;
      }
      default: {
        if (holds.empty()) break;
        // Also one that was settled before, and one whose lease has ended.
        const HoldId hold = holds[random() % holds.size()];
        if (random() % 2 == 0) {
          state.ChargeHeld(rule, hold, amount / 4, now);
          naive.ChargeHeld(hold, amount / 4, now);
        } else {
          state.Settle(rule, hold, amount, now);
          naive.Settle(hold, amount, now);
        }
      }
    }
    const CostWindowState::Usage usage = state.UsageAt(rule, now);
    ASSERT_GE(usage.spent, naive.Spent(now)) << "step " << i;
    ASSERT_LE(usage.spent, naive.Spent(now, late)) << "step " << i;
    ASSERT_EQ(usage.held, naive.Held(now)) << "step " << i;
  }
  EXPECT_GT(admitted, 20);
  EXPECT_GT(refused, 20);
}

TEST(R16, FixedWindowsOfCostAgreeWithAListOfAllCharges) {
  CompareWithNaive(Rule(WindowTechnique::kFixed, 1'000'000, 60), kSecond, 8, 0, 1);
  CompareWithNaive(Rule(WindowTechnique::kFixed, 5'000, 1), kSecond / 50, 8, 0, 2);
}

TEST(R16, SlidingWindowsOfCostAgreeWithAListOfAllChargesWhileTheyAreFew) {
  CompareWithNaive(Rule(WindowTechnique::kSliding, 1'000'000, 60), 10 * kSecond, 2, 0, 3);
  CompareWithNaive(Rule(WindowTechnique::kSliding, 5'000, 1), kSecond / 5, 2, 0, 4);
}

TEST(R15, SlidingWindowsOfManyChargesErrByRefusingAndByAtMostA64thOfTheWindow) {
  CompareWithNaive(Rule(WindowTechnique::kSliding, 1'000'000, 60), kSecond / 5, 25,
                   60 * kSecond / 64, 5);
  CompareWithNaive(Rule(WindowTechnique::kSliding, 5'000, 1), kSecond / 500, 45, kSecond / 64, 6);
}

TEST(R16, ARequestPassesWhileWhatWasSpentIsBelowTheLimit) {
  for (const WindowTechnique technique : kBoth) {
    const WindowRule rule = Rule(technique, 100, 10);
    CostWindowState state(technique);
    EXPECT_TRUE(state.Admit(rule, 0).admitted());
    state.Charge(rule, 99, 0);
    EXPECT_TRUE(state.Admit(rule, 0).admitted()) << "the last one may overshoot";
    state.Charge(rule, 500, 0);
    EXPECT_EQ(state.Admit(rule, 3 * kSecond).retry_after_ns, 7 * kSecond);
    EXPECT_FALSE(state.Admit(rule, 10 * kSecond - 1).admitted());
    EXPECT_TRUE(state.Admit(rule, 10 * kSecond).admitted());
  }
}

TEST(R16, AChargeCountsWhenItIsMadeNotWhenItsRequestPassed) {
  for (const WindowTechnique technique : kBoth) {
    const WindowRule rule = Rule(technique, 100, 10);
    CostWindowState state(technique);
    EXPECT_TRUE(state.Admit(rule, 0).admitted());
    state.Charge(rule, 100, 10 * kSecond);
    EXPECT_FALSE(state.Admit(rule, 19 * kSecond).admitted());
    EXPECT_TRUE(state.Admit(rule, 20 * kSecond).admitted());
  }
}

TEST(R16, ReserveAdmitsNoMoreThanTheLimitHasRoomFor) {
  for (const WindowTechnique technique : kBoth) {
    const WindowRule rule = Rule(technique, 100, 10);
    CostWindowState state(technique);
    const HoldId first = state.Reserve(rule, 60, kLease, 0).hold;
    EXPECT_NE(first, 0u);
    const CostDecision refused = state.Reserve(rule, 41, kLease, 0);
    EXPECT_EQ(refused.verdict, Verdict::kRefused);
    EXPECT_EQ(refused.retry_after_ns, kHoldRetryNs) << "a hold may be settled at any time";
    EXPECT_TRUE(state.Reserve(rule, 40, kLease, 0).admitted()) << "just fits";
    EXPECT_FALSE(state.Reserve(rule, 0, kLease, 0).admitted()) << "all is held";
    state.Settle(rule, first, 10, 0);
    EXPECT_TRUE(state.Reserve(rule, 50, kLease, 0).admitted());
  }
}

TEST(R16, AnEstimateAboveTheWholeLimitIsToldApart) {
  CostWindowState state(WindowTechnique::kFixed);
  const WindowRule rule = Rule(WindowTechnique::kFixed, 100, 10);
  EXPECT_EQ(state.Reserve(rule, 101, kLease, 0).verdict, Verdict::kTooLarge);
  EXPECT_EQ(state.Reserve(rule, 100, kLease, 0).verdict, Verdict::kAdmitted);
  EXPECT_EQ(state.Reserve(rule, 100, kLease, 0).verdict, Verdict::kRefused);
}

TEST(R16, EndingAHoldWithAnOldTimeForgetsNothing) {
  // A request that came three windows ago ends without a charge: its time is no clock set back.
  for (const WindowTechnique technique : {WindowTechnique::kFixed, WindowTechnique::kSliding}) {
    const WindowRule rule = {technique, 100, 10 * kSecond};
    CostWindowState state(technique);
    const HoldId hold = state.Reserve(rule, 30, 600 * kSecond, 0).hold;
    state.Charge(rule, 60, 35 * kSecond);
    state.Settle(rule, hold, 0, 0);
    EXPECT_EQ(state.UsageAt(rule, 36 * kSecond).spent, 60u);
    EXPECT_EQ(state.UsageAt(rule, 36 * kSecond).held, 0u);
  }
}

TEST(R16, AHoldCountsInLaterWindowsTooUntilItIsSettled) {
  for (const WindowTechnique technique : kBoth) {
    const WindowRule rule = Rule(technique, 100, 10);
    CostWindowState state(technique);
    const HoldId hold = state.Reserve(rule, 100, kLease, 5 * kSecond).hold;
    EXPECT_FALSE(state.Admit(rule, 35 * kSecond).admitted());
    state.Settle(rule, hold, 30, 35 * kSecond);
    EXPECT_TRUE(state.Reserve(rule, 70, kLease, 35 * kSecond).admitted());
  }
}

TEST(Lease, AHoldWhoseLeaseHasEndedHoldsNothingAndStillCharges) {
  for (const WindowTechnique technique : kBoth) {
    const WindowRule rule = Rule(technique, 100, 3600);
    CostWindowState state(technique);
    const HoldId hold = state.Reserve(rule, 100, 20 * kSecond, 0).hold;
    EXPECT_FALSE(state.Admit(rule, 20 * kSecond - 1).admitted());
    EXPECT_TRUE(state.Admit(rule, 20 * kSecond).admitted());
    state.Settle(rule, hold, 100, 30 * kSecond);
    EXPECT_EQ(state.UsageAt(rule, 30 * kSecond).spent, 100u);
    EXPECT_FALSE(state.Admit(rule, 30 * kSecond).admitted());
  }
}

TEST(Lease, SettlingAgainWithNothingDoesNothing) {
  CostWindowState state(WindowTechnique::kFixed);
  const WindowRule rule = Rule(WindowTechnique::kFixed, 100, 10);
  const HoldId first = state.Reserve(rule, 40, kLease, 0).hold;
  state.Reserve(rule, 50, kLease, 0);
  for (int i = 0; i < 3; ++i) state.Settle(rule, first, 0, 0);
  EXPECT_EQ(state.UsageAt(rule, 0).held, 50u);
}

TEST(Lease, ThereIsAMostOfHolds) {
  CostWindowState state(WindowTechnique::kFixed);
  const WindowRule rule = Rule(WindowTechnique::kFixed, 1'000'000'000, 10);
  for (size_t i = 0; i < CostHolds::kMaxHolds; ++i) {
    ASSERT_TRUE(state.Reserve(rule, 1, kLease, 0).admitted());
  }
  EXPECT_EQ(state.Reserve(rule, 1, kLease, 0).verdict, Verdict::kRefused);
  EXPECT_EQ(state.Hold(rule, 1, kLease, 0), 0u);
  EXPECT_TRUE(state.Reserve(rule, 1, 2 * kLease, kLease).admitted()) << "when leases have ended";
}

TEST(Overflow, AmountsThatDoNotFitStayAtTheLargestNumber) {
  for (const WindowTechnique technique : kBoth) {
    const WindowRule rule = Rule(technique, UINT64_MAX, 10);
    CostWindowState state(technique);
    const HoldId first = state.Hold(rule, UINT64_MAX - 1, kLease, 0);
    const HoldId second = state.Hold(rule, UINT64_MAX - 1, kLease, 0);
    EXPECT_FALSE(state.Admit(rule, 0).admitted());
    state.Settle(rule, first, 0, 0);
    EXPECT_EQ(state.UsageAt(rule, 0).held, UINT64_MAX - 1) << "what is left is known exactly";
    state.Settle(rule, second, 0, 0);
    state.Charge(rule, UINT64_MAX - 5, 0);
    state.Charge(rule, 100, kSecond);
    EXPECT_EQ(state.UsageAt(rule, kSecond).spent, UINT64_MAX);
    EXPECT_FALSE(state.Admit(rule, kSecond).admitted());
    EXPECT_TRUE(state.Admit(rule, 10 * kSecond).admitted());
    const uint64_t left = technique == WindowTechnique::kSliding ? 100 : 0;
    EXPECT_EQ(state.UsageAt(rule, 10 * kSecond).spent, left);
  }
}

TEST(Clock, ASmallStepBackAdmitsNothingMoreAndEndsNoLease) {
  for (const WindowTechnique technique : kBoth) {
    const WindowRule rule = Rule(technique, 100, 10);
    CostWindowState state(technique);
    state.Charge(rule, 100, 100 * kSecond);
    EXPECT_EQ(state.Admit(rule, 95 * kSecond).retry_after_ns, 15 * kSecond);
    EXPECT_TRUE(state.Admit(rule, 110 * kSecond).admitted());
  }
}

TEST(Clock, AClockThatWasFarAheadLocksNobodyOutForLongerThanAWindowOrALease) {
  for (const WindowTechnique technique : kBoth) {
    for (const int charges : {1, 100}) {
      const WindowRule rule = Rule(technique, 100, 10);
      CostWindowState state(technique);
      for (int i = 0; i < charges; ++i) state.Charge(rule, 100, 1'000'000 * kSecond + i);
      state.Hold(rule, 50, 1'000'007 * kSecond, 1'000'001 * kSecond);
      EXPECT_FALSE(state.Admit(rule, 100 * kSecond).admitted());
      EXPECT_EQ(state.UsageAt(rule, 105 * kSecond).held, 50u);
      EXPECT_EQ(state.UsageAt(rule, 106 * kSecond).held, 0u);
      EXPECT_TRUE(state.Admit(rule, 111 * kSecond).admitted());
    }
  }
}

TEST(R17, WhatWasSpentOutlivesAChangeOfTheRule) {
  struct Case {
    const char* sentence;
    WindowRule before;
    int charges;
    WindowRule after;
  };
  const Case cases[] = {
      {"of the limit", Rule(WindowTechnique::kFixed, 100, 60), 3,
       Rule(WindowTechnique::kFixed, 31, 60)},
      {"from fixed to sliding", Rule(WindowTechnique::kFixed, 100, 60), 3,
       Rule(WindowTechnique::kSliding, 31, 60)},
      {"from sliding to fixed", Rule(WindowTechnique::kSliding, 100, 60), 3,
       Rule(WindowTechnique::kFixed, 31, 60)},
      {"of a sliding window's length", Rule(WindowTechnique::kSliding, 100, 60), 3,
       Rule(WindowTechnique::kSliding, 31, 30)},
      {"of the length of slices, shorter", Rule(WindowTechnique::kSliding, 1000, 60), 50,
       Rule(WindowTechnique::kSliding, 501, 30)},
      {"of the length of slices, longer", Rule(WindowTechnique::kSliding, 1000, 60), 50,
       Rule(WindowTechnique::kSliding, 501, 86'400)},
  };
  for (const Case& c : cases) {
    SCOPED_TRACE(c.sentence);
    CostWindowState state(c.before.technique);
    const int64_t now = 600 * kSecond;
    for (int i = 0; i < c.charges; ++i) state.Charge(c.before, 10, now + i);
    EXPECT_TRUE(state.Admit(c.after, now + 100).admitted());
    EXPECT_EQ(state.UsageAt(c.after, now + 100).spent, static_cast<uint64_t>(10 * c.charges));
    state.Charge(c.after, 1, now + 100);
    EXPECT_FALSE(state.Admit(c.after, now + 100).admitted());
    const int64_t later = now + c.after.window_ns + c.after.window_ns / 64 + kSecond;
    EXPECT_EQ(state.UsageAt(c.after, later).spent, 0u);
  }
}

TEST(R17, WhatMayHaveBeenSpentInTheNewWindowCountsInIt) {
  // Fixed windows of an hour begin at 3600 and 7200 s, those of a minute at 3960 and 4020 s.
  const WindowRule hour = Rule(WindowTechnique::kFixed, 100, 3600);
  const WindowRule minute = Rule(WindowTechnique::kFixed, 100, 60);
  const WindowRule last_hour = Rule(WindowTechnique::kSliding, 100, 3600);
  const WindowRule last_minute = Rule(WindowTechnique::kSliding, 100, 60);
  struct Case {
    const char* sentence;
    WindowRule before;
    std::vector<int64_t> seconds;  // at which 1 is spent
    WindowRule after;
    int64_t at_second;
    uint64_t spent;
    int64_t empty_second;
  };
  const Case cases[] = {
      {"shorter, in the minute of the latest charge", hour, {3600, 4015}, minute, 4019, 2, 4020},
      {"shorter, a minute after it", hour, {3600, 4015}, minute, 4020, 0, 0},
      {"longer", minute, {4030, 4040}, hour, 5000, 2, 7200},
      {"sliding, shorter", last_hour, {3600, 4015}, last_minute, 4059, 1, 4075},
      {"sliding, longer", last_minute, {4000, 4040}, last_hour, 5000, 2, 7640},
      {"fixed to sliding, over the edge", hour, {7000, 7199}, last_hour, 7201, 2, 10'799},
      {"fixed to sliding, shorter", hour, {3600, 4015}, last_minute, 4020, 2, 4075},
      {"fixed to sliding, too late for it", hour, {3600, 4015}, last_minute, 4075, 0, 0},
      {"sliding to fixed", last_hour, {3599, 3600, 4015}, hour, 4020, 2, 7200},
  };
  for (const Case& c : cases) {
    SCOPED_TRACE(c.sentence);
    CostWindowState state(c.before.technique);
    for (const int64_t second : c.seconds) state.Charge(c.before, 1, second * kSecond);
    if (c.spent > 0) {
      EXPECT_GE(state.EmptyAt(c.after), c.empty_second * kSecond);
    }
    EXPECT_EQ(state.UsageAt(c.after, c.at_second * kSecond).spent, c.spent);
    if (c.spent == 0) continue;
    EXPECT_EQ(state.EmptyAt(c.after), c.empty_second * kSecond);
    EXPECT_GT(state.UsageAt(c.after, c.empty_second * kSecond - 1).spent, 0u);
    EXPECT_EQ(state.UsageAt(c.after, c.empty_second * kSecond).spent, 0u);
  }
}

TEST(Eviction, AStateSaysWhenItIsEmpty) {
  const WindowRule fixed = Rule(WindowTechnique::kFixed, 100, 10);
  CostWindowState state(WindowTechnique::kFixed);
  state.Charge(fixed, 1, 13 * kSecond);
  EXPECT_EQ(state.EmptyAt(fixed), 20 * kSecond);
  const HoldId hold = state.Hold(fixed, 1, 50 * kSecond, 13 * kSecond);
  EXPECT_EQ(state.EmptyAt(fixed), 50 * kSecond) << "not before its holds";
  state.Settle(fixed, hold, 0, 14 * kSecond);
  EXPECT_EQ(state.EmptyAt(fixed), 20 * kSecond);
  state.ClearSpent(fixed);
  EXPECT_LE(state.EmptyAt(fixed), 14 * kSecond);

  const WindowRule sliding = Rule(WindowTechnique::kSliding, 100, 64);
  CostWindowState slid(WindowTechnique::kSliding);
  for (int i = 0; i < 40; ++i) slid.Charge(sliding, 1, 100 * kSecond + i * kSecond / 2);
  const int64_t empty_at = slid.EmptyAt(sliding);
  EXPECT_GT(slid.UsageAt(sliding, empty_at - 1).spent, 0u);
  EXPECT_EQ(slid.UsageAt(sliding, empty_at).spent, 0u);
  EXPECT_LE(empty_at, (119 + 1 + 65) * kSecond);
}

TEST(Memory, AStateStaysWithinTheBoundThatItsHeaderStates) {
  EXPECT_LE(sizeof(CostWindowState), 160u);
  EXPECT_LE(SlidingSpend::kMaxHeapBytes, 520u);
}

}  // namespace
}  // namespace junctor
