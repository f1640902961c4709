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
  CostWindow(WindowTechnique technique, LimitStore::Shard* its_shard)
      : shard(its_shard), state(technique) {}

  LimitStore::Shard* const shard;
  uint32_t number = 0;    // in the shard's table; valid while a ticket holds this
  CostWindowState state;  // this and the rest guarded by the lock of the table's entry
  WindowRule rule;        // as the latest request had it
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
    return rule.limit == found.limit().rule.Get().limit && EmptyAt(found.window(), rule) <= now_ns;
  }
  // Not while a ticket may still charge it.
  static bool IsIdle(const Costs::Found& found, int64_t now_ns) {
    const WindowRule rule = found.RuleAt(now_ns);
    return rule.limit == found.limit().rule.Get().limit && found.window().use_count() == 1 &&
           found.window()->state.EmptyAt(rule) <= now_ns;
  }

  // Whether `table` has room for one more key. Called with the mutex.
  template <typename Window>
  bool MakeRoom(size_t max_windows, uint64_t seed, int64_t now_ns, LimitTable<Window>* table) {
    const auto is_idle = [now_ns](const auto& found) { return IsIdle(found, now_ns); };
    table->SweepNext(kSweptPerInsert, seed, is_idle);
    if (table->size() >= max_windows && now_ns >= next_sweep_ns) {
      next_sweep_ns = now_ns + kSweepIntervalNs;
      table->Sweep(seed, is_idle);
    }
    return table->size() < max_windows;
  }

  // A new window of costs. Called with the mutex.
  Costs::Found InsertCost(const LimitKey& key, uint64_t seed, WindowTechnique technique) {
    Costs::Found found = costs.Insert(key, seed, std::make_shared<CostWindow>(technique, this));
    found.window()->number = found.number();
    return found;
  }

  // Requests with a key that has a window do without.
  std::mutex mutex;
  Counts counts;
  Costs costs;
  int64_t next_sweep_ns = 0;  // guarded by mutex
};

LimitStore::LimitStore(size_t max_windows, std::optional<uint64_t> hash_seed)
    : shards_(std::make_unique<std::array<Shard, kShards>>()),
      max_per_shard_(std::min((max_windows + kShards - 1) / kShards, Shard::Counts::kMaxWindows)),
      seed_(hash_seed.has_value() ? *hash_seed : RandomSeed()) {}

LimitStore::~LimitStore() = default;

// The upper half: tables use the lower one.
LimitStore::Shard& LimitStore::ShardOf(const LimitKey& key) const {
  return (*shards_)[(key.hash >> 32) % kShards];
}

bool LimitStore::Ask(const LimitAsk& ask, int64_t unix_nanoseconds, LimitVerdict* verdict) {
  *verdict = LimitVerdict();
  if (ask.spec->type == LimitType::kCost) {
    PassCostLimit(ask, unix_nanoseconds, verdict);
  } else {
    TakeCount(ask, unix_nanoseconds, /*wants_left=*/true, verdict);
  }
  return true;
}

bool LimitStore::WouldAdmit(const LimitAsk& ask, int64_t unix_nanoseconds) {
  const LimitKey limit_key(ask.name, ask.key, seed_);
  Shard& shard = ShardOf(limit_key);
  const std::lock_guard lock(shard.mutex);
  // Counted by the rule that serves: one of another window might forget what still counts for it.
  const auto left = [&ask](const WindowRule& serving, uint64_t limit_that_serves, uint64_t used) {
    const uint64_t granted = serving.limit - limit_that_serves;
    const uint64_t limit = SaturatingAdd(ask.spec->limit, granted);
    return limit - std::min(limit, used);
  };
  if (ask.spec->type == LimitType::kCount) {
    const auto found = shard.counts.Find(limit_key);
    if (!found) return true;
    const WindowRule rule = found.RuleAt(unix_nanoseconds);
    return left(rule, found.limit().rule.Get().limit,
                found.window().Counted(rule, unix_nanoseconds)) > 0;
  }
  const auto found = shard.costs.Find(limit_key);
  if (!found) return !ask.spec->reserve || ask.estimate <= ask.spec->limit;
  const WindowRule rule = found.RuleAt(unix_nanoseconds);
  const CostWindowState::Usage usage = found.window()->state.UsageAt(rule, unix_nanoseconds);
  const uint64_t rest =
      left(rule, found.limit().rule.Get().limit, SaturatingAdd(usage.spent, usage.held));
  return rest > 0 && (!ask.spec->reserve || ask.estimate <= rest);
}

