// R14–R17 in a store that several gateways share, and what happens when it is away.
#include "engine/store/redis_limits.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <future>
#include <mutex>
#include <optional>

#include "engine/store/redis_limit_key.h"
#include "tests/unit/engine/store/redis_server.h"

namespace junctor::engine {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

int64_t UnixNow() {
  return std::chrono::duration_cast<std::chrono::nanoseconds>(
             std::chrono::system_clock::now().time_since_epoch())
      .count();
}

LimitSpec Spec(LimitType type, uint64_t limit, uint32_t window,
               WindowTechnique technique = WindowTechnique::kSliding) {
  LimitSpec spec;
  spec.type = type;
  spec.limit = limit;
  spec.window_seconds = window;
  spec.technique = technique;
  return spec;
}
LimitSpec Count(uint64_t limit, uint32_t window,
                WindowTechnique technique = WindowTechnique::kSliding) {
  return Spec(LimitType::kCount, limit, window, technique);
}
LimitSpec Cost(uint64_t limit, uint32_t window,
               WindowTechnique technique = WindowTechnique::kSliding) {
  return Spec(LimitType::kCost, limit, window, technique);
}

LimitAsk AskOf(const LimitSpec& spec, std::string_view key, std::string_view element = "e") {
  LimitAsk ask;
  ask.name = {"a/g", "r", element};
  ask.key = key;
  ask.spec = &spec;
  return ask;
}

// Asks and waits.
std::vector<LimitVerdict> CheckAll(LimitBackend* limits, const std::vector<LimitAsk>& asks) {
  auto batch = std::make_shared<LimitBatch>();
  batch->unix_nanoseconds = UnixNow();
  for (const LimitAsk& ask : asks) batch->Add(ask);
  auto answered = std::make_shared<std::promise<void>>();
  batch->done = [answered] { answered->set_value(); };
  limits->Begin(batch);
  answered->get_future().wait();
  return std::move(batch->verdicts);
}
LimitVerdict Check(LimitBackend* limits, const LimitAsk& ask) {
  return std::move(CheckAll(limits, {ask}).front());
}

bool Eventually(const std::function<bool()>& condition) {
  const auto deadline = steady_clock::now() + std::chrono::seconds(20);
  while (steady_clock::now() < deadline) {
    if (condition()) return true;
    std::this_thread::sleep_for(milliseconds(2));
  }
  return false;
}

class RedisLimitsTest : public testing::Test {
 protected:
  void SetUp() override {
    ASSERT_TRUE(server_.Start()) << "is redis-server installed?";
    log_ = *Log::Open(LogLevel::kOff, "-");
  }
  std::unique_ptr<RedisLimits> Gateway(StoreFailurePolicy policy = StoreFailurePolicy::kLocal) {
    RedisLimitOptions options;
    options.address = server_.address();
    options.on_failure = policy;
    options.memory_keys = 100'000;
    return std::make_unique<RedisLimits>(options, log_.get());
  }
  // What one key spent, as the server has it.
  uint64_t Spent(RedisLimits* limits, std::string_view element = "e") {
    const absl::StatusOr<LimitSnapshot> rows = limits->Look("a/g", "r", 100, UnixNow());
    if (!rows.ok()) return UINT64_MAX;
    for (const LimitRow& row : rows->rows) {
      if (row.element == element) return row.spent;
    }
    return 0;
  }
  // Every key goes by itself one day.
  void ExpectThatEveryKeyEnds() {
    const absl::StatusOr<RedisReply> keys = server_.Run({"KEYS", "*"});
    ASSERT_TRUE(keys.ok());
    EXPECT_FALSE(keys->items.empty());
    for (const RedisReply& key : keys->items) {
      EXPECT_GT(server_.Run({"PTTL", key.text})->integer, 0) << key.text;
    }
  }

