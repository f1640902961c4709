#include "engine/limits/limit_store.h"

#include <algorithm>
#include <mutex>
#include <random>
#include <tuple>
#include <utility>

#include "engine/limits/limit_table.h"
#include "runtime/limits/window.h"

namespace junctor::engine {

// A window of costs. Tickets hold it, so that a late charge finds it.
struct LimitTicket::CostWindow {
  CostWindow(WindowTechnique technique, std::mutex* shard_mutex)
      : mutex(shard_mutex), state(technique) {}

  std::mutex* const mutex;  // its shard's
  CostWindowState state;    // guarded by mutex
  WindowRule rule;          // as the latest request had it; guarded by mutex
};

namespace {

// How long a key without a window waits when the store is full: another try costs little, and
// windows end all the time.
constexpr uint64_t kFullRetryAfterMs = 1000;

// A full shard is swept so often at most: a flood of new keys must not pay for a sweep each.
constexpr int64_t kSweepIntervalNs = 1'000'000'000;

// So many windows does each new key look at to drop them. More than one, so that idle keys go
// faster than new ones come.
constexpr size_t kSweptPerInsert = 2;

// Shards that two cores write stand so far apart: processors fetch cache lines in pairs.
constexpr size_t kShardAlignment = 128;

uint64_t RandomSeed() {
  std::random_device device;
  return (uint64_t{device()} << 32) | device();
}

int64_t EmptyAt(const WindowState& window, const WindowRule& rule) { return window.EmptyAt(rule); }

}  // namespace

struct alignas(kShardAlignment) LimitStore::Shard {
  using CostWindow = LimitTicket::CostWindow;
  using Counts = LimitTable<WindowState>;
  using Costs = LimitTable<std::shared_ptr<CostWindow>>;

  static bool IsIdle(const Counts::Found& found, int64_t now_ns) {
    const WindowRule rule = found.RuleAt(now_ns);
    return rule.limit == found.limit().rule.limit && EmptyAt(found.window(), rule) <= now_ns;
  }
  // Not while a ticket may still charge it.
  static bool IsIdle(const Costs::Found& found, int64_t now_ns) {
    const WindowRule rule = found.RuleAt(now_ns);
    return rule.limit == found.limit().rule.limit && found.window().use_count() == 1 &&
           found.window()->state.EmptyAt(rule) <= now_ns;
  }

  // Whether `table` has room for one more key. Called with the lock.
  template <typename Window>
  bool MakeRoom(size_t max_windows, int64_t now_ns, LimitTable<Window>* table) {
    const auto is_idle = [now_ns](const auto& found) { return IsIdle(found, now_ns); };
    table->SweepNext(kSweptPerInsert, is_idle);
    if (table->size() >= max_windows && now_ns >= next_sweep_ns) {
      next_sweep_ns = now_ns + kSweepIntervalNs;
      table->Sweep(is_idle);
    }
    return table->size() < max_windows;
  }