void LimitStore::Begin(std::shared_ptr<LimitBatch> batch) {
  for (size_t i = 0; i < batch->size(); ++i) {
    Ask(batch->ask(i), batch->unix_nanoseconds, &batch->verdicts.emplace_back());
    if (!batch->verdicts.back().answer.admitted) break;
  }
  batch->done();
}

LimitAnswer LimitStore::Take(std::string_view gateway, std::string_view route,
                             std::string_view element, std::string_view key, const LimitSpec& spec,
                             int64_t unix_nanoseconds) {
  LimitVerdict verdict;
  TakeCount({{gateway, route, element}, key, &spec}, unix_nanoseconds, /*wants_left=*/false,
            &verdict);
  return verdict.answer;
}

CostPass LimitStore::PassCost(std::string_view gateway, std::string_view route,
                              std::string_view element, std::string_view key, const LimitSpec& spec,
                              uint64_t estimate_nano_dollars, int64_t unix_nanoseconds,
                              int64_t lease_ns) {
  LimitVerdict verdict;
  PassCostLimit({{gateway, route, element}, key, &spec, estimate_nano_dollars, lease_ns},
                unix_nanoseconds, &verdict);
  return {verdict.answer, std::move(verdict.ticket), verdict.too_large};
}

void LimitStore::TakeCount(const LimitAsk& ask, int64_t unix_nanoseconds, bool wants_left,
                           LimitVerdict* verdict) {
  const LimitKey limit_key(ask.name, ask.key, seed_);
  const WindowRule rule = RuleOf(*ask.spec);
  Shard& shard = ShardOf(limit_key);
  const auto take = [&](const Shard::Counts::Found& found, const WindowRule& granted) {
    WindowState& window = found.window();
    const WindowDecision decision = window.Admit(granted, unix_nanoseconds);
    verdict->answer = {decision.admitted, decision.retry_after_ms()};
    if (decision.admitted && rule.window_ns >= kMinKeptWindowNs) found.NoteChange();
    if (!wants_left) return;
    const WindowUse use = window.UseAt(granted, unix_nanoseconds);
    verdict->limit = granted.limit;
    verdict->left = granted.limit - std::min(granted.limit, use.counted);
    const WindowDecision until = {false, std::max<int64_t>(use.empty_at_ns - unix_nanoseconds, 0)};
    verdict->reset_ms = until.retry_after_ms();
  };
  if (const auto found = shard.counts.Find(limit_key); found && found.IsPlain(rule)) {
    take(found, rule);
    return;
  }
  const std::lock_guard lock(shard.mutex);
  auto found = shard.counts.Find(limit_key);
  if (!found) {
    if (!shard.MakeRoom(max_per_shard_, seed_, unix_nanoseconds, &shard.counts)) {
      refused_for_room_.fetch_add(1, std::memory_order_relaxed);
      verdict->answer = {false, kFullRetryAfterMs};
      verdict->limit = rule.limit;
      verdict->reset_ms = kFullRetryAfterMs;
      return;
    }
    found = shard.counts.Insert(limit_key, seed_, WindowState(rule.technique));
  }
  found.limit().rule.Set(rule);
  take(found, found.RuleAt(unix_nanoseconds));
}