  RedisServer server_;
  std::unique_ptr<Log> log_;
};

TEST_F(RedisLimitsTest, R15_LimitsOfEveryFormAdmitExactlyTheirLimit) {
  const auto limits = Gateway();
  const struct {
    const char* name;
    LimitSpec spec;
  } cases[] = {
      {"few, sliding: timestamps", Count(5, 3600)},
      {"many, sliding: slices", Count(100, 3600)},
      {"fixed", Count(7, 31'536'000, WindowTechnique::kFixed)},
      {"one a second", Count(1, 3600)},
  };
  for (const auto& c : cases) {
    for (uint64_t i = 1; i <= c.spec.limit; ++i) {
      const LimitVerdict verdict = Check(limits.get(), AskOf(c.spec, "k", c.name));
      ASSERT_TRUE(verdict.answer.admitted) << c.name << ", request " << i;
      EXPECT_EQ(verdict.limit, c.spec.limit) << c.name;
      EXPECT_EQ(verdict.left, c.spec.limit - i) << c.name;
      EXPECT_GT(verdict.reset_ms, 0u) << c.name;
    }
    const LimitVerdict refused = Check(limits.get(), AskOf(c.spec, "k", c.name));
    EXPECT_FALSE(refused.answer.admitted) << c.name;
    EXPECT_EQ(refused.left, 0u) << c.name;
    EXPECT_GT(refused.answer.retry_after_ms, 0u) << c.name;
    EXPECT_LE(refused.answer.retry_after_ms, uint64_t{c.spec.window_seconds} * 1000 * 66 / 64)
        << c.name;
    EXPECT_TRUE(Check(limits.get(), AskOf(c.spec, "other", c.name)).answer.admitted) << c.name;
  }
  ExpectThatEveryKeyEnds();
}

TEST_F(RedisLimitsTest, R15_InNoSecondOfTwoGatewaysAreMoreThanTheLimitAdmitted) {
  for (const uint64_t limit : {20u, 200u}) {
    const auto first = Gateway();
    const auto second = Gateway();
    const LimitSpec spec = Count(limit, 1);
    const std::string element = "e" + std::to_string(limit);
    struct Admitted {
      int64_t asked_ns;
      int64_t answered_ns;
    };
    std::mutex mutex;
    std::vector<Admitted> admitted;
    const auto until = steady_clock::now() + milliseconds(2500);
    std::vector<std::thread> callers;
    for (int i = 0; i < 4; ++i) {
      callers.emplace_back([&, gateway = i % 2 == 0 ? first.get() : second.get()] {
        while (steady_clock::now() < until) {
          const int64_t asked_ns = UnixNow();
          if (!Check(gateway, AskOf(spec, "k", element)).answer.admitted) continue;
          const int64_t answered_ns = UnixNow();
          const std::lock_guard lock(mutex);
          admitted.push_back({asked_ns, answered_ns});
        }
      });
    }
    for (std::thread& caller : callers) caller.join();
    ASSERT_GE(admitted.size(), 2 * limit);
    // In any second stand at most `limit` of the moments of admission, which lie between asking and
    // answering: so many later ones can't all have been answered within a second of the asking.
    std::vector<int64_t> asked, answered;
    for (const Admitted& one : admitted) {
      asked.push_back(one.asked_ns);
      answered.push_back(one.answered_ns);
    }
    std::sort(asked.begin(), asked.end());
    std::sort(answered.begin(), answered.end());
    for (size_t i = 0; i + limit < admitted.size(); ++i) {
      EXPECT_GE(answered[i + limit] - asked[i], 1'000'000'000 - 1000) << "admission " << i;
    }
  }
}

TEST_F(RedisLimitsTest, R16_OfABatchNothingBehindARefusalIsTaken) {
  const auto limits = Gateway();
  const LimitSpec wide = Count(100, 3600);
  const LimitSpec narrow = Count(1, 3600);
  const std::vector<LimitAsk> path = {AskOf(wide, "", "first"), AskOf(narrow, "", "second"),
                                      AskOf(wide, "", "third")};
  const uint64_t trips = limits->counters().round_trips;
  EXPECT_EQ(CheckAll(limits.get(), path).size(), 3u);
  EXPECT_EQ(limits->counters().round_trips, trips + 1);
  const std::vector<LimitVerdict> refused = CheckAll(limits.get(), path);
  ASSERT_EQ(refused.size(), 2u);
  EXPECT_TRUE(refused[0].answer.admitted);
  EXPECT_FALSE(refused[1].answer.admitted);
  EXPECT_EQ(Spent(limits.get(), "first"), 2u);
  EXPECT_EQ(Spent(limits.get(), "third"), 1u);
}

TEST_F(RedisLimitsTest, R16_WhatGatewaysChargeIsOneBudget) {
  const auto first = Gateway();
  const auto second = Gateway();
  for (const WindowTechnique technique : {WindowTechnique::kFixed, WindowTechnique::kSliding}) {
    const LimitSpec budget = Cost(1000, 31'536'000, technique);
    const std::string element = technique == WindowTechnique::kFixed ? "fixed" : "sliding";
    for (RedisLimits* gateway : {first.get(), second.get()}) {
      const LimitVerdict pass = Check(gateway, AskOf(budget, "k", element));
      ASSERT_TRUE(pass.answer.admitted);
      gateway->Charge(pass.ticket, 300, UnixNow());
      gateway->Charge(pass.ticket, 200, UnixNow());
    }
    EXPECT_TRUE(Eventually([&] { return Spent(first.get(), element) == 1000; }));
    const LimitVerdict refused = Check(second.get(), AskOf(budget, "k", element));
    EXPECT_FALSE(refused.answer.admitted);
    EXPECT_GT(refused.answer.retry_after_ms, 0u);
  }
  ExpectThatEveryKeyEnds();
}

TEST_F(RedisLimitsTest, R16_AReservingLimitHoldsSettlesAndEndsWithItsLease) {
  const auto limits = Gateway();
  LimitSpec budget = Cost(100, 3600);
  budget.reserve = true;
  LimitAsk ask = AskOf(budget, "k");
  ask.estimate = 60;
  LimitVerdict first = Check(limits.get(), ask);
  ASSERT_TRUE(first.answer.admitted);
  EXPECT_FALSE(Check(limits.get(), ask).answer.admitted) << "60 are held";
  limits->Charge(first.ticket, 10, UnixNow());
  limits->Settle(&first.ticket, UnixNow());
  limits->Settle(&first.ticket, UnixNow());
  ASSERT_TRUE(Eventually([&] { return Spent(limits.get()) == 10; }));
  ask.estimate = 90;
  ask.lease_ns = 200'000'000;
  LimitVerdict lost;
  ASSERT_TRUE(Eventually([&] {
    lost = Check(limits.get(), ask);
    return lost.answer.admitted;
  })) << "what was not charged is free again";
  ask.estimate = 1;
  EXPECT_FALSE(Check(limits.get(), ask).answer.admitted);
  EXPECT_TRUE(Eventually([&] { return Check(limits.get(), ask).answer.admitted; }))
      << "the lease of the lost one has ended";
  ask.estimate = 101;
  EXPECT_TRUE(Check(limits.get(), ask).too_large);
}

TEST_F(RedisLimitsTest, AServerThatForgotItsScriptsGetsThemAgain) {
  const auto limits = Gateway();
  const LimitSpec spec = Count(2, 3600);
  EXPECT_TRUE(Check(limits.get(), AskOf(spec, "k")).answer.admitted);
  ASSERT_TRUE(server_.Run({"SCRIPT", "FLUSH"}).ok());
  EXPECT_TRUE(Check(limits.get(), AskOf(spec, "k")).answer.admitted);
  EXPECT_FALSE(Check(limits.get(), AskOf(spec, "k")).answer.admitted);
  EXPECT_EQ(limits->counters().failures, 0u);
}

TEST_F(RedisLimitsTest, R17_AWindowGoesOnWhenADeploymentChangesItsRule) {
  const auto limits = Gateway();
  for (int i = 0; i < 10; ++i) Check(limits.get(), AskOf(Count(64, 3600), "k"));
  EXPECT_EQ(Check(limits.get(), AskOf(Count(100, 3600), "k")).left, 89u) << "timestamps to slices";
  EXPECT_EQ(Check(limits.get(), AskOf(Count(100, 1800), "k")).left, 88u) << "a shorter window";
  EXPECT_EQ(Check(limits.get(), AskOf(Count(64, 1800), "k")).left, 51u) << "a smaller limit";
  EXPECT_FALSE(Check(limits.get(), AskOf(Count(13, 1800), "k")).answer.admitted);
  const LimitVerdict pass = Check(limits.get(), AskOf(Cost(100, 3600), "k", "budget"));
  limits->Charge(pass.ticket, 100, UnixNow());
  ASSERT_TRUE(Eventually([&] { return Spent(limits.get(), "budget") == 100; }));
  const LimitSpec fixed = Cost(100, 31'536'000, WindowTechnique::kFixed);
  EXPECT_FALSE(Check(limits.get(), AskOf(fixed, "k", "budget")).answer.admitted)
      << "another technique forgets no money";
}

TEST_F(RedisLimitsTest, R17_WhatMayLieInTheNewWindowCountsInIt) {
  const auto limits = Gateway();
  // Some minute or more that neither has just begun nor ends soon.
  const int64_t now = UnixNow() / 1'000'000'000;
  uint32_t minute = 50;
  while (now % minute < 2 || now % minute > minute - 20) ++minute;
  constexpr uint32_t kYear = 31'536'000;
  const auto fixed = WindowTechnique::kFixed;
  const struct {
    const char* name;
    LimitSpec before;
    uint64_t requests;
    LimitSpec after;
    uint64_t left;  // when one more has passed
  } cases[] = {
      {"fixed to timestamps", Count(10, kYear, fixed), 3, Count(10, 3600), 6},
      {"fixed to slices", Count(100, kYear, fixed), 3, Count(100, 3600), 96},
      {"more than timestamps hold to sliding", Count(100, kYear, fixed), 70, Count(80, 3600), 9},
      {"timestamps to fixed", Count(10, 3600), 3, Count(10, kYear, fixed), 6},
      {"slices to fixed", Count(100, 3600), 3, Count(100, kYear, fixed), 96},
      {"timestamps to a short fixed window", Count(10, 3600), 3, Count(10, minute, fixed), 6},
      {"slices to a short fixed window", Count(100, 3600), 3, Count(100, minute, fixed), 96},
      {"a fixed window, shorter", Count(10, kYear, fixed), 3, Count(10, minute, fixed), 6},
      {"a fixed window, longer", Count(10, minute, fixed), 3, Count(10, kYear, fixed), 6},
      {"timestamps, shorter", Count(10, 3600), 3, Count(10, 60), 6},
      {"timestamps, longer", Count(10, 60), 3, Count(10, 3600), 6},
      {"slices, shorter", Count(100, 3600), 3, Count(100, 60), 96},
      {"slices, longer", Count(100, 60), 3, Count(100, 3600), 96},
      {"timestamps to slices, longer", Count(64, 60), 64, Count(100, 3600), 35},
      {"slices to the bound of timestamps", Count(100, 60), 63, Count(64, 60), 0},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.name);
    for (uint64_t i = 0; i < c.requests; ++i) {
      ASSERT_TRUE(Check(limits.get(), AskOf(c.before, "k", c.name)).answer.admitted);
    }
    // A limit that is used up by now says so as often as it is asked.
    LimitSpec full = c.after;
    full.limit = c.requests;
    for (int i = 0; i < 3; ++i) {
      EXPECT_FALSE(Check(limits.get(), AskOf(full, "k", c.name)).answer.admitted);
    }
    const RedisLimitKey key = RedisKeyOf(LimitType::kCount, {"a/g", "r", c.name}, "k");
    const int64_t stays_ms = server_.Run({"PTTL", key.main})->integer;
    EXPECT_GT(stays_ms, (c.after.window_seconds == minute ? 5 : 55) * 1000)
        << "as long as the new window counts it";
    const LimitVerdict verdict = Check(limits.get(), AskOf(c.after, "k", c.name));
    EXPECT_TRUE(verdict.answer.admitted);
    EXPECT_EQ(verdict.left, c.left);
    EXPECT_EQ(Spent(limits.get(), c.name), c.requests + 1);
  }
  ExpectThatEveryKeyEnds();
}

TEST_F(RedisLimitsTest, R17_MoneySpentCountsOnByEveryChangeOfTheRule) {
  const auto limits = Gateway();
  const auto fixed = WindowTechnique::kFixed;
  const LimitSpec specs[] = {
      Cost(1000, 31'536'000, fixed), Cost(1000, 3600), Cost(1000, 86'400), Cost(1000, 31'536'000),
      Cost(1000, 31'536'000, fixed), Cost(1000, 60)};
  uint64_t spent = 0;
  for (const LimitSpec& spec : specs) {
    const LimitVerdict pass = Check(limits.get(), AskOf(spec, "k"));
    ASSERT_TRUE(pass.answer.admitted);
    EXPECT_EQ(Spent(limits.get()), spent);
    limits->Charge(pass.ticket, 10, UnixNow());
    spent += 10;
    ASSERT_TRUE(Eventually([&] { return Spent(limits.get()) == spent; }));
  }
}

TEST_F(RedisLimitsTest, R17_AChargeOfAnOldVersionDoesNotBringItsRuleBack) {
  const auto limits = Gateway();
  const LimitSpec before = Cost(1000, 60);
  const LimitSpec after = Cost(1000, 3600, WindowTechnique::kFixed);
  const LimitVerdict old_pass = Check(limits.get(), AskOf(before, "k"));
  const LimitVerdict new_pass = Check(limits.get(), AskOf(after, "k"));
  limits->Charge(old_pass.ticket, 10, UnixNow());
  ASSERT_TRUE(Eventually([&] { return Spent(limits.get()) == 10; }));
  const RedisLimitKey key = RedisKeyOf(LimitType::kCost, {"a/g", "r", "e"}, "k");
  EXPECT_EQ(server_.Run({"HGET", key.main, "f"})->text, "x");
  EXPECT_EQ(server_.Run({"HGET", key.main, "w"})->text, "3600000000");
}

TEST_F(RedisLimitsTest, R15_ALimitOfTimestampsThatWasGrantedMoreTakesNoMoreThanSlices) {
  const auto limits = Gateway();
  const LimitSpec spec = Count(60, 3600);
  ASSERT_TRUE(Check(limits.get(), AskOf(spec, "k")).answer.admitted);
  ASSERT_TRUE(*limits->GrantKey({"a/g", "r", "e"}, "k", 40, UnixNow()));
  int admitted = 1;
  while (Check(limits.get(), AskOf(spec, "k")).answer.admitted) ++admitted;
  EXPECT_EQ(admitted, 100);
  const RedisLimitKey key = RedisKeyOf(LimitType::kCount, {"a/g", "r", "e"}, "k");
  EXPECT_EQ(server_.Run({"LLEN", key.side})->integer, 0);
  EXPECT_EQ(Spent(limits.get()), 100u);
}

TEST_F(RedisLimitsTest, R15_SlicesThatLeaveWhileEverybodyIsRefusedAreGone) {
  const auto limits = Gateway();
  const LimitSpec spec = Cost(10, 64);  // slices of a second
  const LimitVerdict pass = Check(limits.get(), AskOf(spec, "k"));
  limits->Charge(pass.ticket, 100, UnixNow());
  ASSERT_TRUE(Eventually([&] { return Spent(limits.get()) == 100; }));
  const RedisLimitKey key = RedisKeyOf(LimitType::kCost, {"a/g", "r", "e"}, "k");
  const auto newest = [&] { return server_.Run({"HGET", key.main, "s"})->text; };
  const std::string first = newest();
  EXPECT_TRUE(Eventually([&] {
    EXPECT_FALSE(Check(limits.get(), AskOf(spec, "k")).answer.admitted);
    return newest() != first;
  })) << "what a question has left behind, the next one need not";
  const std::string second = newest();
  EXPECT_TRUE(Eventually([&] {
    EXPECT_EQ(Spent(limits.get()), 100u);
    return newest() != second;
  })) << "nor what an operator saw leaving";
}

TEST_F(RedisLimitsTest, AnOperatorSeesResetsAndGrants) {
  const auto limits = Gateway();
  const LimitSpec spec = Count(2, 3600);
  const LimitName name = {"a/g", "r", "e"};
  EXPECT_FALSE(*limits->ResetKey(name, "k"));
  for (int i = 0; i < 3; ++i) Check(limits.get(), AskOf(spec, "k"));
  const absl::StatusOr<LimitSnapshot> rows = limits->Look("a/g", "r", 10, UnixNow());
  ASSERT_TRUE(rows.ok()) << rows.status();
  ASSERT_EQ(rows->rows.size(), 1u);
  EXPECT_EQ(rows->rows[0].key, "k");
  EXPECT_EQ(rows->rows[0].limit, 2u);
  EXPECT_EQ(rows->rows[0].left, 0u);
  EXPECT_TRUE(*limits->GrantKey(name, "k", 1, UnixNow()));
  EXPECT_TRUE(Check(limits.get(), AskOf(spec, "k")).answer.admitted);
  EXPECT_FALSE(Check(limits.get(), AskOf(spec, "k")).answer.admitted);
  const absl::StatusOr<LimitSnapshot> granted = limits->Look("a/g", "r", 10, UnixNow());
  ASSERT_TRUE(granted.ok() && granted->rows.size() == 1) << granted.status();
  EXPECT_EQ(granted->rows[0].limit, 3u);
  EXPECT_EQ(granted->rows[0].granted, 1u);
  EXPECT_TRUE(*limits->ResetKey(name, "k"));
  EXPECT_TRUE(Check(limits.get(), AskOf(spec, "k")).answer.admitted);
  EXPECT_TRUE(limits->Look("a/g", "other", 10, UnixNow())->rows.empty());
}

TEST_F(RedisLimitsTest, NamesAndKeysOfAnyBytesStayApart) {
  const auto limits = Gateway();
  const LimitSpec spec = Count(1, 3600);
  const std::string zero("a\0b", 3);
  for (const std::string& key :
       {zero, std::string("a"), std::string("a:s"), std::string("*"), std::string("%2a"),
        std::string(1000, 'x'), std::string(1001, 'x'), std::string(1 << 20, 'y')}) {
    EXPECT_TRUE(Check(limits.get(), AskOf(spec, key)).answer.admitted) << key.substr(0, 20);
    EXPECT_FALSE(Check(limits.get(), AskOf(spec, key)).answer.admitted) << key.substr(0, 20);
  }
}

TEST_F(RedisLimitsTest, AwayTheElementsPolicyDecidesAndAShareGoesOn) {
  const auto limits = Gateway();
  const auto other = Gateway();
  ASSERT_TRUE(Eventually([&] { return limits->counters().instances == 2; }));
  server_.Kill();
  LimitSpec spec = Count(10, 3600);
  ASSERT_TRUE(Eventually([&] {
    Check(limits.get(), AskOf(spec, "notices"));
    return !limits->counters().is_up;
  }));
  int admitted = 0;
  for (int i = 0; i < 10; ++i) admitted += Check(limits.get(), AskOf(spec, "k")).answer.admitted;
  EXPECT_EQ(admitted, 5) << "half of the limit is this gateway's";
  spec.on_store_failure = StoreFailurePolicy::kAllow;
  EXPECT_TRUE(Check(limits.get(), AskOf(spec, "k")).answer.admitted);
  spec.on_store_failure = StoreFailurePolicy::kRefuse;
  const LimitVerdict refused = Check(limits.get(), AskOf(spec, "new"));
  EXPECT_FALSE(refused.answer.admitted);
  EXPECT_EQ(refused.answer.retry_after_ms, 1000u);
  LimitSpec one = Count(1, 3600);
  EXPECT_TRUE(Check(limits.get(), AskOf(one, "k", "one")).answer.admitted) << "at least 1";
}

TEST_F(RedisLimitsTest, BackItLearnsWhatWasTakenAndSpentMeanwhile) {
  const auto limits = Gateway();
  const LimitSpec count = Count(10, 3600);
  const LimitSpec budget = Cost(1000, 3600);
  LimitVerdict before = Check(limits.get(), AskOf(budget, "k", "budget"));
  server_.Kill();
  ASSERT_TRUE(Eventually([&] {
    Check(limits.get(), AskOf(count, "notices"));
    return !limits->counters().is_up;
  }));
  for (int i = 0; i < 4; ++i)
    EXPECT_TRUE(Check(limits.get(), AskOf(count, "k", "count")).answer.admitted);
  LimitVerdict during = Check(limits.get(), AskOf(budget, "k", "budget"));
  limits->Charge(during.ticket, 30, UnixNow());
  limits->Charge(before.ticket, 7, UnixNow());
  ASSERT_TRUE(server_.Start());
  ASSERT_TRUE(Eventually([&] { return limits->counters().is_up; }));
  limits->Charge(during.ticket, 5, UnixNow());
  EXPECT_TRUE(Eventually([&] { return Spent(limits.get(), "budget") == 42; }));
  EXPECT_TRUE(Eventually([&] { return Spent(limits.get(), "count") == 4; }));
  EXPECT_EQ(Check(limits.get(), AskOf(count, "k", "count")).left, 5u);
}

TEST_F(RedisLimitsTest, AfterAnOutageNothingIsAskedBeforeAllOfItIsDelivered) {
  const auto limits = Gateway();
  const LimitSpec one = Count(1, 3600);
  server_.Pause();
  ASSERT_TRUE(Eventually([&] {
    Check(limits.get(), AskOf(one, "notices"));
    return !limits->counters().is_up;
  }));
  constexpr int kKeys = 2000;  // several round trips of bookings
  for (int i = 0; i < kKeys; ++i) {
    ASSERT_TRUE(Check(limits.get(), AskOf(one, std::to_string(i))).answer.admitted);
  }
  server_.Resume();
  ASSERT_TRUE(Eventually([&] { return limits->counters().is_up; }));
  int admitted = 0;
  for (int i = kKeys; i-- > 0;) {
    admitted += Check(limits.get(), AskOf(one, std::to_string(i))).answer.admitted;
  }
  EXPECT_EQ(admitted, 0);
}

TEST_F(RedisLimitsTest, AServerThatComesAndGoesGivesALocalShareOnce) {
  const auto limits = Gateway();
  const LimitSpec ten = Count(10, 3600);
  int admitted = 0;
  for (int flap = 0; flap < 3; ++flap) {
    server_.Pause();
    ASSERT_TRUE(Eventually([&] {
      Check(limits.get(), AskOf(ten, "notices" + std::to_string(flap)));
      return !limits->counters().is_up;
    }));
    for (int i = 0; i < 20; ++i) {
      admitted += Check(limits.get(), AskOf(ten, "k")).answer.admitted;
    }
    server_.Resume();
    ASSERT_TRUE(Eventually([&] { return limits->counters().is_up; }));
    EXPECT_FALSE(Check(limits.get(), AskOf(ten, "k")).answer.admitted) << "the server knows it all";
  }
  EXPECT_EQ(admitted, 10);
  EXPECT_EQ(limits->counters().lost.bookings, 0u);
}

TEST_F(RedisLimitsTest, AKeyOfOthersIsNoLimitAndHoldsUpNoOther) {
  const auto limits = Gateway();
  const LimitSpec budget = Cost(1000, 3600);
  const LimitVerdict bad = Check(limits.get(), AskOf(budget, "bad"));
  const LimitVerdict good = Check(limits.get(), AskOf(budget, "good", "good"));
  const RedisLimitKey key = RedisKeyOf(LimitType::kCost, {"a/g", "r", "e"}, "bad");
  ASSERT_TRUE(server_.Run({"SET", key.main, "something"}).ok());
  limits->Charge(bad.ticket, 5, UnixNow());
  limits->Charge(good.ticket, 6, UnixNow());
  EXPECT_TRUE(Eventually([&] { return Spent(limits.get(), "good") == 6; }));
  EXPECT_TRUE(Eventually([&] { return limits->counters().lost.nano_dollars == 5; }));
  EXPECT_TRUE(Check(limits.get(), AskOf(budget, "bad")).answer.admitted) << "by the local share";
  EXPECT_EQ(limits->counters().failures, 0u);
}

TEST_F(RedisLimitsTest, AnOperatorIsToldThatTheServerIsAway) {
  const auto limits = Gateway();
  EXPECT_TRUE(limits->Troubles().empty());
  server_.Kill();
  const auto is_clear = [](const absl::Status& status) {
    return absl::IsUnavailable(status) &&
           status.message().find("the server that keeps the limits") != std::string::npos;
  };
  EXPECT_TRUE(is_clear(limits->Look("a/g", "r", 10, UnixNow()).status()));
  EXPECT_TRUE(is_clear(limits->ResetKey({"a/g", "r", "e"}, "k").status()));
  EXPECT_TRUE(is_clear(limits->GrantKey({"a/g", "r", "e"}, "k", 1, UnixNow()).status()));
  ASSERT_TRUE(Eventually([&] { return !limits->Troubles().empty(); }));
  EXPECT_NE(limits->Troubles()[0].find("is away"), std::string::npos);
}

// A server that is no server: what is said to it, and when, is this test's.
class DeafLink final : public RedisLink {
 public:
  void Append(std::string_view) override {}
  absl::StatusOr<RedisReply> Read() override { return absl::UnavailableError("deaf"); }
};

TEST_F(RedisLimitsTest, ConnectionsAndTimeAreThoseOfTheOptions) {
  std::atomic<int> opened = 0;
  std::atomic<int64_t> now_ns = 0;
  RedisLimitOptions options;
  options.address = server_.address();
  options.open = [&](const RedisAddress&,
                     milliseconds) -> absl::StatusOr<std::unique_ptr<RedisLink>> {
    ++opened;
    return std::make_unique<DeafLink>();
  };
  // A clock on which each wait has passed.
  options.clock = [&] { return RedisTime{now_ns += 5'000'000'000, 0}; };
  RedisLimits limits(options, log_.get());
  EXPECT_FALSE(limits.counters().is_up);
  EXPECT_TRUE(Eventually([&] { return opened > 10; }));
}

TEST_F(RedisLimitsTest, AServerThatHangsCostsOneTimeout) {
  const auto limits = Gateway();
  const LimitSpec spec = Count(1'000'000, 3600);
  Check(limits.get(), AskOf(spec, "k"));
  server_.Pause();
  const auto begin = steady_clock::now();
  Check(limits.get(), AskOf(spec, "k"));
  const auto first = steady_clock::now() - begin;
  EXPECT_LT(first, milliseconds(2'000)) << "the timeout is 250 ms";
  const auto later = steady_clock::now();
  for (int i = 0; i < 1000; ++i) Check(limits.get(), AskOf(spec, "k"));
  EXPECT_LT(steady_clock::now() - later, milliseconds(250)) << "a thousand requests, no timeout";
  server_.Resume();
  EXPECT_TRUE(Eventually([&] { return limits->counters().is_up; }));
}

TEST_F(RedisLimitsTest, R16_BrokenConnectionsChargeNothingTwiceAndLoseNothing) {
  const auto limits = Gateway();
  const LimitSpec budget = Cost(1'000'000'000, 3600);
  LimitVerdict pass;
  ASSERT_TRUE(Eventually([&] {
    pass = Check(limits.get(), AskOf(budget, "k"));
    return pass.ticket.remote() != nullptr;
  }));
  std::atomic<bool> ends = false;
  std::thread breaker([&] {
    while (!ends) {
      (void)server_.Run({"CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes"});
      std::this_thread::sleep_for(milliseconds(3));
    }
  });
  uint64_t charged = 0;
  const auto until = steady_clock::now() + milliseconds(1500);
  while (steady_clock::now() < until) {
    limits->Charge(pass.ticket, 3, UnixNow());
    charged += 3;
    std::this_thread::sleep_for(std::chrono::microseconds(100));
  }
  ends = true;
  breaker.join();
  EXPECT_GT(limits->counters().failures, 0u);
  EXPECT_TRUE(Eventually([&] { return Spent(limits.get()) >= charged; }));
  std::this_thread::sleep_for(milliseconds(50));
  EXPECT_EQ(Spent(limits.get()), charged);
}

TEST_F(RedisLimitsTest, R16_AQuestionThatTheServerRunsTooLateTakesNothing) {
  const auto limits = Gateway();
  const LimitSpec count = Count(1000, 3600);
  LimitSpec budget = Cost(1000, 3600);
  budget.reserve = true;
  LimitAsk reserving = AskOf(budget, "k", "budget");
  reserving.estimate = 60;
  uint64_t admitted = 0;
  for (int pause = 0; pause < 2; ++pause) {
    for (int i = 0; i < 3; ++i) {
      ASSERT_TRUE(Check(limits.get(), AskOf(count, "k")).answer.admitted);
      ++admitted;
    }
    server_.Pause();
    // In one round trip, which times out: answered here, and booked.
    const std::vector<LimitVerdict> away = CheckAll(limits.get(), {AskOf(count, "k"), reserving});
    ASSERT_EQ(away.size(), 2u);
    EXPECT_TRUE(away[0].answer.admitted && away[1].answer.admitted);
    ++admitted;
    ASSERT_TRUE(Eventually([&] { return !limits->counters().is_up; }));
    server_.Resume();
    ASSERT_TRUE(Eventually([&] { return limits->counters().is_up; }));
    // The server has run it by now: commands of one connection are run before those that come later
    // on others, and the release of its hold is one of them.
    ASSERT_TRUE(Eventually([&] { return limits->counters().waiting == 0; }));
    EXPECT_EQ(Spent(limits.get()), admitted) << "each request once";
    EXPECT_EQ(Spent(limits.get(), "budget"), 0u);
  }
  const absl::StatusOr<LimitSnapshot> rows = limits->Look("a/g", "r", 100, UnixNow());
  ASSERT_TRUE(rows.ok());
  for (const LimitRow& row : rows->rows) EXPECT_EQ(row.held, 0u) << row.element;
}

TEST_F(RedisLimitsTest, AGatewayThatBeginsWithoutTheServerFindsItLater) {
  server_.Kill();
  const auto limits = Gateway(StoreFailurePolicy::kRefuse);
  const LimitSpec spec = Count(10, 3600);
  EXPECT_FALSE(Check(limits.get(), AskOf(spec, "k")).answer.admitted);
  ASSERT_TRUE(server_.Start());
  EXPECT_TRUE(Eventually([&] { return Check(limits.get(), AskOf(spec, "k")).answer.admitted; }));
}

TEST_F(RedisLimitsTest, StoppingAnswersWhatIsOpenAndDeliversWhatIsBooked) {
  const LimitSpec budget = Cost(1000, 3600);
  const auto other = Gateway();
  {
    const auto limits = Gateway();
    const LimitVerdict pass = Check(limits.get(), AskOf(budget, "k"));
    limits->Charge(pass.ticket, 77, UnixNow());
    limits->Stop();
    EXPECT_EQ(Spent(other.get()), 77u);
    EXPECT_TRUE(Check(limits.get(), AskOf(budget, "k")).answer.admitted) << "by its own share";
  }
}

}  // namespace
}  // namespace junctor::engine
