// The windows of one shard of the limit store: found by their whole name, kept close together.
#pragma once

#include <algorithm>
#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "engine/limits/limit_key.h"
#include "engine/limits/packed_key.h"
#include "engine/limits/shared_rule.h"
#include "engine/limits/slot_index.h"
#include "engine/limits/spin_lock.h"
#include "runtime/limits/window_rule.h"

namespace junctor::engine {

// A table of `Window`s: default-constructible and movable.
//
// Entries stand in chunks that never move, and an index holds their numbers. What the windows of a
// limit have in common, its names and its rule, is kept once. Whole names are compared, so a hash
// that two keys share costs time and is never wrong.
//
// Threads: each entry has a lock, which a Found holds, so that requests with different keys do not
// meet. All else belongs to who holds the table's mutex, which is taken before an entry's lock;
// functions that need no mutex say so.
template <typename Window>
class LimitTable {
 public:
  // What all windows of one limit share.
  struct Limit {
    SharedRule rule;     // as the latest request had it; set with the mutex
    LimitDigest digest;  // of its names
    size_t windows = 0;  // that are kept
  };

  struct Grant {
    uint64_t amount;
    int64_t until_ns;
  };

  // Most windows that a table has room for.
  static constexpr size_t kMaxWindows = 1'000'000;

  LimitTable() = default;
  LimitTable(const LimitTable&) = delete;
  LimitTable& operator=(const LimitTable&) = delete;

  // A window and what belongs to it, locked.
  class Found {
   public:
    Found(Found&& other) noexcept
        : table_(std::exchange(other.table_, nullptr)),
          entry_(other.entry_),
          number_(other.number_) {}
    Found& operator=(Found&& other) noexcept {
      if (this == &other) return *this;
      if (table_ != nullptr) entry_->lock.unlock();
      table_ = std::exchange(other.table_, nullptr);
      entry_ = other.entry_;
      number_ = other.number_;
      return *this;
    }
    ~Found() {
      if (table_ != nullptr) entry_->lock.unlock();
    }

    // These need no mutex.
    explicit operator bool() const { return table_ != nullptr; }
    Window& window() const { return entry_->window; }
    // Whether `rule` is the limit's own, and nobody was granted more: there is nothing to set, nor
    // to look up.
    bool IsPlain(const WindowRule& rule) const {
      return !entry_->has_grant && entry_->limit->second.rule.Is(rule);
    }
    // Notes that it changed, once, where the table remembers that.
    void NoteChange() const {
      if (!table_->remembers_.load(std::memory_order_relaxed) || entry_->is_changed) return;
      entry_->is_changed = true;
      const std::lock_guard lock(table_->changes_lock_);
      table_->changed_.push_back(number_);
    }
    // For Lock: finds this window again as long as it is kept.
    uint32_t number() const { return number_; }

    // These do.
    Limit& limit() const { return entry_->limit->second; }
    LimitName name() const { return NameOf(*entry_->limit); }
    std::string value() const { return UnpackKey(entry_->value.view()); }
    // The rule with what an operator granted until a later time than `now_ns`.
    WindowRule RuleAt(int64_t now_ns) const {
      WindowRule rule = limit().rule.Get();
      if (!entry_->has_grant) return rule;
      const Grant grant = table_->grants_.at(number_);
      if (grant.until_ns > now_ns) {
        rule.limit += std::min(grant.amount, UINT64_MAX - rule.limit);
      } else {
        DropGrant();
      }
      return rule;
    }
    // A grant adds to one that has not ended, and both last until the later end.
    void AddGrant(uint64_t amount, int64_t until_ns, int64_t now_ns) const {
      entry_->has_grant = true;
      Grant& grant = table_->grants_.try_emplace(number_, Grant{0, until_ns}).first->second;
      if (grant.until_ns <= now_ns) grant = {0, until_ns};
      grant.amount += std::min(amount, UINT64_MAX - grant.amount);
      grant.until_ns = std::max(grant.until_ns, until_ns);
    }
    void DropGrant() const {
      entry_->has_grant = false;
      table_->grants_.erase(number_);
    }
    // What was granted, whether it has ended or not; null: nothing.
    const Grant* grant() const {
      return entry_->has_grant ? &table_->grants_.at(number_) : nullptr;
    }

