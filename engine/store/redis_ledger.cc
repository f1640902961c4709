#include "engine/store/redis_ledger.h"

#include <algorithm>

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
      ++lost_;
      return;
    }
    by_account_.emplace(std::move(name), entries_.size());
    entry = &entries_.emplace_back();
    entry->account = account;
  }
  entry->amount = SaturatingAdd(entry->amount, amount);
  entry->time_ns = std::max(entry->time_ns, time_ns);
  if (!hold.before.empty()) entry->holds.push_back(std::move(hold));
}

std::vector<LedgerEntry> Ledger::Take(size_t max) {
  const std::lock_guard lock(mutex_);
  std::vector<LedgerEntry> taken;
  while (first_ < entries_.size() && taken.size() < max) {
    LedgerEntry& entry = entries_[first_++];
    by_account_.erase(NameOf(*entry.account, entry.time_ns));
    taken.push_back(std::move(entry));
  }
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

bool Ledger::empty() const {
  const std::lock_guard lock(mutex_);
  return first_ == entries_.size();
}

uint64_t Ledger::lost() const {
  const std::lock_guard lock(mutex_);
  return lost_;
}

}  // namespace junctor::engine
