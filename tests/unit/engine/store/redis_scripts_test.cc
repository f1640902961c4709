// The scripts in a Redis server, by a clock that the test sets: windows whose rule changes (R17),
// against a list of all that was counted, and against the windows in memory.
#include "engine/store/redis_scripts.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <deque>
#include <iterator>
#include <random>
#include <string>
#include <vector>

#include "runtime/limits/window.h"
#include "tests/unit/engine/store/redis_server.h"

namespace junctor::engine {
namespace {

constexpr int64_t kMicroseconds = 1'000'000;  // in a second

// A rule by whose window something is counted, in the words of the scripts.
struct ScriptRule {
  char type = 'c';
  bool is_sliding = false;
  uint64_t limit = 1;
  int64_t window_us = kMicroseconds;

  int64_t FirstOf(int64_t now_us) const {
    return is_sliding ? now_us - window_us + 1 : now_us / window_us * window_us;
  }
};

class RedisScriptsTest : public testing::Test {
 protected:
  void SetUp() override {
    ASSERT_TRUE(server_.Start()) << "is redis-server installed?";
    auto connection = RedisConnection::Open(server_.address(), std::chrono::seconds(5));
    ASSERT_TRUE(connection.ok()) << connection.status();
    connection_ = *std::move(connection);
    check_ = Load(RedisCheckScript());
    charge_ = Load(RedisChargeScript());
  }

  // With a clock that stands in a key.
  std::string Load(std::string script) {
    constexpr std::string_view kTime = "redis.call('TIME')";
    script.replace(script.find(kTime), kTime.size(), "redis.call('HMGET', 'clock', 's', 'us')");
    const auto loaded = connection_->Run({"SCRIPT", "LOAD", script});
    EXPECT_TRUE(loaded.ok()) << loaded.status();
    return loaded.ok() ? loaded->text : "";
  }

  RedisReply RunAt(int64_t now_us, const std::string& script, const std::string& key,
                   const ScriptRule& rule, const std::vector<std::string>& more) {
    const std::string seconds = std::to_string(now_us / kMicroseconds);
    const std::string rest = std::to_string(now_us % kMicroseconds);
    EXPECT_TRUE(connection_->Run({"HSET", "clock", "s", seconds, "us", rest}).ok());
    const std::string side = key + ":s";
    const std::string type(1, rule.type);
    const std::string limit = std::to_string(rule.limit);
    const std::string window = std::to_string(rule.window_us);
    std::vector<std::string_view> words = {
        "EVALSHA", script, "2", key, side, type, rule.is_sliding ? "1" : "0",
        limit,     window, "e", "k"};
    words.insert(words.end(), more.begin(), more.end());
    const auto reply = connection_->Run(words);
    EXPECT_TRUE(reply.ok()) << reply.status();
    // Of its own clock the server must end no key.
    for (const std::string& one : {key, side}) (void)connection_->Run({"PERSIST", one});
    return reply.ok() ? *reply : RedisReply();
  }

  struct Verdict {
    bool is_admitted = false;
    uint64_t left = 0;
  };
  Verdict Check(int64_t now_us, const std::string& key, const ScriptRule& rule) {
    const RedisReply reply =
        RunAt(now_us, check_, key, rule, {"0", "0", "0", "", std::to_string(now_us)});
    if (reply.items.size() != 1 || reply.items[0].items.size() != 5) {
      ADD_FAILURE() << "no answer of a check";
      return {};
    }
    return {reply.items[0].items[0].Number() == 1,
            static_cast<uint64_t>(reply.items[0].items[3].Number())};
  }
  void Charge(int64_t now_us, const std::string& key, const ScriptRule& rule, uint64_t amount) {
    RunAt(now_us, charge_, key, rule,
          {std::to_string(amount), "0", "me", std::to_string(++last_number_)});
  }

  RedisServer server_;
  std::unique_ptr<RedisConnection> connection_;
  std::string check_, charge_;
  uint64_t last_number_ = 0;
};

// Rules, and times at which they are asked.
class Draws {
 public:
  explicit Draws(uint64_t seed) : random_(seed) {}
  uint64_t Below(uint64_t end) { return random_() % end; }
  ScriptRule Rule(char type, uint64_t most) {
    constexpr int64_t kSeconds[] = {1, 7, 60, 64, 90, 3600};
    constexpr uint64_t kLimits[] = {1, 5, 20, 60, 64, 65, 100, 200};
    ScriptRule rule;
    rule.type = type;
    rule.is_sliding = Below(2) == 0;
    do {
      rule.limit = kLimits[Below(std::size(kLimits))];
    } while (rule.limit > most);
    rule.window_us = kSeconds[Below(std::size(kSeconds))] * kMicroseconds;
    return rule;
  }
  int64_t Step() {
    return static_cast<int64_t>(Below(50) == 0 ? Below(100 * kMicroseconds)
                                               : Below(kMicroseconds / 2));
  }