void LimitStore::PassCostLimit(const LimitAsk& ask, int64_t unix_nanoseconds,
                               LimitVerdict* verdict) {
  const LimitKey limit_key(ask.name, ask.key, seed_);
  const WindowRule rule = RuleOf(*ask.spec);
  Shard& shard = ShardOf(limit_key);
  const auto pass = [&](const Shard::Costs::Found& found, const WindowRule& granted) {
    LimitTicket::CostWindow& window = *found.window();
    window.rule = rule;
    const CostDecision decision =
        ask.spec->reserve ? window.state.Reserve(granted, ask.estimate,
                                                 unix_nanoseconds + ask.lease_ns, unix_nanoseconds)
                          : window.state.Admit(granted, unix_nanoseconds);
    if (decision.admitted()) {
      verdict->ticket.window_ = found.window();
      verdict->ticket.hold_ = decision.hold;
      return;
    }
    verdict->too_large = decision.verdict == CostDecision::Verdict::kTooLarge;
    const WindowDecision wait = {false,
                                 verdict->too_large ? rule.window_ns : decision.retry_after_ns};
    verdict->answer = {false, wait.retry_after_ms()};
  };
  if (const auto found = shard.costs.Find(limit_key); found && found.IsPlain(rule)) {
    pass(found, rule);
    return;
  }
  const std::lock_guard lock(shard.mutex);
  auto found = shard.costs.Find(limit_key);
  if (!found) {
    if (!shard.MakeRoom(max_per_shard_, seed_, unix_nanoseconds, &shard.costs)) {
      refused_for_room_.fetch_add(1, std::memory_order_relaxed);
      verdict->answer = {false, kFullRetryAfterMs};
      return;
    }
    found = shard.InsertCost(limit_key, seed_, rule.technique);
  }
  found.limit().rule.Set(rule);
  pass(found, found.RuleAt(unix_nanoseconds));
}

void LimitStore::Charge(const LimitTicket& ticket, uint64_t nano_dollars,
                        int64_t unix_nanoseconds) {
  if (ticket.window_ == nullptr) return;
  LimitTicket::CostWindow& window = *ticket.window_;
  const Shard::Costs::Found found = window.shard->costs.Lock(window.number);
  window.state.ChargeHeld(window.rule, ticket.hold_, nano_dollars, unix_nanoseconds);
  found.NoteChange();
}

void LimitStore::Settle(LimitTicket* ticket, int64_t unix_nanoseconds) {
  if (ticket->window_ == nullptr || ticket->hold_ == 0) return;
  LimitTicket::CostWindow& window = *ticket->window_;
  const Shard::Costs::Found found = window.shard->costs.Lock(window.number);
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
    const uint64_t granted = rule.limit - found.limit().rule.Get().limit;
    if (usage.spent == 0 && usage.held == 0 && granted == 0) return;
    if (snapshot.rows.size() >= max_rows) {
      snapshot.truncated = true;
      return;
    }
    LimitRow row;
    row.type = type;
    row.element = std::string(name.element);
    row.key = found.value();
    row.limit = rule.limit;
    row.granted = granted;
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
    count.window() = WindowState(count.limit().rule.Get().technique);
    count.DropGrant();
    count.NoteChange();
  }
  const auto cost = shard.costs.Find(limit_key);
  if (cost) {
    cost.window()->state.ClearSpent(cost.limit().rule.Get());
    cost.DropGrant();
    cost.NoteChange();
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
    const WindowRule rule = found.limit().rule.Get();
    const int64_t until_ns =
        rule.technique == WindowTechnique::kSliding
            ? unix_nanoseconds + rule.window_ns
            : (FloorDivide(unix_nanoseconds, rule.window_ns) + 1) * rule.window_ns;
    found.AddGrant(amount, until_ns, unix_nanoseconds);
    found.NoteChange();
    return true;
  };
  const bool is_count = grant(shard.counts.Find(limit_key));
  const bool is_cost = grant(shard.costs.Find(limit_key));
  return is_count || is_cost;
}

absl::StatusOr<LimitSnapshot> LimitStore::Look(std::string_view gateway, std::string_view route,
                                               size_t max_rows, int64_t unix_nanoseconds) {
  return Snapshot(gateway, route, max_rows, unix_nanoseconds);
}

absl::StatusOr<bool> LimitStore::ResetKey(const LimitName& name, std::string_view key) {
  return Reset(name.gateway, name.route, name.element, key);
}

