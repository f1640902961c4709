// What one look at a limit costs, and what a live key takes.
//
//   limit_bench
//
// The goals: a check takes less than 100 ns for one thread; two threads on distinct keys check at
// least 1.6 times as many (compare items_per_second of threads:1 and threads:2 on a machine with
// two idle cores); a million live keys, 100 requests each in a sliding window, take less than
// 150 MiB (bytes_per_key is what the allocator gave, MiB what a million of them take), where the
// keys are at most 19 bytes long as LimitStep::key or UUIDs; ten million distinct keys do not pass
// the bound, and none that has spent money is forgotten.
#include <benchmark/benchmark.h>
#include <malloc.h>

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <string>
#include <vector>

#include "engine/limits/limit_store.h"

namespace junctor::engine {
namespace {

constexpr int64_t kStart = int64_t{1'700'000'000} * 1'000'000'000;

// A million. JUNCTOR_BENCH_KEYS: fewer of them, to see whether it still runs.
size_t Keys() {
  static const char* const asked = std::getenv("JUNCTOR_BENCH_KEYS");
  static const size_t keys = asked == nullptr ? 1'000'000 : std::strtoull(asked, nullptr, 10);
  return keys;
}

LimitSpec Spec(LimitType type, WindowTechnique technique, uint64_t limit) {
  LimitSpec spec;
  spec.type = type;
  spec.technique = technique;
  spec.limit = limit;
  spec.window_seconds = 60;
  return spec;
}

// As EncodeLimitKey writes a user's name.
std::string UserKey(int64_t user) {
  std::string name = std::to_string(user);
  name.insert(0, 8 - std::min<size_t>(8, name.size()), '0');
  const std::string text = "u-" + name;
  return std::string("s") + static_cast<char>(text.size()) + std::string(3, '\0') + text;
}

std::vector<std::string> UserKeys(int64_t first, int64_t count) {
  std::vector<std::string> keys;
  for (int64_t user = first; user < first + count; ++user) keys.push_back(UserKey(user));
  return keys;
}

// One store for all threads of a benchmark, and new keys for each thread.
struct Shared {
  static std::unique_ptr<LimitStore>& Store() {
    static std::unique_ptr<LimitStore> store;
    return store;
  }
  static void Begin(const benchmark::State&) { Store() = std::make_unique<LimitStore>(); }
  static void End(const benchmark::State&) { Store().reset(); }
};

// Checks of counts, of range(0) keys for each thread; the time goes on, so that requests pass, are
// refused and leave the window.
void CheckCount(benchmark::State& state, WindowTechnique technique, uint64_t limit) {
  LimitStore& store = *Shared::Store();
  const LimitSpec spec = Spec(LimitType::kCount, technique, limit);
  const std::vector<std::string> keys =
      UserKeys(state.thread_index() * state.range(0), state.range(0));
  int64_t now = kStart;
  size_t next = 0;
  uint64_t admitted = 0;
  for (auto _ : state) {
    admitted += store.Take("default", "chat", "limit", keys[next], spec, now).admitted ? 1 : 0;
    if (++next == keys.size()) next = 0;
    now += 10'000'000;
  }
  benchmark::DoNotOptimize(admitted);
  state.SetItemsProcessed(state.iterations());
}

// Checks of costs, of keys that have spent something; settled where the limit reserves.
void CheckCost(benchmark::State& state, WindowTechnique technique, bool reserve) {
  LimitStore& store = *Shared::Store();
  LimitSpec spec = Spec(LimitType::kCost, technique, 1'000'000'000);
  spec.reserve = reserve;
  const std::vector<std::string> keys =
      UserKeys(state.thread_index() * state.range(0), state.range(0));
  for (const std::string& key : keys) {
    const CostPass pass = store.PassCost("default", "chat", "budget", key, spec, 0, kStart);
    store.Charge(pass.ticket, 1, kStart);
  }
  int64_t now = kStart;
  size_t next = 0;
  for (auto _ : state) {
    CostPass pass = store.PassCost("default", "chat", "budget", keys[next], spec, 2'000'000, now);
    benchmark::DoNotOptimize(pass.answer.admitted);
    if (reserve) store.Settle(&pass.ticket, now);
    if (++next == keys.size()) next = 0;
    now += 1'000;  // the windows do not end meanwhile
  }
  state.SetItemsProcessed(state.iterations());
}

// A check, and the charge of what the request used.
void CheckAndChargeCost(benchmark::State& state, WindowTechnique technique) {
  LimitStore& store = *Shared::Store();
  const LimitSpec spec = Spec(LimitType::kCost, technique, 1'000'000'000);
  const std::string key = UserKey(state.thread_index());
  int64_t now = kStart;
  for (auto _ : state) {
    const CostPass pass = store.PassCost("default", "chat", "budget", key, spec, 0, now);
    store.Charge(pass.ticket, 1'000, now);
    now += 10'000'000;
  }
  state.SetItemsProcessed(state.iterations());
}

// As EncodeLimitKey writes a UUID.
std::string UuidKey(int64_t user) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string key("s\x24\0\0\0", 5);
  uint64_t bits = static_cast<uint64_t>(user) * 0x9e3779b97f4a7c15;
  for (size_t i = 0; i < 36; ++i) {
    const bool is_dash = i == 8 || i == 13 || i == 18 || i == 23;
    key.push_back(is_dash ? '-' : kDigits[bits & 15]);
    bits = bits >> 4 | bits << 60;
  }
  return key;
}

// Keys of 15 bytes, of UUIDs, and of 41 bytes that are no UUID.
enum KeyKind : int64_t { kShortKey, kUuidKey, kLongKey };

// A flood of keys that come once each, after keys that have spent their budget: the memory is
// bounded, and no key that has spent money passes again.
void FloodOfKeys(benchmark::State& state) {
  const size_t bound = Keys() / 10;
  const auto flood = static_cast<int64_t>(Keys() * 10);
  const auto spenders = static_cast<int64_t>(Keys() / 100);
  const LimitSpec spec = Spec(LimitType::kCost, WindowTechnique::kFixed, 1'000);
  for (auto _ : state) {
    LimitStore store(bound);
    for (int64_t user = 0; user < spenders; ++user) {
      const CostPass pass = store.PassCost("g", "r", "budget", UserKey(-user), spec, 0, kStart);
      store.Charge(pass.ticket, 1'000, kStart);
    }
    int64_t admitted = 0;
    size_t most = 0;
    for (int64_t user = 1; user <= flood; ++user) {
      admitted +=
          store.PassCost("g", "r", "budget", UserKey(user), spec, 0, kStart + user).answer.admitted;
      if (user % 1'000 == 0) most = std::max(most, store.size());
    }
    int64_t forgotten = 0;
    for (int64_t user = 0; user < spenders; ++user) {
      forgotten += store.PassCost("g", "r", "budget", UserKey(-user), spec, 0, kStart + flood)
                       .answer.admitted;
    }
    if (forgotten != 0 || most > bound + 64) {
      state.SkipWithError("a key was forgotten, or the bound passed");
      break;
    }
    state.counters["keys_kept"] = static_cast<double>(most);
    state.counters["admitted"] = static_cast<double>(admitted);
  }
  state.SetItemsProcessed(state.iterations() * flood);
}

// A million keys with 100 requests each in their window. range(0): a KeyKind.
void MemoryOfSlidingCounts(benchmark::State& state) {
  const size_t keys = Keys();
  constexpr int64_t kRequests = 100;
  const LimitSpec spec = Spec(LimitType::kCount, WindowTechnique::kSliding, kRequests);
  for (auto _ : state) {
    malloc_trim(0);
    const auto in_use = [] {
      const struct mallinfo2 info = mallinfo2();
      return info.uordblks + info.hblkhd;
    };
    const size_t before = in_use();
    // Some room above: keys are not spread over the shards quite evenly.
    auto store = std::make_unique<LimitStore>(keys + keys / 16 + 1000);
    uint64_t admitted = 0;
    for (size_t user = 0; user < keys; ++user) {
      const auto number = static_cast<int64_t>(user);
      std::string key = state.range(0) == kUuidKey ? UuidKey(number) : UserKey(number);
      if (state.range(0) == kLongKey) key.append(26, 'x');
      for (int64_t i = 0; i < kRequests; ++i) {
        const int64_t now = kStart + i * 590'000'000;
        admitted += store->Take("default", "chat", "limit", key, spec, now).admitted ? 1 : 0;
      }
    }
    const auto bytes = static_cast<double>(in_use() - before);
    if (store->size() != keys || admitted != keys * static_cast<uint64_t>(kRequests)) {
      state.SkipWithError("a request was refused");
      break;
    }
    state.counters["bytes_per_key"] = bytes / static_cast<double>(keys);
    state.counters["MiB"] = bytes / (1024 * 1024);
  }
}

#define LIMIT_BENCHMARK(...) \
  BENCHMARK_CAPTURE(__VA_ARGS__)->Setup(Shared::Begin)->Teardown(Shared::End)

LIMIT_BENCHMARK(CheckCount, fixed, WindowTechnique::kFixed, 100)->Arg(1)->Arg(1000)->Arg(500'000);
LIMIT_BENCHMARK(CheckCount, sliding_exact, WindowTechnique::kSliding, 10)->Arg(1)->Arg(1000);
LIMIT_BENCHMARK(CheckCount, sliding_slices, WindowTechnique::kSliding, 100)
    ->Arg(1)
    ->Arg(1000)
    ->Arg(500'000);
LIMIT_BENCHMARK(CheckCount, two_threads, WindowTechnique::kSliding, 100)
    ->Arg(1000)
    ->Threads(1)
    ->Threads(2)
    ->UseRealTime();
LIMIT_BENCHMARK(CheckCost, fixed, WindowTechnique::kFixed, false)->Arg(1)->Arg(1000);
LIMIT_BENCHMARK(CheckCost, sliding, WindowTechnique::kSliding, false)->Arg(1)->Arg(1000);
LIMIT_BENCHMARK(CheckCost, fixed_reserve_and_settle, WindowTechnique::kFixed, true)->Arg(1000);
LIMIT_BENCHMARK(CheckCost, two_threads, WindowTechnique::kFixed, false)
    ->Arg(1000)
    ->Threads(1)
    ->Threads(2)
    ->UseRealTime();
LIMIT_BENCHMARK(CheckAndChargeCost, fixed, WindowTechnique::kFixed);
LIMIT_BENCHMARK(CheckAndChargeCost, sliding, WindowTechnique::kSliding);
BENCHMARK(MemoryOfSlidingCounts)
    ->ArgName("key")
    ->Arg(kShortKey)
    ->Arg(kUuidKey)
    ->Arg(kLongKey)
    ->Iterations(1)
    ->Unit(benchmark::kMillisecond);
BENCHMARK(FloodOfKeys)->Iterations(1)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace junctor::engine
