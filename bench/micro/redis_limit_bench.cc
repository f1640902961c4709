// How many limits a second a Redis server answers through RedisLimits.
//
//   redis_limit_bench URL [checks]
//
// Asks `checks` times (default 100,000) a sliding count of 100 a minute, over 1,000 keys, with 512
// questions open at a time, so that each round trip takes the 256 that it takes at most, and prints
// checks a second and the checks of one round trip. With
// `--script` it prints the words of one check for redis-benchmark instead, after it loaded the
// script: bench/limits/redis_checks.sh holds the two beside each other.
#include <signal.h>

#include <charconv>
#include <chrono>
#include <condition_variable>
#include <cstdio>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>

#include "engine/store/redis_connection.h"
#include "engine/store/redis_limit_key.h"
#include "engine/store/redis_limits.h"
#include "engine/store/redis_scripts.h"

namespace junctor::engine {
namespace {

constexpr size_t kOpen = 512;
constexpr uint64_t kKeys = 1'000;

LimitSpec Spec() {
  LimitSpec spec;
  spec.technique = WindowTechnique::kSliding;
  spec.limit = 100;
  spec.window_seconds = 60;
  return spec;
}

LimitAsk AskOf(const LimitSpec& spec, std::string_view key) {
  LimitAsk ask;
  ask.name = {"default", "chat", "limit"};
  ask.key = key;
  ask.spec = &spec;
  return ask;
}

int PrintScript(const RedisAddress& address) {
  auto connection = RedisConnection::Open(address, std::chrono::seconds(5));
  if (!connection.ok()) return 1;
  const auto sha = (*connection)->Run({"SCRIPT", "LOAD", RedisCheckScript()});
  if (!sha.ok()) return 1;
  // redis-benchmark puts a number of 12 digits in the place of __rand_int__.
  const RedisLimitKey keys = RedisKeyOf(LimitType::kCount, {"default", "chat", "limit"}, "KEY");
  std::string main = keys.main;
  main.replace(main.rfind("KEY"), 3, "__rand_int__");
  std::printf("EVALSHA %s 2 %s %s:s c 1 100 60000000 limit key 0 0 600000000 - 9000000000000000\n",
              sha->text.c_str(), main.c_str(), main.c_str());
  return 0;
}

int Measure(const RedisAddress& address, uint64_t checks) {
  auto log = *Log::Open(LogLevel::kOff, "-");
  RedisLimitOptions options;
  options.address = address;
  options.timeout = std::chrono::seconds(2);
  RedisLimits limits(options, log.get());
  const LimitSpec spec = Spec();
  std::mutex mutex;
  std::condition_variable changed;
  size_t open = 0;
  const auto begin = std::chrono::steady_clock::now();
  for (uint64_t i = 0; i < checks; ++i) {
    auto batch = std::make_shared<LimitBatch>();
    const std::string key = std::to_string(i % kKeys);
    batch->Add(AskOf(spec, key));
    batch->done = [&] {
      const std::lock_guard lock(mutex);
      if (--open == kOpen / 2 || open == 0) changed.notify_one();
    };
    {
      std::unique_lock lock(mutex);
      if (open == kOpen) changed.wait(lock, [&] { return open <= kOpen / 2; });
      ++open;
    }
    limits.Begin(std::move(batch));
  }
  std::unique_lock lock(mutex);
  changed.wait(lock, [&] { return open == 0; });
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - begin;
  const RedisLimits::Counters counters = limits.counters();
  if (counters.failures > 0 || counters.away > 0) {
    std::fprintf(stderr, "the server did not answer all\n");
    return 1;
  }
  std::printf("%.0f checks/s, %.1f checks a round trip\n",
              static_cast<double>(checks) / took.count(),
              static_cast<double>(counters.checks) / static_cast<double>(counters.round_trips));
  return 0;
}

int Main(int argc, char** argv) {
  signal(SIGPIPE, SIG_IGN);
  if (argc < 2) {
    std::fprintf(stderr, "usage: redis_limit_bench URL [checks | --script]\n");
    return 2;
  }
  const absl::StatusOr<RedisAddress> address = ParseRedisUrl(argv[1]);
  if (!address.ok()) {
    std::fprintf(stderr, "%s\n", std::string(address.status().message()).c_str());
    return 2;
  }
  const std::string_view word = argc > 2 ? argv[2] : "100000";
  if (word == "--script") return PrintScript(*address);
  uint64_t checks = 0;
  std::from_chars(word.data(), word.data() + word.size(), checks);
  return Measure(*address, checks);
}

}  // namespace
}  // namespace junctor::engine

int main(int argc, char** argv) { return junctor::engine::Main(argc, argv); }
