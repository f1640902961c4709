// The windows of one shard of the limit store: found by their whole name, kept close together.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/container/flat_hash_set.h"
#include "engine/limits/limit_key.h"
#include "engine/limits/packed_key.h"
#include "runtime/limits/window_rule.h"

namespace junctor::engine {

// A table of `Window`s: default-constructible and movable. Not thread-safe.
//
// Entries stand in chunks, one after another, and a hash set holds their numbers: 5 bytes per slot
// instead of an entry. What the windows of a limit have in common, its names and its rule, is kept
// once. Whole names are compared, so a hash that two keys share costs time and is never wrong.
template <typename Window>
class LimitTable {
 public:
  // What all windows of one limit share.
  struct Limit {
    WindowRule rule;     // as the latest request had it
    size_t windows = 0;  // that are kept
  };

  struct Grant {
    uint64_t amount;
    int64_t until_ns;
  };

  LimitTable() : index_(0, Hash{this}, Equal{this}) {}
  LimitTable(const LimitTable&) = delete;
  LimitTable& operator=(const LimitTable&) = delete;

  // A window and what belongs to it. Valid until the next Insert or Drop.
  class Found {
   public:
    explicit operator bool() const { return table_ != nullptr; }
    Window& window() const { return table_->At(number_).window; }
    Limit& limit() const { return table_->At(number_).limit->second; }
    LimitName name() const { return NameOf(*table_->At(number_).limit); }
    std::string value() const { return UnpackKey(table_->At(number_).value.view()); }

    // The rule with what an operator granted until a later time than `now_ns`.
    WindowRule RuleAt(int64_t now_ns) const {
      WindowRule rule = limit().rule;
      if (table_->grants_.empty()) return rule;
      const auto grant = table_->grants_.find(number_);
      if (grant == table_->grants_.end()) return rule;
      if (grant->second.until_ns > now_ns) {
        rule.limit += std::min(grant->second.amount, UINT64_MAX - rule.limit);
      } else {
        table_->grants_.erase(grant);
      }
      return rule;
    }
    // A grant adds to one that has not ended, and both last until the later end.
    void AddGrant(uint64_t amount, int64_t until_ns, int64_t now_ns) const {
      Grant& grant = table_->grants_.try_emplace(number_, Grant{0, until_ns}).first->second;
      if (grant.until_ns <= now_ns) grant = {0, until_ns};
      grant.amount += std::min(amount, UINT64_MAX - grant.amount);
      grant.until_ns = std::max(grant.until_ns, until_ns);
    }
    void DropGrant() const { table_->grants_.erase(number_); }
    // What was granted, whether it has ended or not; null: nothing.
    const Grant* grant() const {
      if (table_->grants_.empty()) return nullptr;
      const auto grant = table_->grants_.find(number_);
      return grant == table_->grants_.end() ? nullptr : &grant->second;
    }
    // Notes that it changed, once, where the table remembers that.
    void NoteChange() const { table_->NoteChange(number_); }
    // For Number: finds this window again as long as it is kept.
    uint32_t number() const { return number_; }

   private:
    friend class LimitTable;
    Found() = default;
    Found(LimitTable* table, uint32_t number) : table_(table), number_(number) {}

    LimitTable* table_ = nullptr;
    uint32_t number_ = 0;
  };

  Found Find(const LimitKey& key) {
    const auto found = index_.find(key);
    return found == index_.end() ? Found() : Found(this, *found);
  }

  // `key` must not be there.
  Found Insert(const LimitKey& key, Window window) {
    const uint32_t number = TakeNumber();
    Entry& entry = At(number);
    entry.window = std::move(window);
    entry.limit = &*limits_
                        .try_emplace({std::string(key.name.gateway), std::string(key.name.route),
                                      std::string(key.name.element)})
                        .first;
    ++entry.limit->second.windows;
    entry.hash = static_cast<uint32_t>(key.hash);
    entry.value = KeyText(PackedKey(key.value).view());
    index_.insert(number);
    return Found(this, number);
  }

  // The window of a number that is kept.
  Found AtNumber(uint32_t number) { return Found(this, number); }