   private:
    friend class LimitTable;
    Found() = default;
    // Of an entry that is locked.
    Found(LimitTable* table, uint32_t number)
        : table_(table), entry_(&table->At(number)), number_(number) {}

    LimitTable* table_ = nullptr;
    typename LimitTable::Entry* entry_ = nullptr;
    uint32_t number_ = 0;
  };

  // Needs no mutex; but without it may miss a window that is there.
  Found Find(const LimitKey& key) {
    Found found;
    index_.Find(key.hash, [&](uint32_t number) {
      Entry& entry = At(number);
      entry.lock.lock();
      if (entry.limit != nullptr && SameText(entry.value.view(), key.packed()) &&
          key.IsOf(NameOf(*entry.limit), entry.limit->second.digest)) {
        found = Found(this, number);
        return true;
      }
      entry.lock.unlock();
      return false;
    });
    return found;
  }

  // The window of a number that is kept. Needs no mutex.
  Found Lock(uint32_t number) {
    At(number).lock.lock();
    return Found(this, number);
  }

  // `key` must not be there. `seed` is that of all keys.
  Found Insert(const LimitKey& key, uint64_t seed, Window window) {
    const uint32_t number = TakeNumber();
    Found found = Lock(number);
    Entry& entry = At(number);
    entry.window = std::move(window);
    const auto [limit, is_new] =
        limits_.try_emplace({std::string(key.name.gateway), std::string(key.name.route),
                             std::string(key.name.element)});
    // Others may read that of a limit which was there.
    if (is_new) limit->second.digest = key.digest;
    entry.limit = &*limit;
    ++entry.limit->second.windows;
    entry.value = KeyText(key.packed());
    index_.Insert(key.hash, number, [this, seed](uint32_t one) { return HashOf(At(one), seed); });
    return found;
  }

  // From now on changes are noted.
  void Remember() { remembers_.store(true, std::memory_order_relaxed); }
  // Calls visit(Found) for at most `max` windows that changed and are still kept, and forgets that
  // they did. Returns how many were visited.
  template <typename Visit>
  size_t TakeChanged(size_t max, Visit visit) {
    size_t visited = 0;
    uint32_t number = 0;
    while (visited < max && PopChanged(&number)) {
      const Found found = Lock(number);
      found.entry_->is_changed = false;
      if (found.entry_->limit == nullptr) continue;
      visit(found);
      ++visited;
    }
    return visited;
  }
  size_t changed() const {
    const std::lock_guard lock(changes_lock_);
    return changed_.size();
  }

  // Drops the windows of which `is_idle` is true. Called with a Found.
  template <typename Predicate>
  void Sweep(uint64_t seed, Predicate is_idle) {
    for (uint32_t number = 0; number < entries(); ++number) DropIf(number, seed, is_idle);
  }

  // The same for the next `count` entries, round and round.
  template <typename Predicate>
  void SweepNext(size_t count, uint64_t seed, Predicate is_idle) {
    for (; count > 0 && entries() > 0; --count) {
      hand_ = hand_ + 1 < entries() ? hand_ + 1 : 0;
      DropIf(hand_, seed, is_idle);
    }
  }

  // Calls visit(Found) for each window.
  template <typename Visit>
  void ForEach(Visit visit) {
    for (uint32_t number = 0; number < entries(); ++number) {
      const Found found = Lock(number);
      if (found.entry_->limit != nullptr) visit(found);
    }
  }

  size_t size() const { return index_.size(); }

 private:
  using Names = std::tuple<std::string, std::string, std::string>;  // as in LimitName
  using Limits = std::map<Names, Limit>;