absl::StatusOr<bool> LimitStore::GrantKey(const LimitName& name, std::string_view key,
                                          uint64_t amount, int64_t unix_nanoseconds) {
  return Grant(name.gateway, name.route, name.element, key, amount, unix_nanoseconds);
}

void LimitStore::Clear() {
  for (Shard& shard : *shards_) {
    const std::lock_guard lock(shard.mutex);
    shard.counts.Sweep(seed_, [](const Shard::Counts::Found&) { return true; });
    shard.costs.Sweep(
        seed_, [](const Shard::Costs::Found& found) { return found.window().use_count() == 1; });
  }
}

void LimitStore::Remember() {
  for (Shard& shard : *shards_) {
    const std::lock_guard lock(shard.mutex);
    shard.counts.Remember();
    shard.costs.Remember();
  }
}

size_t LimitStore::TakeChanges(size_t max, std::vector<LimitRecord>* records) {
  const size_t most = records->size() + max;
  const auto add = [records](LimitType type, const auto& found, const auto& state) {
    LimitRecord& record = records->emplace_back();
    const LimitName name = found.name();
    record.type = type;
    record.gateway = std::string(name.gateway);
    record.route = std::string(name.route);
    record.element = std::string(name.element);
    record.key = found.value();
    record.rule = found.limit().rule.Get();
    state.Encode(&record.state);
    record.empty_at_ns = state.EmptyAt(record.rule);
    if (const auto* grant = found.grant()) {
      record.granted = grant->amount;
      record.granted_until_ns = grant->until_ns;
      record.empty_at_ns = std::max(record.empty_at_ns, grant->until_ns);
    }
  };
  size_t left = 0;
  for (size_t i = 0; i < kShards; ++i) {
    Shard& shard = (*shards_)[next_shard_];
    while (true) {
      const size_t room = std::min(most - records->size(), kChangesPerLock);
      const std::lock_guard lock(shard.mutex);
      size_t taken = shard.counts.TakeChanged(room, [&](const Shard::Counts::Found& found) {
        add(LimitType::kCount, found, found.window());
      });
      taken += shard.costs.TakeChanged(room - taken, [&](const Shard::Costs::Found& found) {
        add(LimitType::kCost, found, found.window()->state);
      });
      if (taken < room || room == 0) {
        left += shard.counts.changed() + shard.costs.changed();
        break;
      }
    }
    next_shard_ = (next_shard_ + 1) % kShards;
  }
  return left;
}

bool LimitStore::Restore(const LimitRecord& record, int64_t unix_nanoseconds) {
  const LimitKey limit_key({record.gateway, record.route, record.element}, record.key, seed_);
  Shard& shard = ShardOf(limit_key);
  const std::lock_guard lock(shard.mutex);
  const auto put = [&](const auto& found) {
    found.limit().rule.Set(record.rule);
    if (record.granted > 0 && record.granted_until_ns > unix_nanoseconds) {
      found.AddGrant(record.granted, record.granted_until_ns, unix_nanoseconds);
    }
  };
  const bool has_grant = record.granted > 0 && record.granted_until_ns > unix_nanoseconds;
  const auto counts = [&](const auto& state) {
    return has_grant || state.EmptyAt(record.rule) > unix_nanoseconds;
  };
  if (record.type == LimitType::kCount) {
    WindowState state;
    if (!state.Decode(record.rule, record.state) || !counts(state)) return false;
    if (shard.counts.Find(limit_key) ||
        !shard.MakeRoom(max_per_shard_, seed_, unix_nanoseconds, &shard.counts)) {
      return false;
    }
    put(shard.counts.Insert(limit_key, seed_, std::move(state)));
    return true;
  }
  CostWindowState state;
  if (!state.Decode(record.rule, record.state) || !counts(state)) return false;
  if (shard.costs.Find(limit_key) ||
      !shard.MakeRoom(max_per_shard_, seed_, unix_nanoseconds, &shard.costs)) {
    return false;
  }
  const Shard::Costs::Found found = shard.InsertCost(limit_key, seed_, record.rule.technique);
  found.window()->state = std::move(state);
  found.window()->rule = record.rule;
  put(found);
  return true;
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
