// Which targets are left alone, and for how long. Time is given: nothing here waits.
#include "engine/gateway/target_health.h"

#include <gtest/gtest.h>

#include <thread>
#include <vector>

namespace junctor::engine {
namespace {

using std::chrono::milliseconds;

constexpr HealthRule kRule{3, milliseconds(100)};

class TargetHealthTest : public ::testing::Test {
 protected:
  void Fail(HealthVerdict verdict = HealthVerdict::kHealthy) {
    changed_ = health_.Report(target_, verdict, kRule, HealthOutcome::kFailure, "overloaded", now_);
  }
  void Succeed(HealthVerdict verdict = HealthVerdict::kHealthy) {
    changed_ = health_.Report(target_, verdict, kRule, HealthOutcome::kSuccess, "", now_);
  }
  HealthVerdict Admit() { return health_.Admit(target_, now_); }

  TargetHealth health_;
  TargetHealth::Target* target_ = health_.Find({"up", "model", 7, "configured"});
  net::TimePoint now_{std::chrono::hours(1)};
  bool changed_ = false;
};

TEST_F(TargetHealthTest, ATargetIsLeftAloneAfterSoManyFailuresInARow) {
  Fail();
  Fail();
  EXPECT_EQ(Admit(), HealthVerdict::kHealthy);
  EXPECT_FALSE(changed_);
  Fail();
  EXPECT_TRUE(changed_);
  EXPECT_EQ(Admit(), HealthVerdict::kCooling);
  EXPECT_TRUE(health_.IsCooling(target_, now_));
}

TEST_F(TargetHealthTest, ASuccessBetweenThemStartsTheCountAnew) {
  Fail();
  Fail();
  Succeed();
  Fail();
  Fail();
  EXPECT_EQ(Admit(), HealthVerdict::kHealthy);
}

TEST_F(TargetHealthTest, FailuresOfTheCallersMakingCountNeitherWay) {
  Fail();
  Fail();
  health_.Report(target_, HealthVerdict::kHealthy, kRule, HealthOutcome::kNeither, "auth", now_);
  Fail();
  EXPECT_EQ(Admit(), HealthVerdict::kCooling);
}

TEST_F(TargetHealthTest, OneRequestTriesACooledTargetAndASuccessMakesItHealthy) {
  for (int i = 0; i < 3; ++i) Fail();
  now_ += milliseconds(99);
  EXPECT_EQ(Admit(), HealthVerdict::kCooling);
  now_ += milliseconds(1);
  EXPECT_EQ(Admit(), HealthVerdict::kTrial);
  EXPECT_EQ(Admit(), HealthVerdict::kCooling) << "one at a time";
  Succeed(HealthVerdict::kTrial);
  EXPECT_TRUE(changed_);
  EXPECT_EQ(Admit(), HealthVerdict::kHealthy);
}

TEST_F(TargetHealthTest, ATrialThatToldNothingLeavesTheTrialToTheNext) {
  for (int i = 0; i < 3; ++i) Fail();
  now_ += milliseconds(100);
  EXPECT_EQ(Admit(), HealthVerdict::kTrial);
  health_.Report(target_, HealthVerdict::kTrial, kRule, HealthOutcome::kNeither, "", now_);
  EXPECT_EQ(Admit(), HealthVerdict::kTrial);
}

TEST_F(TargetHealthTest, EachFailedTrialDoublesTheCoolingTimeUpToABound) {
  for (int i = 0; i < 3; ++i) Fail();
  milliseconds expected(100);
  for (int trial = 0; trial < 12; ++trial) {
    const std::vector<HealthReport> reports = health_.Reports(now_);
    ASSERT_EQ(reports.size(), 1u);
    EXPECT_EQ(reports[0].cooling_for, expected) << "after " << trial << " trials";
    now_ += expected;
    ASSERT_EQ(Admit(), HealthVerdict::kTrial);
    Fail(HealthVerdict::kTrial);
    expected = std::min(expected * 2, kRule.cooldown * kMaxCooldownFactor);
  }
  EXPECT_EQ(expected, milliseconds(6400));
  now_ += expected;
  EXPECT_EQ(Admit(), HealthVerdict::kTrial);
  Succeed(HealthVerdict::kTrial);
  for (int i = 0; i < 3; ++i) Fail();
  EXPECT_EQ(health_.Reports(now_)[0].cooling_for, milliseconds(100)) << "it starts anew";
}

TEST_F(TargetHealthTest, CallsUnderWayWhenItBeganToCoolDoNotLengthenItsTime) {
  for (int i = 0; i < 3; ++i) Fail();
  now_ += milliseconds(50);
  Fail();
  Fail();
  EXPECT_EQ(health_.Reports(now_)[0].cooling_for, milliseconds(50));
}

TEST_F(TargetHealthTest, ProviderModelAndCredentialMakeATarget) {
  EXPECT_EQ(health_.Find({"up", "model", 7, "configured"}), target_);
  EXPECT_NE(health_.Find({"up", "model", 8, "configured"}), target_);
  EXPECT_NE(health_.Find({"up", "other", 7, "configured"}), target_);
  EXPECT_NE(health_.Find({"down", "model", 7, "configured"}), target_);
}

TEST_F(TargetHealthTest, TheReportNamesOnlyWhatFailed) {
  EXPECT_TRUE(health_.Reports(now_).empty());
  Fail();
  const std::vector<HealthReport> reports = health_.Reports(now_);
  ASSERT_EQ(reports.size(), 1u);
  EXPECT_EQ(reports[0].provider, "up");
  EXPECT_EQ(reports[0].key_name, "configured");
  EXPECT_EQ(reports[0].verdict, HealthVerdict::kHealthy);
  EXPECT_EQ(reports[0].consecutive_failures, 1u);
  EXPECT_EQ(reports[0].last_error, "overloaded");
}

TEST(TargetHealthBoundTest, BeyondTheBoundTargetsHaveNoHealth) {
  TargetHealth health;
  for (size_t i = 0; i < kMaxHealthTargets; ++i) {
    ASSERT_NE(health.Find({"up", std::to_string(i), 0, ""}), nullptr);
  }
  EXPECT_EQ(health.Find({"up", "one more", 0, ""}), nullptr);
  EXPECT_NE(health.Find({"up", "0", 0, ""}), nullptr) << "known ones stay";
}

TEST(TargetHealthConcurrentTest, OfManyThreadsOneGetsTheTrial) {
  TargetHealth health;
  TargetHealth::Target* target = health.Find({"up", "model", 0, ""});
  net::TimePoint now{std::chrono::hours(1)};
  for (int i = 0; i < 3; ++i) {
    health.Report(target, HealthVerdict::kHealthy, kRule, HealthOutcome::kFailure, "reset", now);
  }
  now += milliseconds(100);
  std::atomic<int> trials = 0;
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&] {
      for (int j = 0; j < 1000; ++j) {
        if (health.Admit(target, now) == HealthVerdict::kTrial) ++trials;
        health.Find({"up", std::to_string(j), 0, ""});
        health.Reports(now);
        if (j > 20) break;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(trials, 1);
}

}  // namespace
}  // namespace junctor::engine
