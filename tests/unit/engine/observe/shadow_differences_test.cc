#include "engine/observe/shadow_differences.h"

#include <gtest/gtest.h>

#include <string>
#include <thread>
#include <vector>

namespace junctor::engine {
namespace {

const RouteDecision kCallsMini{3, "call", "cheap", "openai/gpt-4o-mini"};
const RouteDecision kCallsLarge{4, "call", "cheap", "openai/gpt-4o"};
const RouteDecision kRefuses{4, "limited", "limit", ""};

TEST(ShadowDifferences, EqualDecisionsAreOnlyCounted) {
  ShadowDifferences differences;
  RouteDecision renamed = kCallsMini;
  renamed.element = "inexpensive";
  renamed.version = 4;
  differences.Record("d", "log-1", 1, kCallsMini, renamed);
  const ShadowDifferences::Counts counts = differences.Of("d");
  EXPECT_EQ(counts.compared, 1u);
  EXPECT_EQ(counts.different, 0u);
  EXPECT_TRUE(counts.examples.empty());
}

TEST(ShadowDifferences, AnotherModelOrOutcomeIsADifferenceWithAnExample) {
  ShadowDifferences differences;
  differences.Record("d", "log-1", 10, kCallsMini, kCallsLarge);
  differences.Record("d", "log-2", 20, kCallsMini, kRefuses);
  differences.Record("d", "log-3", 30, kCallsMini, kCallsMini);
  const ShadowDifferences::Counts counts = differences.Of("d");
  EXPECT_EQ(counts.compared, 3u);
  EXPECT_EQ(counts.different, 2u);
  ASSERT_EQ(counts.examples.size(), 2u);
  EXPECT_EQ(counts.examples[0].log_id, "log-2") << "newest first";
  EXPECT_EQ(counts.examples[0].at_ms, 20);
  EXPECT_EQ(counts.examples[0].shadow.outcome, "limited");
  EXPECT_EQ(counts.examples[1].live.model, "openai/gpt-4o-mini");
  EXPECT_EQ(counts.examples[1].shadow.model, "openai/gpt-4o");
}

TEST(ShadowDifferences, NothingIsKnownOfAnUnknownDeployment) {
  const ShadowDifferences differences;
  EXPECT_EQ(differences.Of("d").compared, 0u);
}

TEST(ShadowDifferences, OnlyTheNewestExamplesAreKept) {
  ShadowDifferences differences;
  for (size_t i = 0; i < kMaxShadowExamples + 5; ++i) {
    differences.Record("d", "log-" + std::to_string(i), 1, kCallsMini, kCallsLarge);
  }
  const ShadowDifferences::Counts counts = differences.Of("d");
  EXPECT_EQ(counts.different, kMaxShadowExamples + 5);
  ASSERT_EQ(counts.examples.size(), kMaxShadowExamples);
  EXPECT_EQ(counts.examples.front().log_id, "log-" + std::to_string(kMaxShadowExamples + 4));
  EXPECT_EQ(counts.examples.back().log_id, "log-5");
}

TEST(ShadowDifferences, BeyondTheBoundTheLeastRecentlyReportedIsForgotten) {
  ShadowDifferences differences;
  for (size_t i = 0; i < kMaxShadowDeployments; ++i) {
    differences.Record("d" + std::to_string(i), "log", 1, kCallsMini, kCallsMini);
  }
  differences.Record("d0", "log", 2, kCallsMini, kCallsMini);
  differences.Record("one more", "log", 3, kCallsMini, kCallsMini);
  EXPECT_EQ(differences.Of("d0").compared, 2u);
  EXPECT_EQ(differences.Of("d1").compared, 0u);
  EXPECT_EQ(differences.Of("d2").compared, 1u);
  EXPECT_EQ(differences.Of("one more").compared, 1u);
}

TEST(ShadowDifferences, ReportsOfManyThreadsAreAllCounted) {
  ShadowDifferences differences;
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&differences] {
      for (int k = 0; k < 500; ++k) {
        differences.Record("d", "log", k, kCallsMini, k % 2 == 0 ? kCallsMini : kCallsLarge);
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(differences.Of("d").compared, 2000u);
  EXPECT_EQ(differences.Of("d").different, 1000u);
}

}  // namespace
}  // namespace junctor::engine
