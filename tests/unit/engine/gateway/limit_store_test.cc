// R15–R17 at the store: buckets by name and key, and the bound.
#include "engine/gateway/limit_store.h"

#include <gtest/gtest.h>

#include <string>
#include <thread>
#include <vector>

namespace junctor::engine {
namespace {

constexpr int64_t kSecond = 1'000'000'000;

LimitSpec Limit(uint64_t limit, uint32_t window_seconds,
                WindowTechnique technique = WindowTechnique::kFixed) {
  LimitSpec spec;
  spec.limit = limit;
  spec.window_seconds = window_seconds;
  spec.technique = technique;
  return spec;
}

TEST(LimitStore, R17_KeepsGatewaysRoutesElementsAndKeysApart) {
  LimitStore store;
  const LimitSpec spec = Limit(1, 60);
  EXPECT_TRUE(store.Take("a/g", "r", "e", "k", spec, kSecond).admitted);
  EXPECT_FALSE(store.Take("a/g", "r", "e", "k", spec, kSecond).admitted);
  EXPECT_TRUE(store.Take("a/h", "r", "e", "k", spec, kSecond).admitted);
  EXPECT_TRUE(store.Take("a/g", "s", "e", "k", spec, kSecond).admitted);
  EXPECT_TRUE(store.Take("a/g", "r", "f", "k", spec, kSecond).admitted);
  EXPECT_TRUE(store.Take("a/g", "r", "e", "l", spec, kSecond).admitted);
  EXPECT_TRUE(store.Take("a/g", "re", "", "k", spec, kSecond).admitted);
}

TEST(LimitStore, R16_ARefusedRequestTakesNothingAndLearnsWhenToComeBack) {
  LimitStore store;
  const LimitSpec spec = Limit(2, 10, WindowTechnique::kSliding);
  EXPECT_TRUE(store.Take("", "r", "e", "", spec, 100 * kSecond).admitted);
  EXPECT_TRUE(store.Take("", "r", "e", "", spec, 104 * kSecond).admitted);
  const LimitAnswer refused = store.Take("", "r", "e", "", spec, 105 * kSecond);
  EXPECT_FALSE(refused.admitted);
  EXPECT_EQ(refused.retry_after_ms, 5000u);
  EXPECT_TRUE(store.Take("", "r", "e", "", spec, 110 * kSecond).admitted);
}

TEST(LimitStore, AFullStoreRefusesNewKeysAndForgetsNoneThatStillCounts) {
  LimitStore store(64);  // one a shard
  const LimitSpec spec = Limit(1, 60);
  size_t admitted = 0;
  for (int i = 0; i < 1000; ++i) {
    admitted += store.Take("", "r", "e", std::to_string(i), spec, 60 * kSecond).admitted ? 1 : 0;
  }
  EXPECT_LE(store.size(), 64u);
  EXPECT_EQ(admitted, store.size());
  // None of the known keys has been forgotten.
  size_t again = 0;
  for (int i = 0; i < 1000; ++i) {
    again += store.Take("", "r", "e", std::to_string(i), spec, 61 * kSecond).admitted ? 1 : 0;
  }
  EXPECT_EQ(again, 64u - admitted);
  // A window later they make room.
  EXPECT_TRUE(store.Take("", "r", "e", "new", spec, 121 * kSecond).admitted);
}

TEST(LimitStore, R15_ManyThreadsNeverPassMoreThanTheLimit) {
  LimitStore store;
  const LimitSpec spec = Limit(500, 60, WindowTechnique::kSliding);
  std::atomic<int> admitted = 0;
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&] {
      for (int i = 0; i < 1000; ++i) {
        if (store.Take("", "r", "e", "k", spec, 60 * kSecond + i).admitted) ++admitted;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(admitted, 500);
}

}  // namespace
}  // namespace junctor::engine
