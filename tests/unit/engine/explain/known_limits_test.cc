// What `explain` says of a limit whose state is known, held against the limits that serve.
#include "engine/explain/known_limits.h"

#include <gtest/gtest.h>

#include "engine/limits/limit_store.h"

namespace junctor::engine {
namespace {

constexpr int64_t kSecond = 1'000'000'000;
constexpr int64_t kStart = int64_t{1'800'000'000} * kSecond;  // a multiple of 60 s
constexpr uint64_t kDollar = 1'000'000'000;

LimitSpec Spec(LimitType type, WindowTechnique technique, uint64_t limit) {
  LimitSpec spec;
  spec.type = type;
  spec.technique = technique;
  spec.limit = limit;
  spec.window_seconds = 60;
  return spec;
}

// The same limit in a store, asked through its interface.
struct Served {
  LimitStore store;
  LimitSpec spec;

  LimitVerdict Ask(int64_t now_ns, uint64_t charge = 0) {
    LimitVerdict verdict;
    store.Ask({{"g", "r", "limit"}, "key", &spec}, now_ns, &verdict);
    if (charge > 0) store.Charge(verdict.ticket, charge, now_ns);
    return verdict;
  }
  KnownLimits Known(int64_t now_ns) { return {now_ns, store.Snapshot("g", "r", 100, now_ns).rows}; }
  LimitOutlook Outlook(int64_t now_ns) { return OutlookOf(spec, "limit", "key", Known(now_ns)); }
};

TEST(KnownLimits, SayWhatTheLimitWouldSay) {
  for (const LimitType type : {LimitType::kCount, LimitType::kCost}) {
    for (const WindowTechnique technique : {WindowTechnique::kFixed, WindowTechnique::kSliding}) {
      const bool is_cost = type == LimitType::kCost;
      Served served{LimitStore(), Spec(type, technique, is_cost ? 5 * kDollar : 5)};
      const uint64_t each = is_cost ? kDollar : 1;
      for (int second = 0; second < 150; second += 5) {
        const int64_t now = kStart + second * kSecond;
        const LimitRow before =
            served.Known(now).rows.empty() ? LimitRow() : served.Known(now).rows.front();
        const LimitOutlook outlook = served.Outlook(now);
        const LimitVerdict verdict = served.Ask(now, is_cost ? each : 0);
        const auto where = [&] {
          return std::string(is_cost ? "cost" : "count") +
                 (technique == WindowTechnique::kFixed ? ", fixed" : ", sliding") + ", second " +
                 std::to_string(second);
        };
        EXPECT_EQ(outlook.admitted, verdict.answer.admitted) << where();
        EXPECT_EQ(outlook.spent, before.spent) << where();
        EXPECT_EQ(outlook.left, 5 * each - before.spent) << where();
        // Never too early; to the point where the row tells all.
        EXPECT_GE(outlook.retry_after_ms, verdict.answer.retry_after_ms) << where();
        EXPECT_LE(outlook.retry_after_ms, 61'000u) << where();
        if (technique == WindowTechnique::kFixed) {
          EXPECT_EQ(outlook.retry_after_ms, verdict.answer.retry_after_ms) << where();
        }
      }
    }
  }
}

TEST(KnownLimits, WithAGrantThatManyMorePass) {
  Served served{LimitStore(), Spec(LimitType::kCount, WindowTechnique::kFixed, 2)};
  for (int i = 0; i < 2; ++i) ASSERT_TRUE(served.Ask(kStart).answer.admitted);
  EXPECT_FALSE(served.Outlook(kStart).admitted);
  ASSERT_TRUE(served.store.Grant("g", "r", "limit", "key", 3, kStart));
  EXPECT_TRUE(served.Outlook(kStart).admitted);
  EXPECT_EQ(served.Outlook(kStart).limit, 5u);
  EXPECT_EQ(served.Outlook(kStart).left, 3u);
  // The same state at a later time: the grant is over with its window.
  KnownLimits later = served.Known(kStart);
  later.unix_nanoseconds = kStart + 60 * kSecond;
  EXPECT_EQ(OutlookOf(served.spec, "limit", "key", later).limit, 2u);
}

TEST(KnownLimits, WhatIsHeldIsNotLeft) {
  Served served{LimitStore(), Spec(LimitType::kCost, WindowTechnique::kFixed, 5 * kDollar)};
  served.spec.reserve = true;
  LimitVerdict verdict;
  served.store.Ask({{"g", "r", "limit"}, "key", &served.spec, 5 * kDollar}, kStart, &verdict);
  ASSERT_TRUE(verdict.answer.admitted);
  const LimitOutlook outlook = served.Outlook(kStart);
  EXPECT_FALSE(outlook.admitted);
  EXPECT_EQ(outlook.held, 5 * kDollar);
  EXPECT_EQ(outlook.left, 0u);
  EXPECT_LE(outlook.retry_after_ms, 1000u) << "it may be settled at any time";
}

TEST(KnownLimits, AReservingLimitSaysWhatItWouldHold) {
  Served served{LimitStore(), Spec(LimitType::kCost, WindowTechnique::kFixed, 5 * kDollar)};
  served.spec.reserve = true;
  LimitVerdict verdict;
  served.store.Ask({{"g", "r", "limit"}, "key", &served.spec, 2 * kDollar}, kStart, &verdict);
  for (const uint64_t estimate : {kDollar, 3 * kDollar, 3 * kDollar + 1, 5 * kDollar + 1}) {
    const LimitOutlook outlook =
        OutlookOf(served.spec, "limit", "key", served.Known(kStart), estimate);
    LimitVerdict served_verdict;
    served.store.Ask({{"g", "r", "limit"}, "key", &served.spec, estimate}, kStart, &served_verdict);
    EXPECT_EQ(outlook.admitted, served_verdict.answer.admitted) << estimate;
    EXPECT_EQ(outlook.too_large, served_verdict.too_large) << estimate;
    EXPECT_EQ(outlook.retry_after_ms, served_verdict.answer.retry_after_ms) << estimate;
    EXPECT_EQ(outlook.holds, estimate);
    served.store.Settle(&served_verdict.ticket, kStart);
  }
  served.spec.reserve = false;
  EXPECT_FALSE(OutlookOf(served.spec, "limit", "key", served.Known(kStart), kDollar).holds);
}

TEST(KnownLimits, WithoutARowNothingIsSpent) {
  const LimitSpec spec = Spec(LimitType::kCount, WindowTechnique::kSliding, 2);
  LimitRow other;
  other.element = "limit";
  other.key = "other";
  other.spent = 2;
  EXPECT_EQ(OutlookOf(spec, "limit", "key", {kStart, {other}}).left, 2u);
  EXPECT_FALSE(OutlookOf(spec, "limit", "other", {kStart, {other}}).admitted);
}

TEST(KnownLimits, ARowWithoutATimeCountsNow) {
  for (const WindowTechnique technique : {WindowTechnique::kFixed, WindowTechnique::kSliding}) {
    const LimitSpec spec = Spec(LimitType::kCount, technique, 100);
    LimitRow row;
    row.element = "limit";
    row.spent = 100;
    const LimitOutlook outlook = OutlookOf(spec, "limit", "", {kStart + 20 * kSecond, {row}});
    EXPECT_FALSE(outlook.admitted);
    // A sliding window of 100 is kept in slices, which leave up to 1/64 of it late.
    const bool is_fixed = technique == WindowTechnique::kFixed;
    EXPECT_GE(outlook.retry_after_ms, is_fixed ? 40'000u : 60'000u);
    EXPECT_LE(outlook.retry_after_ms, is_fixed ? 40'000u : 61'000u);
  }
}

}  // namespace
}  // namespace junctor::engine