  std::mutex mutex;
  Counts counts;              // guarded by mutex
  Costs costs;                // guarded by mutex
  int64_t next_sweep_ns = 0;  // guarded by mutex
};

LimitStore::LimitStore(size_t max_windows)
    : shards_(std::make_unique<std::array<Shard, kShards>>()),
      max_per_shard_((max_windows + kShards - 1) / kShards),
      seed_(RandomSeed()) {}

LimitStore::~LimitStore() = default;

// The upper half: tables use the lower one.
LimitStore::Shard& LimitStore::ShardOf(const LimitKey& key) const {
  return (*shards_)[(key.hash >> 32) % kShards];
}

LimitAnswer LimitStore::Take(std::string_view gateway, std::string_view route,
                             std::string_view element, std::string_view key, const LimitSpec& spec,
                             int64_t unix_nanoseconds) {
  const LimitKey limit_key({gateway, route, element}, key, seed_);
  const WindowRule rule = RuleOf(spec);
  Shard& shard = ShardOf(limit_key);
  const std::lock_guard lock(shard.mutex);
  auto found = shard.counts.Find(limit_key);
  if (!found) {
    if (!shard.MakeRoom(max_per_shard_, unix_nanoseconds, &shard.counts)) {
      return LimitAnswer{false, kFullRetryAfterMs};
    }
    found = shard.counts.Insert(limit_key, WindowState(rule.technique));
  }
  found.limit().rule = rule;
  const WindowDecision decision =
      found.window().Admit(found.RuleAt(unix_nanoseconds), unix_nanoseconds);
  return LimitAnswer{decision.admitted, decision.retry_after_ms()};
}

CostPass LimitStore::PassCost(std::string_view gateway, std::string_view route,
                              std::string_view element, std::string_view key, const LimitSpec& spec,
                              uint64_t estimate_nano_dollars, int64_t unix_nanoseconds,
                              int64_t lease_ns) {
  const LimitKey limit_key({gateway, route, element}, key, seed_);
  const WindowRule rule = RuleOf(spec);
  Shard& shard = ShardOf(limit_key);
  const std::lock_guard lock(shard.mutex);
  CostPass pass;
  auto found = shard.costs.Find(limit_key);
  if (!found) {
    if (!shard.MakeRoom(max_per_shard_, unix_nanoseconds, &shard.costs)) {
      pass.answer = {false, kFullRetryAfterMs};
      return pass;
    }
    found = shard.costs.Insert(
        limit_key, std::make_shared<LimitTicket::CostWindow>(rule.technique, &shard.mutex));
  }
  found.limit().rule = rule;
  LimitTicket::CostWindow& window = *found.window();
  window.rule = rule;
  const WindowRule granted = found.RuleAt(unix_nanoseconds);
  const CostDecision decision =
      spec.reserve ? window.state.Reserve(granted, estimate_nano_dollars,
                                          unix_nanoseconds + lease_ns, unix_nanoseconds)
                   : window.state.Admit(granted, unix_nanoseconds);
  if (decision.admitted()) {
    pass.ticket.window_ = found.window();
    pass.ticket.hold_ = decision.hold;
    return pass;
  }
  pass.too_large = decision.verdict == CostDecision::Verdict::kTooLarge;
  const WindowDecision wait = {false, pass.too_large ? rule.window_ns : decision.retry_after_ns};
  pass.answer = {false, wait.retry_after_ms()};
  return pass;
}

void LimitStore::Charge(const LimitTicket& ticket, uint64_t nano_dollars,
                        int64_t unix_nanoseconds) {
  if (!ticket) return;
  LimitTicket::CostWindow& window = *ticket.window_;
  const std::lock_guard lock(*window.mutex);
  window.state.ChargeHeld(window.rule, ticket.hold_, nano_dollars, unix_nanoseconds);
}

void LimitStore::Settle(LimitTicket* ticket, int64_t unix_nanoseconds) {
  if (!*ticket || ticket->hold_ == 0) return;
  LimitTicket::CostWindow& window = *ticket->window_;
  const std::lock_guard lock(*window.mutex);
  window.state.Settle(window.rule, std::exchange(ticket->hold_, 0), 0, unix_nanoseconds);
}

LimitSnapshot LimitStore::Snapshot(std::string_view gateway, std::string_view route,
                                   size_t max_rows, int64_t unix_nanoseconds) {
  LimitSnapshot snapshot;
  const auto add = [&](LimitType type, const auto& found, const auto& usage_of,
                       const auto& window) {
    const LimitName name = found.name();
    if (name.gateway != gateway || name.route != route) return;
    const WindowRule rule = found.RuleAt(unix_nanoseconds);
    const CostWindowState::Usage usage = usage_of(rule);
    const bool granted = rule.limit != found.limit().rule.limit;
    if (usage.spent == 0 && usage.held == 0 && !granted) return;
    if (snapshot.rows.size() >= max_rows) {
      snapshot.truncated = true;
      return;
    }
    LimitRow row;
    row.type = type;
    row.element = std::string(name.element);
    row.key = std::string(found.value());
    row.limit = rule.limit;
    row.spent = usage.spent;
    row.held = usage.held;
    row.left = row.limit - std::min(row.limit, SaturatingAdd(row.spent, row.held));
    row.reset_ns = std::max(window.EmptyAt(rule), unix_nanoseconds);
    snapshot.rows.push_back(std::move(row));
  };
  for (Shard& shard : *shards_) {
    const std::lock_guard lock(shard.mutex);
    shard.counts.ForEach([&](const Shard::Counts::Found& found) {
      const auto usage_of = [&](const WindowRule& rule) {
        return CostWindowState::Usage{found.window().Counted(rule, unix_nanoseconds), 0};
      };
      add(LimitType::kCount, found, usage_of, found.window());
    });
    shard.costs.ForEach([&](const Shard::Costs::Found& found) {
      CostWindowState& state = found.window()->state;
      const auto usage_of = [&](const WindowRule& rule) {
        return state.UsageAt(rule, unix_nanoseconds);
      };
      add(LimitType::kCost, found, usage_of, state);
    });
    if (snapshot.truncated) break;
  }
  std::sort(snapshot.rows.begin(), snapshot.rows.end(), [](const LimitRow& a, const LimitRow& b) {
    return std::tie(a.element, a.key, a.type) < std::tie(b.element, b.key, b.type);
  });
  return snapshot;
}

bool LimitStore::Reset(std::string_view gateway, std::string_view route, std::string_view element,
                       std::string_view key) {
  const LimitKey limit_key({gateway, route, element}, key, seed_);
  Shard& shard = ShardOf(limit_key);
  const std::lock_guard lock(shard.mutex);
  const auto count = shard.counts.Find(limit_key);
  if (count) {
    count.window() = WindowState(count.limit().rule.technique);
    count.DropGrant();
  }
  const auto cost = shard.costs.Find(limit_key);
  if (cost) {
    cost.window()->state.ClearSpent(cost.limit().rule);
    cost.DropGrant();
  }
  return count || cost;
}

bool LimitStore::Grant(std::string_view gateway, std::string_view route, std::string_view element,
                       std::string_view key, uint64_t amount, int64_t unix_nanoseconds) {
  const LimitKey limit_key({gateway, route, element}, key, seed_);
  Shard& shard = ShardOf(limit_key);
  const std::lock_guard lock(shard.mutex);
  const auto grant = [&](const auto& found) {
    if (!found) return false;
    const WindowRule& rule = found.limit().rule;
    const int64_t until_ns =
        rule.technique == WindowTechnique::kSliding
            ? unix_nanoseconds + rule.window_ns
            : (FloorDivide(unix_nanoseconds, rule.window_ns) + 1) * rule.window_ns;
    found.AddGrant(amount, until_ns, unix_nanoseconds);
    return true;
  };
  const bool is_count = grant(shard.counts.Find(limit_key));
  const bool is_cost = grant(shard.costs.Find(limit_key));
  return is_count || is_cost;
}

size_t LimitStore::size() const {
  size_t total = 0;
  for (Shard& shard : *shards_) {
    const std::lock_guard lock(shard.mutex);
    total += shard.counts.size() + shard.costs.size();
  }
  return total;
}

}  // namespace junctor::engine