  struct Entry {
    Window window;
    typename Limits::value_type* limit = nullptr;  // null: free
    KeyText value;
    SpinLock lock;
    bool has_grant = false;
    bool is_changed = false;  // stands in changed_
  };
  static constexpr uint32_t kChunk = 16;  // entries
  static constexpr uint32_t kChunksPerBlock = 256;
  static constexpr uint32_t kBlocks = 256;
  using Block = std::array<std::unique_ptr<Entry[]>, kChunksPerBlock>;

  // Entries that one thread makes stand together, so that threads which go on to use their own do
  // not write the same cache lines.
  static constexpr size_t kOpenChunks = 4;
  static_assert(kBlocks * kChunksPerBlock * kChunk <= SlotIndex::kMaxNumber + 3);
  static_assert(kBlocks * kChunksPerBlock * kChunk > kMaxWindows + kOpenChunks * kChunk);
  struct OpenChunk {
    uint32_t next = 0;  // entries from here to the end have never been taken
    uint32_t end = 0;
  };
  static size_t ThreadNumber() {
    static std::atomic<size_t> threads = 0;
    thread_local const size_t number = threads.fetch_add(1, std::memory_order_relaxed);
    return number;
  }

  static LimitName NameOf(const typename Limits::value_type& limit) {
    const auto& [gateway, route, element] = limit.first;
    return {gateway, route, element};
  }
  static uint64_t HashOf(const Entry& entry, uint64_t seed) {
    return LimitKey::HashOf(NameOf(*entry.limit), entry.limit->second.digest, entry.value.view(),
                            seed);
  }

  // Chunks and blocks were there before the index showed a number of theirs.
  Entry& At(uint32_t number) {
    Block& block = *blocks_[number / (kChunk * kChunksPerBlock)];
    return block[number / kChunk % kChunksPerBlock][number % kChunk];
  }
  uint32_t entries() const { return chunks_ * kChunk; }

  uint32_t TakeNumber() {
    if (!free_.empty()) {
      const uint32_t number = free_.back();
      free_.pop_back();
      return number;
    }
    OpenChunk& open = open_[ThreadNumber() % kOpenChunks];
    if (open.next == open.end) {
      std::unique_ptr<Block>& block = blocks_[chunks_ / kChunksPerBlock];
      if (block == nullptr) block = std::make_unique<Block>();
      (*block)[chunks_ % kChunksPerBlock] = std::make_unique<Entry[]>(kChunk);
      open.next = chunks_++ * kChunk;
      open.end = open.next + kChunk;
    }
    return open.next++;
  }

  bool PopChanged(uint32_t* number) {
    const std::lock_guard lock(changes_lock_);
    if (changed_.empty()) return false;
    *number = changed_.back();
    changed_.pop_back();
    return true;
  }

  template <typename Predicate>
  void DropIf(uint32_t number, uint64_t seed, Predicate& is_idle) {
    const Found found = Lock(number);
    Entry& entry = *found.entry_;
    if (entry.limit == nullptr || !is_idle(found)) return;
    index_.Erase(HashOf(entry, seed), number);
    if (entry.has_grant) found.DropGrant();
    if (--entry.limit->second.windows == 0) limits_.erase(limits_.find(entry.limit->first));
    entry.limit = nullptr;
    entry.window = Window();
    entry.value = KeyText();
    free_.push_back(number);
  }

  SlotIndex index_;
  std::array<std::unique_ptr<Block>, kBlocks> blocks_;
  uint32_t chunks_ = 0;
  std::array<OpenChunk, kOpenChunks> open_;
  std::vector<uint32_t> free_;  // entries that were taken and are free
  uint32_t hand_ = 0;           // where SweepNext stands
  Limits limits_;
  absl::flat_hash_map<uint32_t, Grant> grants_;  // by entry; few

  std::atomic<bool> remembers_ = false;
  mutable SpinLock changes_lock_;  // taken after an entry's
  std::vector<uint32_t> changed_;  // guarded by changes_lock_; no entry twice
};

}  // namespace junctor::engine
