// Windows as bytes: what a state counted, it counts again after Encode and Decode.
#include "runtime/limits/timed_amounts.h"

#include <gtest/gtest.h>

#include <random>

#include "runtime/limits/cost_window.h"
#include "runtime/limits/window.h"

namespace junctor {
namespace {

constexpr int64_t kTick = kNanosecondsPerSecond;

TEST(TimedAmounts, BytesThatAreNoneOfOursAreRefused) {
  const struct {
    const char* name;
    std::string bytes;
  } cases[] = {
      {"nothing", ""},
      {"an unknown technique", "\x02"},
      {"a number without an end", std::string("\x01\x80", 2)},
      {"a time without an amount", std::string("\x01\x02", 2)},
      {"times that run backwards", std::string("\x01\x04\x01\x01\x01", 5)},
      {"a number of more than 64 bits", "\x01" + std::string(11, '\xff') + std::string(2, '\x01')},
      {"too many items", "\x01" + std::string(2 * TimedAmounts::kMaxItems + 2, '\x02')},
  };
  for (const auto& c : cases) EXPECT_FALSE(TimedAmounts::Read(c.bytes).has_value()) << c.name;
  EXPECT_TRUE(TimedAmounts::Read(std::string(1, '\0')).has_value());
}

TEST(TimedAmounts, ADecodedWindowOfCountsAdmitsNoMoreThanTheOneItWas) {
  std::mt19937_64 random(7);
  for (const WindowTechnique technique : {WindowTechnique::kFixed, WindowTechnique::kSliding}) {
    for (const uint64_t limit : {1u, 8u, 20u, 64u, 65u, 1000u, 100'000u}) {
      const WindowRule rule = {technique, limit, 60 * kTick};
      WindowState state(technique);
      int64_t now = 1'700'000'000 * kTick;
      for (uint64_t i = 0; i < 2 * limit; ++i) {
        state.Admit(rule, now);
        now += static_cast<int64_t>(random() % (120 * kTick / static_cast<int64_t>(limit)));
      }
      std::string bytes;
      state.Encode(&bytes);
      EXPECT_LE(bytes.size(), 700u);
      WindowState decoded(technique);
      ASSERT_TRUE(decoded.Decode(rule, bytes));
      EXPECT_EQ(decoded.Counted(rule, now), state.Counted(rule, now)) << limit;
      EXPECT_LE(state.EmptyAt(rule), decoded.EmptyAt(rule)) << limit;
      for (int i = 0; i < 200; ++i) {
        now += static_cast<int64_t>(random() % (2 * kTick));
        EXPECT_GE(decoded.Counted(rule, now), state.Counted(rule, now)) << limit;
        EXPECT_LE(decoded.Counted(rule, now), limit);
      }
    }
  }
}

TEST(TimedAmounts, ADecodedWindowOfCostsForgetsNothingThatWasSpent) {
  for (const WindowTechnique technique : {WindowTechnique::kFixed, WindowTechnique::kSliding}) {
    for (const int charges : {0, 1, 32, 33, 500}) {
      const WindowRule rule = {technique, 1'000'000, 3600 * kTick};
      CostWindowState state(technique);
      const int64_t begin = int64_t{1'700'000'000} * kTick;
      int64_t now = begin;
      for (int i = 0; i < charges; ++i, now += 5 * kTick) state.Charge(rule, 100, now);
      // What was spent in the window that ends at `now_ns`, or in its fixed one.
      const auto spent = [&](int64_t now_ns) {
        const int64_t since = technique == WindowTechnique::kSliding
                                  ? now_ns - rule.window_ns + 1
                                  : FloorDivide(now_ns, rule.window_ns) * rule.window_ns;
        uint64_t sum = 0;
        for (int i = 0; i < charges; ++i) sum += begin + i * 5 * kTick >= since ? 100 : 0;
        return sum;
      };
      std::string bytes;
      state.Encode(&bytes);
      CostWindowState decoded;
      ASSERT_TRUE(decoded.Decode(rule, bytes));
      EXPECT_EQ(decoded.UsageAt(rule, now).spent, state.UsageAt(rule, now).spent) << charges;
      for (int i = 0; i < 100; ++i, now += 60 * kTick) {
        EXPECT_GE(decoded.UsageAt(rule, now).spent, spent(now)) << charges;
      }
      EXPECT_EQ(decoded.UsageAt(rule, now).spent, 0u);
    }
  }
}

TEST(TimedAmounts, AWindowReadUnderAnotherRuleKeepsItsCount) {
  const WindowRule hour = {WindowTechnique::kSliding, 1000, 3600 * kTick};
  WindowState state(WindowTechnique::kSliding);
  const int64_t now = 1'700'000'000 * kTick;
  for (int i = 0; i < 300; ++i) state.Admit(hour, now + i * kTick);
  std::string bytes;
  state.Encode(&bytes);
  const WindowRule day = {WindowTechnique::kSliding, 1000, 86'400 * kTick};
  WindowState longer;
  ASSERT_TRUE(longer.Decode(day, bytes));
  EXPECT_EQ(longer.Counted(day, now + 300 * kTick), 300u);
  const WindowRule few = {WindowTechnique::kSliding, 10, 3600 * kTick};
  WindowState smaller;
  ASSERT_TRUE(smaller.Decode(few, bytes));
  EXPECT_FALSE(smaller.Admit(few, now + 300 * kTick).admitted);
}

}  // namespace
}  // namespace junctor