  // From now on changes are noted.
  void Remember() { remembers_ = true; }
  void NoteChange(uint32_t number) {
    if (!remembers_) return;
    if (is_changed_.size() <= number) is_changed_.resize(used_);
    if (is_changed_[number]) return;
    is_changed_[number] = true;
    changed_.push_back(number);
  }
  // Calls visit(Found) for at most `max` windows that changed and are still kept, and forgets that
  // they did. Returns how many were visited.
  template <typename Visit>
  size_t TakeChanged(size_t max, Visit visit) {
    size_t visited = 0;
    while (visited < max && !changed_.empty()) {
      const uint32_t number = changed_.back();
      changed_.pop_back();
      is_changed_[number] = false;
      if (At(number).limit == nullptr) continue;
      visit(Found(this, number));
      ++visited;
    }
    return visited;
  }
  size_t changed() const { return changed_.size(); }

  // Drops the windows of which `is_idle` is true. Called with a Found.
  template <typename Predicate>
  void Sweep(Predicate is_idle) {
    for (uint32_t number = 0; number < used_; ++number) DropIf(number, is_idle);
  }

  // The same for the next `count` entries, round and round.
  template <typename Predicate>
  void SweepNext(size_t count, Predicate is_idle) {
    for (; count > 0 && used_ > 0; --count) {
      hand_ = hand_ + 1 < used_ ? hand_ + 1 : 0;
      DropIf(hand_, is_idle);
    }
  }

  // Calls visit(Found) for each window.
  template <typename Visit>
  void ForEach(Visit visit) {
    for (uint32_t number = 0; number < used_; ++number) {
      if (At(number).limit != nullptr) visit(Found(this, number));
    }
  }

  size_t size() const { return index_.size(); }

 private:
  using Names = std::tuple<std::string, std::string, std::string>;  // as in LimitName
  using Limits = std::map<Names, Limit>;

  struct Entry {
    Window window;
    typename Limits::value_type* limit = nullptr;  // null: free
    uint32_t hash = 0;                             // the lower half of the key's
    KeyText value;
  };
  static constexpr uint32_t kChunk = 64;

  struct Hash {
    using is_transparent = void;
    const LimitTable* table;
    size_t operator()(uint32_t number) const { return table->At(number).hash; }
    size_t operator()(const LimitKey& key) const { return static_cast<uint32_t>(key.hash); }
  };
  struct Equal {
    using is_transparent = void;
    const LimitTable* table;
    bool operator()(uint32_t a, uint32_t b) const { return a == b; }
    bool operator()(uint32_t number, const LimitKey& key) const {
      const Entry& entry = table->At(number);
      return entry.hash == static_cast<uint32_t>(key.hash) &&
             entry.value.view() == PackedKey(key.value).view() && NameOf(*entry.limit) == key.name;
    }
    bool operator()(const LimitKey& key, uint32_t number) const { return (*this)(number, key); }
  };

  static LimitName NameOf(const typename Limits::value_type& limit) {
    const auto& [gateway, route, element] = limit.first;
    return {gateway, route, element};
  }

  Entry& At(uint32_t number) { return chunks_[number / kChunk][number % kChunk]; }
  const Entry& At(uint32_t number) const { return chunks_[number / kChunk][number % kChunk]; }

  uint32_t TakeNumber() {
    if (!free_.empty()) {
      const uint32_t number = free_.back();
      free_.pop_back();
      return number;
    }
    if (used_ == chunks_.size() * kChunk) chunks_.push_back(std::make_unique<Entry[]>(kChunk));
    return used_++;
  }

  template <typename Predicate>
  void DropIf(uint32_t number, Predicate& is_idle) {
    Entry& entry = At(number);
    if (entry.limit == nullptr || !is_idle(Found(this, number))) return;
    index_.erase(number);
    grants_.erase(number);
    if (--entry.limit->second.windows == 0) limits_.erase(limits_.find(entry.limit->first));
    entry = Entry();
    free_.push_back(number);
  }

  std::vector<std::unique_ptr<Entry[]>> chunks_;
  uint32_t used_ = 0;           // entries from here on have never been taken
  std::vector<uint32_t> free_;  // entries before used_ that are free
  uint32_t hand_ = 0;           // where SweepNext stands
  absl::flat_hash_set<uint32_t, Hash, Equal> index_;
  Limits limits_;
  absl::flat_hash_map<uint32_t, Grant> grants_;  // by entry; few
  bool remembers_ = false;
  std::vector<bool> is_changed_;   // by entry; those in changed_
  std::vector<uint32_t> changed_;  // no entry twice
};

}  // namespace junctor::engine
