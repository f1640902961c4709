#include "tests/simulation/checked_store.h"

#include <algorithm>
#include <utility>

namespace junctor::simulation {
namespace {

// More windows than a run has.
constexpr size_t kAllRows = 1 << 20;

uint64_t Left(uint64_t limit, uint64_t used) { return limit - std::min(limit, used); }

}  // namespace

// A ticket with the hold that the list has for it.
class CheckedStore::Ticket final : public SimTicket {
 public:
  Window* its_window = nullptr;
  uint64_t hold = 0;  // 0: none
  engine::LimitTicket inner;
};

CheckedStore::CheckedStore(Context* context, const Options& options)
    : context_(context), options_(options) {
  Restart();
}

CheckedStore::~CheckedStore() = default;

std::string CheckedStore::NameOf(LimitType type, const engine::LimitName& name,
                                 std::string_view key) {
  std::string text;
  text.reserve(name.gateway.size() + name.route.size() + name.element.size() + key.size() + 8);
  text += type == LimitType::kCount ? "count " : "cost ";
  text += name.gateway;
  text += '/';
  text += name.route;
  text += '/';
  text += name.element;
  text += '/';
  text += key;
  return text;
}

CheckedStore::Window& CheckedStore::Find(LimitType type, const engine::LimitName& name,
                                         std::string_view key) {
  const std::string text = NameOf(type, name, key);
  std::unique_ptr<Window>& window = windows_[text];
  if (window == nullptr) {
    window = std::make_unique<Window>();
    window->id = context_->WindowId(text);
    window->gateway = std::string(name.gateway);
    window->route = std::string(name.route);
    window->element = std::string(name.element);
    window->key = std::string(key);
    window->model = WindowModel(type);
    window->group = &groups_[NameOf(type, name, "")];
    window->group->windows.push_back(window.get());
    if (window->group->has_rule) window->model.SetRule(window->group->rule, now());
    in_order_.push_back(window.get());
    routes_.emplace(window->gateway, window->route);
  }
  return *window;
}

void CheckedStore::SetRule(Window* window, const LimitSpec& spec) {
  const ModelRule rule = {spec.technique, spec.limit, Time{spec.window_seconds} * kSecond};
  Group& group = *window->group;
  if (group.has_rule && !group.rule.SameShape(rule)) {
    group.has_changed = true;
    for (Window* other : group.windows) {
      if (other != window) other->model.MarkUncertain(rule, now());
    }
  }
  window->model.SetRule(rule, now());
  group.rule = rule;
  group.has_rule = true;
}

void CheckedStore::Fail(const Window& window, const std::string& what) const {
  const ModelRule& rule = window.model.rule();
  context_->Fail(what + " (store " + std::to_string(options_.number) + ", window " +
                 std::to_string(window.id) + " `" + context_->WindowName(window.id) + "`, " +
                 (rule.technique == WindowTechnique::kFixed ? "fixed" : "sliding") + ", limit " +
                 std::to_string(window.model.LimitAt(now())) + " in " +
                 std::to_string(rule.window / kSecond) + " s; counted by the list " +
                 std::to_string(window.model.Counted(now())) + " to " +
                 std::to_string(window.model.CountedAtMost(now())) + ", held " +
                 std::to_string(window.model.Held(now())) + ")");
}

bool CheckedStore::Ask(const engine::LimitAsk& ask, int64_t unix_nanoseconds,
                       engine::LimitVerdict* verdict) {
  Window& window = Find(ask.spec->type, ask.name, ask.key);
  SetRule(&window, *ask.spec);
  backend_->Ask(ask, unix_nanoseconds, verdict);
  ++context_->asks;
  context_->trace.Note(What::kAsk, options_.number, window.id, verdict->answer.admitted ? 1 : 0,
                       ask.spec->reserve ? ask.estimate : 0);
  if (ask.spec->type == LimitType::kCount) {
    CheckCount(&window, *verdict);
  } else {
    CheckCost(&window, ask, *verdict);
  }
  if (!verdict->answer.admitted) {
    CheckWait(window, *verdict);
    return true;
  }
  if (ask.spec->type == LimitType::kCount) return true;
  auto ticket = std::make_unique<Ticket>();
  ticket->window = window.id;
  ticket->its_window = &window;
  if (ask.spec->reserve) {
    ticket->hold = window.model.AddHold(ask.estimate, now() + ask.lease_ns);
  }
  ticket->inner = std::move(verdict->ticket);
  verdict->ticket = engine::LimitTicket();
  verdict->ticket.SetRemote(std::move(ticket));
  return true;
}

void CheckedStore::CheckCount(Window* window, const engine::LimitVerdict& verdict) {
  WindowModel& model = window->model;
  const uint64_t limit = model.LimitAt(now());
  const uint64_t least = model.Counted(now());
  const uint64_t most = model.CountedAtMost(now());
  if (!verdict.answer.admitted) {
    if (most < limit && !MayBeFull(model)) Fail(*window, "a limit refuses a request that has room");
    return;
  }
  if (least >= limit) Fail(*window, "a window goes over its limit");
  model.Add(1, 0, now());
  if (verdict.limit != limit || verdict.left > Left(limit, least + 1) ||
      verdict.left < Left(limit, most + 1)) {
    Fail(*window, "a caller is told of a limit of " + std::to_string(verdict.limit) + " with " +
                      std::to_string(verdict.left) + " left");
  }
}

void CheckedStore::CheckCost(Window* window, const engine::LimitAsk& ask,
                             const engine::LimitVerdict& verdict) {
  const WindowModel& model = window->model;
  const uint64_t limit = model.LimitAt(now());
  const uint64_t held = model.Held(now());
  const bool is_too_large = ask.spec->reserve && ask.estimate > limit;
  if (verdict.too_large != is_too_large && !(is_too_large && MayBeFull(model))) {
    Fail(*window, verdict.too_large ? "an estimate is wrongly found too large"
                                    : "an estimate is not found too large");
  }
  if (is_too_large) return;
  const uint64_t room = ask.spec->reserve ? std::min(limit - 1, limit - ask.estimate) : limit - 1;
  if (verdict.answer.admitted) {
    if (model.Counted(now()) + held > room) Fail(*window, "a budget admits more than it has");
  } else if (model.CountedAtMost(now()) + held <= room && !MayBeFull(model)) {
    Fail(*window, "a budget refuses a request that has room");
  }
}

bool CheckedStore::MayBeFull(const WindowModel& model) const {
  return options_.max_windows > 0 && model.Counted(now()) == 0 && model.Held(now()) == 0;
}

// A caller is never told to wait for much longer than the window is long.
void CheckedStore::CheckWait(const Window& window, const engine::LimitVerdict& verdict) {
  const Time longest = window.model.longest_window();
  const Time most = std::max(longest + longest / 32, engine::kHoldLeaseNs / 600) + 2 * kMillisecond;
  const Time wait = static_cast<Time>(verdict.answer.retry_after_ms) * kMillisecond;
  if (wait <= 0 || wait > most) {
    Fail(window,
         "a caller is told to wait for " + std::to_string(verdict.answer.retry_after_ms) + " ms");
  }
}

void CheckedStore::Begin(std::shared_ptr<engine::LimitBatch> batch) {
  for (size_t i = 0; i < batch->size(); ++i) {
    Ask(batch->ask(i), batch->unix_nanoseconds, &batch->verdicts.emplace_back());
    if (!batch->verdicts.back().answer.admitted) break;
  }
  batch->done();
}

void CheckedStore::Charge(const engine::LimitTicket& ticket, uint64_t nano_dollars,
                          int64_t unix_nanoseconds) {
  const auto* own = static_cast<const Ticket*>(ticket.remote());
  if (own == nullptr) return;
  backend_->Charge(own->inner, nano_dollars, unix_nanoseconds);
  context_->trace.Note(What::kCharge, options_.number, own->window, nano_dollars);
  WindowModel& model = own->its_window->model;
  const uint64_t uncovered =
      own->hold == 0 ? nano_dollars : model.DrawHold(own->hold, nano_dollars, now());
  if (own->hold != 0 && uncovered > 0) {
    ++context_->beyond_holds;
    if (context_->must_be_held) {
      Fail(*own->its_window, "a charge is " + std::to_string(uncovered) + " above what was held");
    }
  }
  model.Add(nano_dollars, uncovered, now());
  if (options_.keeps_account) context_->accounts[own->window].applied.Add(nano_dollars);
  // What was held when it was spent never takes a window over its limit.
  if (model.Counted(now()) + model.Held(now()) > model.MostCovered() + model.Uncovered(now())) {
    Fail(*own->its_window, "a budget that reserves is overspent");
  }
}

void CheckedStore::Settle(engine::LimitTicket* ticket, int64_t unix_nanoseconds) {
  auto* own = static_cast<Ticket*>(ticket->remote());
  if (own == nullptr) return;
  backend_->Settle(&own->inner, unix_nanoseconds);
  context_->trace.Note(What::kSettle, options_.number, own->window);
  if (own->hold != 0) own->its_window->model.EndHold(std::exchange(own->hold, 0));
}

absl::StatusOr<engine::LimitSnapshot> CheckedStore::Look(std::string_view gateway,
                                                         std::string_view route, size_t max_rows,
                                                         int64_t unix_nanoseconds) {
  return backend_->Look(gateway, route, max_rows, unix_nanoseconds);
}

absl::StatusOr<bool> CheckedStore::ResetKey(const engine::LimitName& name, std::string_view key) {
  absl::StatusOr<bool> found = backend_->ResetKey(name, key);
  for (const LimitType type : {LimitType::kCount, LimitType::kCost}) {
    const auto window = windows_.find(NameOf(type, name, key));
    if (window != windows_.end()) window->second->model.Reset(now());
  }
  return found;
}

absl::StatusOr<bool> CheckedStore::GrantKey(const engine::LimitName& name, std::string_view key,
                                            uint64_t amount, int64_t unix_nanoseconds) {
  absl::StatusOr<bool> found = backend_->GrantKey(name, key, amount, unix_nanoseconds);
  for (const LimitType type : {LimitType::kCount, LimitType::kCost}) {
    const auto window = windows_.find(NameOf(type, name, key));
    if (window != windows_.end()) window->second->model.Grant(amount, now());
  }
  return found;
}

std::vector<CheckedStore::Window*> CheckedStore::Counting() {
  // Not where an element has changed between counts and costs: the store may have dropped one of
  // the two windows, and a name means both.
  std::vector<Window*> counting;
  for (Window* window : in_order_) {
    const LimitType other =
        window->model.type() == LimitType::kCount ? LimitType::kCost : LimitType::kCount;
    const bool has_both = windows_.contains(
        NameOf(other, {window->gateway, window->route, window->element}, window->key));
    if (!has_both && window->model.Counted(now()) > 0) counting.push_back(window);
  }
  return counting;
}

void CheckedStore::ResetSome(uint64_t choice) {
  const std::vector<Window*> counting = Counting();
  if (counting.empty()) return;
  const Window& window = *counting[choice % counting.size()];
  context_->trace.Note(What::kReset, options_.number, window.id);
  const absl::StatusOr<bool> found =
      ResetKey({window.gateway, window.route, window.element}, window.key);
  if (!found.ok() || !*found) Fail(window, "a window that counts can't be reset");
}

void CheckedStore::GrantSome(uint64_t choice, uint64_t amount) {
  const std::vector<Window*> counting = Counting();
  if (counting.empty()) return;
  const Window& window = *counting[choice % counting.size()];
  context_->trace.Note(What::kGrant, options_.number, window.id, amount);
  const absl::StatusOr<bool> found =
      GrantKey({window.gateway, window.route, window.element}, window.key, amount, now());
  if (!found.ok() || !*found) Fail(window, "a window that counts can't be granted more");
}

void CheckedStore::Audit() {
  std::set<const Window*> seen;
  for (const auto& [gateway, route] : routes_) {
    const absl::StatusOr<engine::LimitSnapshot> snapshot =
        backend_->Look(gateway, route, kAllRows, now());
    for (const engine::LimitRow& row : snapshot->rows) {
      Window& window = Find(row.type, {gateway, route, row.element}, row.key);
      seen.insert(&window);
      CheckRow(row, &window);
    }
  }
  for (const Window* window : in_order_) {
    if (seen.contains(window)) continue;
    ++context_->checks;
    if (window->model.Counted(now()) > 0 || window->model.Held(now()) > 0) {
      Fail(*window, "a store has forgotten a window");
    }
  }
}

void CheckedStore::CheckRow(const engine::LimitRow& row, Window* window) {
  const WindowModel& model = window->model;
  ++context_->checks;
  if (row.spent < model.Counted(now()) || row.spent > model.CountedAtMost(now())) {
    Fail(*window, "a store has counted " + std::to_string(row.spent));
  }
  if (row.held != model.Held(now())) {
    Fail(*window, "a store holds " + std::to_string(row.held));
  }
}

void CheckedStore::BeginCommit() {
  if (is_down()) return;
  std::vector<engine::LimitRecord> records;
  store_->TakeChanges(kAllRows, &records);
  for (engine::LimitRecord& record : records) {
    Window& window = Find(record.type, {record.gateway, record.route, record.element}, record.key);
    std::string name =
        NameOf(record.type, {record.gateway, record.route, record.element}, record.key);
    committing_.push_back({std::move(name), {std::move(record), window.model}});
  }
}

void CheckedStore::EndCommit() {
  if (committing_.empty()) return;
  context_->trace.Note(What::kCommit, options_.number, committing_.size());
  for (auto& [name, saved] : committing_) disk_[std::move(name)] = std::move(saved);
  committing_.clear();
}

void CheckedStore::Crash() {
  committing_.clear();
  crashed_at_ = now();
}

size_t CheckedStore::Restart() {
  committing_.clear();
  store_ = std::make_unique<engine::LimitStore>(
      options_.max_windows == 0 ? engine::kMaxLimitWindows : options_.max_windows,
      options_.hash_seed);
  backend_ = std::make_unique<BrokenBackend>(context_->broken, store_.get());
  const Time safe = crashed_at_.value_or(now()) - options_.durability.bound();
  crashed_at_.reset();
  size_t restored = 0;
  for (Window* window : in_order_) {
    const WindowModel before = std::exchange(window->model, WindowModel(window->model.type()));
    if (window->group->has_rule) window->model.SetRule(window->group->rule, now());
    const auto saved = disk_.find(context_->window_names[window->id]);
    const bool is_kept =
        options_.durability.interval > 0 &&
        (before.type() == LimitType::kCost || before.shortest_window() >= engine::kMinKeptWindowNs);
    if (is_kept && !before.ChangedShape(now())) {
      const uint64_t must = before.CountedUntil(safe, now());
      const uint64_t has = saved == disk_.end() ? 0 : saved->second.model.CountedUntil(safe, now());
      if (has < must) {
        Fail(*window, "a restart loses " + std::to_string(must - has) + " of what is older than " +
                          std::to_string(options_.durability.bound() / kMillisecond) + " ms");
      }
    }
    if (saved == disk_.end()) continue;
    window->model = saved->second.model;
    window->model.ForgetHolds();
    if (store_->Restore(saved->second.record, now())) ++restored;
    // By which of its rules the store goes on that its disk tells it.
    if (window->group->has_changed) window->model.MarkUnknown(now());
  }
  store_->Remember();
  Audit();
  return restored;
}

}  // namespace junctor::simulation
