#include "engine/store/redis_ledger.h"

#include <algorithm>
#include <string_view>
#include <unordered_set>

#include "runtime/limits/slice_ring.h"
#include "runtime/limits/window.h"

namespace junctor::engine {
namespace {

// Bookings with the same name may be one: they count in the same slice, or fixed window.
std::string NameOf(const LedgerAccount& account, int64_t time_ns) {
  const WindowRule rule = RuleOf(account.spec);
  const int64_t part = rule.technique == WindowTechnique::kFixed
                           ? FloorDivide(time_ns, rule.window_ns)
                           : SliceOf(time_ns, rule.window_ns);
  return account.keys.main + " " + std::to_string(part);
}

}  // namespace

void LedgerLoss::Add(const LedgerAccount& account, uint64_t amount) {
  ++bookings;
  uint64_t& sum = account.spec.type == LimitType::kCount ? requests : nano_dollars;
  sum = SaturatingAdd(sum, amount);
}

void Ledger::Book(const std::shared_ptr<const LedgerAccount>& account, uint64_t amount,
                  int64_t time_ns, HoldChange hold) {
  std::string name = NameOf(*account, time_ns);
  const std::lock_guard lock(mutex_);
  const auto found = by_account_.find(name);
  LedgerEntry* entry = nullptr;
  if (found != by_account_.end()) {
    entry = &entries_[found->second];
  } else {
    if (entries_.size() - first_ >= kMaxEntries) {
      lost_.Add(*account, amount);
      return;
    }
    by_account_.emplace(std::move(name), entries_.size());
    entry = &entries_.emplace_back();
    entry->account = account;
    booked_.fetch_add(1, std::memory_order_release);
  }
  entry->amount = SaturatingAdd(entry->amount, amount);
  entry->time_ns = std::max(entry->time_ns, time_ns);
  if (!hold.before.empty()) entry->holds.push_back(std::move(hold));
}

std::vector<LedgerEntry> Ledger::Take(size_t max) {
  const std::lock_guard lock(mutex_);
  std::vector<LedgerEntry> taken;
  std::unordered_set<std::string_view> windows;
  while (first_ < entries_.size() && taken.size() < max) {
    LedgerEntry& entry = entries_[first_];
    if (!windows.insert(entry.account->keys.main).second) break;
    ++first_;
    by_account_.erase(NameOf(*entry.account, entry.time_ns));
    taken.push_back(std::move(entry));
  }
  taken_.fetch_add(taken.size(), std::memory_order_release);
  if (first_ == entries_.size()) {
    entries_.clear();
    by_account_.clear();
    first_ = 0;
  } else if (first_ > kMaxEntries) {
    entries_.erase(entries_.begin(), entries_.begin() + static_cast<std::ptrdiff_t>(first_));
    for (auto& [name, place] : by_account_) place -= first_;
    first_ = 0;
  }
  return taken;
}

void Ledger::Lose(const LedgerEntry& entry) {
  const std::lock_guard lock(mutex_);
  lost_.Add(*entry.account, entry.amount);
}

LedgerLoss Ledger::lost() const {
  const std::lock_guard lock(mutex_);
  return lost_;
}

}  // namespace junctor::engine
