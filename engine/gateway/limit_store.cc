#include "engine/gateway/limit_store.h"

#include <functional>
#include <mutex>
#include <unordered_map>
#include <utility>

#include "runtime/limits/window.h"

namespace junctor::engine {
namespace {

// How long a key without a window waits when the store is full: another try costs little, and
// windows end all the time.
constexpr uint64_t kFullRetryAfterMs = 1000;

// A full shard is swept so often at most: a flood of new keys must not pay for a sweep each.
constexpr int64_t kSweepIntervalNs = 1'000'000'000;

// A key's window, and from when on it says nothing.
struct Bucket {
  WindowState window;
  int64_t empty_at_ns;
};

void AppendPart(std::string_view part, std::string* key) {
  // The length before each part keeps ("a", "bc") and ("ab", "c") apart.
  const auto size = static_cast<uint32_t>(part.size());
  key->append(reinterpret_cast<const char*>(&size), sizeof(size));
  key->append(part);
}

}  // namespace

struct LimitStore::Shard {
  mutable std::mutex mutex;
  std::unordered_map<std::string, Bucket> buckets;  // guarded by mutex
  int64_t next_sweep_ns = 0;                        // guarded by mutex
};

LimitStore::LimitStore(size_t max_windows)
    : shards_(std::make_unique<std::array<Shard, kShards>>()),
      max_per_shard_((max_windows + kShards - 1) / kShards) {}

LimitStore::~LimitStore() = default;

LimitAnswer LimitStore::Take(std::string_view gateway, std::string_view route,
                             std::string_view element, std::string_view key, const LimitSpec& spec,
                             int64_t unix_nanoseconds) {
  std::string full_key;
  full_key.reserve(gateway.size() + route.size() + element.size() + key.size() + 16);
  for (const std::string_view part : {gateway, route, element, key}) AppendPart(part, &full_key);
  Shard& shard = (*shards_)[std::hash<std::string>()(full_key) % kShards];
  const WindowRule rule = RuleOf(spec);
  const std::lock_guard lock(shard.mutex);
  auto found = shard.buckets.find(full_key);
  if (found == shard.buckets.end()) {
    if (shard.buckets.size() >= max_per_shard_ && unix_nanoseconds >= shard.next_sweep_ns) {
      shard.next_sweep_ns = unix_nanoseconds + kSweepIntervalNs;
      std::erase_if(shard.buckets, [unix_nanoseconds](const auto& entry) {
        return entry.second.empty_at_ns <= unix_nanoseconds;
      });
    }
    if (shard.buckets.size() >= max_per_shard_) return LimitAnswer{false, kFullRetryAfterMs};
    found =
        shard.buckets.emplace(std::move(full_key), Bucket{WindowState(rule.technique), 0}).first;
  }
  Bucket& bucket = found->second;
  const WindowDecision decision = bucket.window.Admit(rule, unix_nanoseconds);
  bucket.empty_at_ns = bucket.window.EmptyAt(rule);
  return LimitAnswer{decision.admitted, decision.retry_after_ms()};
}

size_t LimitStore::size() const {
  size_t total = 0;
  for (const Shard& shard : *shards_) {
    const std::lock_guard lock(shard.mutex);
    total += shard.buckets.size();
  }
  return total;
}

}  // namespace junctor::engine
