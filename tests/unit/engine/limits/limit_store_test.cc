// R15–R17 at the store: buckets by name and key, charges and holds, the bound, an operator's view.
#include "engine/limits/limit_store.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <string>
#include <thread>
#include <utility>
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

TEST(LimitStore, ALookTakesNothingAndSeesWhatCounts) {
  LimitStore store;
  for (const LimitType type : {LimitType::kCount, LimitType::kCost}) {
    LimitSpec spec = Limit(2, 60);
    spec.type = type;
    LimitAsk ask;
    ask.name = {"g", "r", type == LimitType::kCount ? "count" : "cost"};
    ask.spec = &spec;
    for (int i = 0; i < 5; ++i) EXPECT_TRUE(store.WouldAdmit(ask, kSecond));
    LimitVerdict verdict;
    EXPECT_TRUE(store.Ask(ask, kSecond, &verdict));
    if (type == LimitType::kCost) store.Charge(verdict.ticket, 1, kSecond);
    EXPECT_TRUE(store.WouldAdmit(ask, kSecond));
    EXPECT_TRUE(store.Ask(ask, kSecond, &verdict));
    if (type == LimitType::kCost) store.Charge(verdict.ticket, 1, kSecond);
    EXPECT_FALSE(store.WouldAdmit(ask, kSecond));
    // A rule of another deployment looks at the same window.
    LimitSpec larger = spec;
    larger.limit = 3;
    ask.spec = &larger;
    EXPECT_TRUE(store.WouldAdmit(ask, kSecond));
    larger.reserve = type == LimitType::kCost;
    ask.estimate = 2;
    EXPECT_EQ(store.WouldAdmit(ask, kSecond), type == LimitType::kCount);
    ask.spec = &spec;
    EXPECT_TRUE(store.WouldAdmit(ask, 61 * kSecond)) << "the window is over";
  }
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

LimitSpec Budget(uint64_t nano_dollars, uint32_t window_seconds, bool reserve,
                 WindowTechnique technique = WindowTechnique::kFixed) {
  LimitSpec spec = Limit(nano_dollars, window_seconds, technique);
  spec.type = LimitType::kCost;
  spec.reserve = reserve;
  return spec;
}

// A store with one route, and one budget in it.
struct BudgetStore {
  CostPass Pass(const std::string& key, uint64_t estimate, int64_t now,
                int64_t lease = kHoldLeaseNs) {
    return store.PassCost("g", "r", "e", key, spec, estimate, now, lease);
  }
  LimitRow Row(int64_t now) {
    const LimitSnapshot snapshot = store.Snapshot("g", "r", 10, now);
    return snapshot.rows.size() == 1 ? snapshot.rows[0] : LimitRow();
  }

  LimitSpec spec;
  LimitStore store;
};

TEST(LimitStore, R17_KeysOfAnyLengthAreToldApart) {
  LimitStore store;
  const LimitSpec spec = Limit(1, 60);
  for (const size_t size : {0, 1, 18, 19, 20, 21, 300}) {
    const std::string key(size, 'x');
    EXPECT_TRUE(store.Take("", "r", "e", key, spec, kSecond).admitted) << size;
    EXPECT_FALSE(store.Take("", "r", "e", key, spec, kSecond).admitted) << size;
  }
  EXPECT_EQ(store.size(), 7u);
}

// A UUID as LimitStep::key.
std::string UuidKey(std::string_view uuid) { return std::string("s\x24\0\0\0", 5).append(uuid); }

TEST(LimitStore, R17_KeysThatAreKeptInAShorterFormAreToldApartAndShownWhole) {
  LimitStore store;
  const LimitSpec spec = Limit(1, 60);
  const std::string uuid = UuidKey("0123abcd-4567-89ef-0123-456789abcdef");
  const std::string packed =
      std::string("\xfe\x01\x23\xab\xcd\x45\x67\x89\xef\x01\x23") + "\x45\x67\x89\xab\xcd\xef";
  const std::vector<std::string> keys = {
      uuid,
      UuidKey("0123abcd-4567-89ef-0123-456789abcdee"),
      UuidKey("0123ABCD-4567-89ef-0123-456789abcdef"),
      UuidKey("0123abcd-4567-89ef-0123_456789abcdef"),
      UuidKey("0123abcdx4567-89ef-0123-456789abcdef"),
      uuid.substr(1),
      packed,
      "\xff" + packed,
      "\xff",
  };
  for (const std::string& key : keys) {
    EXPECT_TRUE(store.Take("g", "r", "e", key, spec, kSecond).admitted) << key;
    EXPECT_FALSE(store.Take("g", "r", "e", key, spec, kSecond).admitted) << key;
  }
  std::vector<std::string> shown;
  for (const LimitRow& row : store.Snapshot("g", "r", 100, kSecond).rows) shown.push_back(row.key);
  std::vector<std::string> sorted = keys;
  std::sort(sorted.begin(), sorted.end());
  EXPECT_EQ(shown, sorted);
}

TEST(LimitStore, R16_EveryAttemptOfARequestIsChargedToTheWindowItPassed) {
  BudgetStore budget{Budget(100, 60, false), LimitStore()};
  const CostPass pass = budget.Pass("k", 0, 0);
  EXPECT_TRUE(pass.answer.admitted);
  EXPECT_TRUE(pass.ticket);
  budget.store.Charge(pass.ticket, 40, 0);
  EXPECT_TRUE(budget.Pass("k", 0, 0).answer.admitted);
  budget.store.Charge(pass.ticket, 60, kSecond);
  const CostPass refused = budget.Pass("k", 0, 2 * kSecond);
  EXPECT_FALSE(refused.answer.admitted);
  EXPECT_FALSE(refused.ticket);
  EXPECT_FALSE(refused.too_large);
  EXPECT_EQ(refused.answer.retry_after_ms, 58'000u);
  EXPECT_TRUE(budget.Pass("other", 0, 2 * kSecond).answer.admitted);
  EXPECT_TRUE(budget.Pass("k", 0, 60 * kSecond).answer.admitted);
}

TEST(LimitStore, R16_AReservingLimitHoldsTheEstimateAndSettlesToWhatWasCharged) {
  BudgetStore budget{Budget(100, 60, true), LimitStore()};
  CostPass first = budget.Pass("k", 80, 0);
  EXPECT_TRUE(first.answer.admitted);
  EXPECT_FALSE(budget.Pass("k", 30, 0).answer.admitted);
  budget.store.Charge(first.ticket, 20, 0);
  LimitRow row = budget.Row(0);
  EXPECT_EQ(row.spent, 20u);
  EXPECT_EQ(row.held, 60u) << "the charge is no longer held";
  EXPECT_EQ(row.left, 20u);
  budget.store.Settle(&first.ticket, 0);
  budget.store.Settle(&first.ticket, 0);
  row = budget.Row(0);
  EXPECT_EQ(row.spent, 20u);
  EXPECT_EQ(row.held, 0u);
  budget.store.Charge(first.ticket, 5, 0);
  EXPECT_EQ(budget.Row(0).spent, 25u) << "an attempt that lost a hedge may be charged late";
  EXPECT_TRUE(budget.Pass("k", 75, 0).answer.admitted);
}

TEST(LimitStore, R16_AnEstimateAboveTheLimitIsRefusedAndToldApart) {
  BudgetStore budget{Budget(100, 60, true), LimitStore()};
  const CostPass pass = budget.Pass("k", 101, 0);
  EXPECT_FALSE(pass.answer.admitted);
  EXPECT_TRUE(pass.too_large);
  EXPECT_EQ(pass.answer.retry_after_ms, 60'000u);
}

TEST(LimitStore, R16_ATicketThatIsLostHoldsUntilItsLeaseEnds) {
  BudgetStore budget{Budget(100, 60, true), LimitStore()};
  { const CostPass lost = budget.Pass("k", 100, 0, 90 * kSecond); }
  EXPECT_FALSE(budget.Pass("k", 1, 90 * kSecond - 1).answer.admitted);
  EXPECT_TRUE(budget.Pass("k", 100, 90 * kSecond).answer.admitted);
}

TEST(LimitStore, R16_AChargeAfterTheHoldsLeaseIsStillCharged) {
  BudgetStore budget{Budget(100, 3600, true), LimitStore()};
  CostPass late = budget.Pass("k", 70, 0, 90 * kSecond);
  budget.store.Charge(late.ticket, 70, 100 * kSecond);
  budget.store.Settle(&late.ticket, 100 * kSecond);
  EXPECT_EQ(budget.Row(100 * kSecond).spent, 70u);
}

TEST(LimitStore, AMovedTicketChargesOnceAndAnEmptyOneNothing) {
  BudgetStore budget{Budget(100, 60, true), LimitStore()};
  CostPass pass = budget.Pass("k", 50, 0);
  LimitTicket moved = std::move(pass.ticket);
  EXPECT_FALSE(pass.ticket);
  budget.store.Charge(pass.ticket, 10, 0);
  budget.store.Settle(&pass.ticket, 0);
  EXPECT_EQ(budget.Row(0).held, 50u);
  budget.store.Charge(moved, 10, 0);
  budget.store.Settle(&moved, 0);
  EXPECT_EQ(budget.Row(0).spent, 10u);
  EXPECT_EQ(budget.Row(0).held, 0u);
}

TEST(LimitStore, R17_AFloodOfKeysForgetsNoKeyThatHasSpentMoney) {
  LimitStore store(640);
  const LimitSpec spec = Budget(100, 60, false);
  std::vector<std::string> spent;
  for (int i = 0; i < 100; ++i) {
    const std::string key = "spent-" + std::to_string(i);
    const CostPass pass = store.PassCost("g", "r", "e", key, spec, 0, 0);
    if (!pass.answer.admitted) continue;  // a full shard
    store.Charge(pass.ticket, 100, 0);
    spent.push_back(key);
  }
  ASSERT_GT(spent.size(), 90u);
  size_t passed = 0;
  for (int i = 0; i < 200'000; ++i) {
    const CostPass pass =
        store.PassCost("g", "r", "e", "new-" + std::to_string(i), spec, 0, kSecond);
    passed += pass.answer.admitted ? 1 : 0;
    if (pass.answer.admitted) store.Charge(pass.ticket, 1, kSecond);
  }
  EXPECT_LE(store.size(), 640u);
  EXPECT_LE(passed, 640u - spent.size());
  for (const std::string& key : spent) {
    EXPECT_FALSE(store.PassCost("g", "r", "e", key, spec, 0, 2 * kSecond).answer.admitted) << key;
  }
}

TEST(LimitStore, R17_AKeyWithARequestOnItsWayIsKeptUntilItIsCharged) {
  LimitStore store(64);
  const LimitSpec spec = Budget(100, 1, false);
  const CostPass on_its_way = store.PassCost("g", "r", "e", "k", spec, 0, 0);
  for (int i = 0; i < 10'000; ++i) {
    store.PassCost("g", "r", "e", std::to_string(i), spec, 0, (10 + i) * kSecond);
  }
  store.Charge(on_its_way.ticket, 100, 20'000 * kSecond);
  EXPECT_FALSE(store.PassCost("g", "r", "e", "k", spec, 0, 20'000 * kSecond).answer.admitted);
}

TEST(LimitStore, NewKeysDropIdleOnes) {
  LimitStore store;
  for (const LimitSpec& spec : {Limit(5, 1), Limit(5, 1, WindowTechnique::kSliding)}) {
    for (int i = 0; i < 20'000; ++i) {
      store.Take("g", "r", "e", std::to_string(i), spec, int64_t{i} * kSecond / 100);
    }
    // A hundred come in the second that their windows last.
    EXPECT_LT(store.size(), 2'000u);
  }
}

TEST(LimitStore, SnapshotShowsWhatCountsOnARouteAndNoMoreThanAskedFor) {
  LimitStore store;
  const int64_t now = 120 * kSecond;
  store.Take("g", "r", "count", "b", Limit(5, 60), now);
  store.Take("g", "r", "count", "a", Limit(5, 60), now);
  store.Take("g", "r", "count", "a", Limit(5, 60), now);
  CostPass pass = store.PassCost("g", "r", "budget", "a", Budget(100, 60, true), 30, now);
  store.Charge(pass.ticket, 10, now + kSecond);
  store.Take("g", "other", "count", "a", Limit(5, 60), now);
  store.PassCost("g", "r", "budget", "nothing spent", Budget(100, 60, false), 0, now);

  const LimitSnapshot all = store.Snapshot("g", "r", 100, now + 2 * kSecond);
  EXPECT_FALSE(all.truncated);
  ASSERT_EQ(all.rows.size(), 3u);
  EXPECT_EQ(all.rows[0].element, "budget");
  EXPECT_EQ(all.rows[0].type, LimitType::kCost);
  EXPECT_EQ(all.rows[0].limit, 100u);
  EXPECT_EQ(all.rows[0].spent, 10u);
  EXPECT_EQ(all.rows[0].held, 20u);
  EXPECT_EQ(all.rows[0].left, 70u);
  EXPECT_EQ(all.rows[1].key, "a");
  EXPECT_EQ(all.rows[1].spent, 2u);
  EXPECT_EQ(all.rows[1].left, 3u);
  EXPECT_EQ(all.rows[1].reset_ns, 180 * kSecond);
  EXPECT_EQ(all.rows[2].key, "b");

  const LimitSnapshot some = store.Snapshot("g", "r", 2, now);
  EXPECT_TRUE(some.truncated);
  EXPECT_EQ(some.rows.size(), 2u);
  EXPECT_TRUE(store.Snapshot("g", "r", 100, now + 2000 * kSecond).rows.empty());
}

TEST(LimitStore, AnOperatorCanResetAKey) {
  LimitStore store;
  const LimitSpec spec = Limit(1, 60);
  EXPECT_FALSE(store.Reset("g", "r", "e", "k"));
  EXPECT_TRUE(store.Take("g", "r", "e", "k", spec, 0).admitted);
  EXPECT_FALSE(store.Take("g", "r", "e", "k", spec, 0).admitted);
  EXPECT_TRUE(store.Reset("g", "r", "e", "k"));
  EXPECT_TRUE(store.Take("g", "r", "e", "k", spec, 0).admitted);

  BudgetStore budget{Budget(100, 60, true), LimitStore()};
  CostPass pass = budget.Pass("k", 60, 0);
  budget.store.Charge(pass.ticket, 40, 0);
  EXPECT_TRUE(budget.store.Reset("g", "r", "e", "k"));
  EXPECT_EQ(budget.Row(0).spent, 0u);
  EXPECT_EQ(budget.Row(0).held, 20u) << "the request is on its way";
}

TEST(LimitStore, AnOperatorCanGrantAKeyMoreInItsWindow) {
  LimitStore store;
  for (const auto technique : {WindowTechnique::kFixed, WindowTechnique::kSliding}) {
    const std::string key = technique == WindowTechnique::kFixed ? "fixed" : "sliding";
    const LimitSpec spec = Limit(2, 60, technique);
    const auto take = [&](int64_t now) {
      return store.Take("g", "r", "e", key, spec, now).admitted;
    };
    EXPECT_FALSE(store.Grant("g", "r", "e", key, 3, 0)) << "nothing is spent";
    EXPECT_TRUE(take(0));
    EXPECT_TRUE(take(0));
    EXPECT_FALSE(take(kSecond));
    EXPECT_TRUE(store.Grant("g", "r", "e", key, 1, kSecond));
    EXPECT_TRUE(store.Grant("g", "r", "e", key, 2, kSecond)) << "a second one adds to it";
    for (int i = 0; i < 3; ++i) EXPECT_TRUE(take(kSecond));
    EXPECT_FALSE(take(kSecond));
    // It ends with the window.
    const int64_t later = 121 * kSecond;
    EXPECT_TRUE(take(later));
    EXPECT_TRUE(take(later));
    EXPECT_FALSE(take(later));
  }
  BudgetStore budget{Budget(100, 60, true), LimitStore()};
  CostPass pass = budget.Pass("k", 100, 0);
  EXPECT_FALSE(budget.Pass("k", 150, 0).answer.admitted);
  EXPECT_TRUE(budget.store.Grant("g", "r", "e", "k", 200, 0));
  EXPECT_TRUE(budget.Pass("k", 150, 0).answer.admitted);
  EXPECT_EQ(budget.Row(0).left, 50u);
  EXPECT_TRUE(budget.store.Grant("g", "r", "e", "k", UINT64_MAX, 0));
  EXPECT_EQ(budget.Row(0).limit, UINT64_MAX) << "no overflow";
}

// `threads` times `requests` requests of one key, each of which charges `cost` in two parts;
// returns how many passed.
int RunBudget(BudgetStore* budget, int threads, int requests, uint64_t cost) {
  std::atomic<int> admitted = 0;
  std::vector<std::thread> running;
  for (int t = 0; t < threads; ++t) {
    running.emplace_back([&] {
      for (int i = 0; i < requests; ++i) {
        CostPass pass = budget->Pass("k", cost, kSecond + i);
        if (!pass.answer.admitted) continue;
        ++admitted;
        std::this_thread::yield();
        budget->store.Charge(pass.ticket, cost / 2, kSecond + i);
        budget->store.Charge(pass.ticket, cost - cost / 2, kSecond + i);
        if (i % 7 != 0) budget->store.Settle(&pass.ticket, kSecond + i);
      }
    });
  }
  for (std::thread& thread : running) thread.join();
  return admitted;
}

TEST(LimitStore, R16_ConcurrentRequestsThatReserveNeverOvershoot) {
  for (const auto technique : {WindowTechnique::kFixed, WindowTechnique::kSliding}) {
    BudgetStore budget{Budget(10'007, 3600, true, technique), LimitStore()};
    const int admitted = RunBudget(&budget, 4, 2'000, 10);
    const LimitRow row = budget.Row(2 * kSecond);
    EXPECT_EQ(row.spent, static_cast<uint64_t>(admitted) * 10) << "each charge counts once";
    EXPECT_EQ(row.held, 0u) << "a hold that was charged whole holds nothing";
    EXPECT_EQ(admitted, 1'000) << "all that fits, and no more";
  }
}

TEST(LimitStore, R16_ConcurrentRequestsWithoutReserveOvershootByThoseOnTheirWayOnly) {
  constexpr int kThreads = 4;
  for (const auto technique : {WindowTechnique::kFixed, WindowTechnique::kSliding}) {
    BudgetStore budget{Budget(10'000, 3600, false, technique), LimitStore()};
    const int admitted = RunBudget(&budget, kThreads, 2'000, 10);
    const LimitRow row = budget.Row(2 * kSecond);
    EXPECT_EQ(row.spent, static_cast<uint64_t>(admitted) * 10) << "each charge counts once";
    EXPECT_GE(row.spent, 10'000u);
    EXPECT_LE(row.spent, 10'000u + kThreads * 10u);
  }
}

TEST(LimitStore, ManyThreadsMayPassChargeLookAndGrantAtOnce) {
  BudgetStore budget{Budget(1'000'000, 3600, true), LimitStore(640)};
  std::atomic<uint64_t> charged = 0;
  std::vector<std::thread> threads;
  for (int t = 0; t < 3; ++t) {
    threads.emplace_back([&, t] {
      for (int i = 0; i < 1'000; ++i) {
        CostPass pass = budget.Pass(std::to_string((i * 7 + t) % 50), 100, kSecond + i);
        if (!pass.answer.admitted) continue;
        budget.store.Charge(pass.ticket, 3, kSecond + i);
        charged += 3;
        if (i % 3 == 0) budget.store.Settle(&pass.ticket, kSecond + i);
      }
    });
  }
  threads.emplace_back([&] {
    for (int i = 0; i < 30; ++i) {
      budget.store.Snapshot("g", "r", 20, kSecond + i);
      budget.store.Grant("g", "r", "e", std::to_string(i), 1, kSecond + i);
    }
  });
  for (std::thread& thread : threads) thread.join();
  uint64_t spent = 0;
  for (const LimitRow& row : budget.store.Snapshot("g", "r", 100, 2 * kSecond).rows) {
    spent += row.spent;
  }
  EXPECT_EQ(spent, charged);
}

}  // namespace
}  // namespace junctor::engine