 private:
  std::mt19937_64 random_;
};

TEST_F(RedisScriptsTest, R17_CountsGoOnAsInMemoryByWhateverRuleComes) {
  for (uint64_t run = 0; run < 60; ++run) {
    Draws draws(run);
    // Windows that never need slices admit exactly what those in memory do.
    const uint64_t most = run % 2 == 0 ? kMaxExactLimit : 200;
    const std::string key = "count" + std::to_string(run);
    ScriptRule rule = draws.Rule('c', most);
    WindowState memory;
    std::deque<int64_t> admitted;
    int64_t known_since = 0;
    int64_t now_us = 1'700'000'000 * kMicroseconds;
    for (int i = 0; i < 200; ++i) {
      SCOPED_TRACE(testing::Message() << "run " << run << ", question " << i);
      now_us += draws.Step();
      if (draws.Below(30) == 0) {
        known_since = std::max(known_since, rule.FirstOf(now_us));
        rule = draws.Rule('c', most);
      }
      const int64_t first = std::max(known_since, rule.FirstOf(now_us));
      const auto counting = static_cast<uint64_t>(std::count_if(
          admitted.begin(), admitted.end(), [first](int64_t time) { return time >= first; }));
      const Verdict verdict = Check(now_us, key, rule);
      if (most <= kMaxExactLimit) {
        const WindowRule same = {
            rule.is_sliding ? WindowTechnique::kSliding : WindowTechnique::kFixed, rule.limit,
            rule.window_us * 1000};
        ASSERT_EQ(verdict.is_admitted, memory.Admit(same, now_us * 1000).admitted);
      }
      const uint64_t listed = counting + (verdict.is_admitted ? 1 : 0);
      ASSERT_LE(verdict.left, rule.limit - std::min(rule.limit, listed));
      if (!verdict.is_admitted) continue;
      ASSERT_LT(counting, rule.limit);
      admitted.push_back(now_us);
    }
  }
}

TEST_F(RedisScriptsTest, R17_MoneyGoesOnByWhateverRuleComes) {
  constexpr uint64_t kMuch = 1'000'000'000;
  for (uint64_t run = 0; run < 20; ++run) {
    Draws draws(1000 + run);
    const std::string key = "cost" + std::to_string(run);
    ScriptRule rule = draws.Rule('m', 1);
    struct Charged {
      int64_t time_us;
      uint64_t amount;
    };
    std::deque<Charged> charges;
    int64_t known_since = 0;
    int64_t now_us = 1'700'000'000 * kMicroseconds;
    for (int i = 0; i < 200; ++i) {
      SCOPED_TRACE(testing::Message() << "run " << run << ", question " << i);
      now_us += draws.Step();
      if (draws.Below(30) == 0) {
        known_since = std::max(known_since, rule.FirstOf(now_us));
        rule = draws.Rule('m', 1);
      }
      rule.limit = kMuch;
      const int64_t first = std::max(known_since, rule.FirstOf(now_us));
      uint64_t counting = 0;
      for (const Charged& charge : charges) {
        if (charge.time_us >= first) counting += charge.amount;
      }
      ASSERT_GE(kMuch - Check(now_us, key, rule).left, counting);
      // By a request that an earlier version let pass.
      const ScriptRule booked = draws.Below(3) == 0 ? draws.Rule('m', 1) : rule;
      charges.push_back({now_us, 1 + draws.Below(1000)});
      Charge(now_us, key, booked, charges.back().amount);
    }
    const Verdict idle = Check(now_us + 2 * 3601 * kMicroseconds, key, rule);
    EXPECT_EQ(idle.left, kMuch) << "in the end nothing counts";
  }
}

TEST_F(RedisScriptsTest, R16_AfterItsDeadlineAQuestionTakesNothingAndSaysTheTime) {
  ScriptRule rule;
  rule.limit = 10;
  rule.window_us = 3600 * kMicroseconds;
  const int64_t now_us = 1'700'000'000 * kMicroseconds;
  EXPECT_EQ(Check(now_us, "k", rule).left, 9u) << "at its deadline it is in time";
  const RedisReply late =
      RunAt(now_us + 1, check_, "k", rule, {"0", "0", "0", "", std::to_string(now_us)});
  ASSERT_EQ(late.items.size(), 1u);
  EXPECT_EQ(late.items[0].kind, RedisReply::Kind::kInteger);
  EXPECT_EQ(late.items[0].integer, now_us + 1);
  EXPECT_EQ(Check(now_us + 2, "k", rule).left, 8u);
}

}  // namespace
}  // namespace junctor::engine
