// All routes that are live at one moment.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/program/program.h"

namespace junctor {

// One live route.
struct RouteEntry {
  std::shared_ptr<const Program> program;
  uint64_t version = 0;                    // of this name, from 1
  std::shared_ptr<const void> attachment;  // whatever the host wants to reach from the route, e.g.
                                           // its resolved providers; may be null
};

// An immutable map from route names to what is live. Any number of threads may read it at once.
//
// The routes are spread over kShards shards by the hash of their names. A table shares with the one
// before it every shard in which nothing changed, so that one swap among 10,000 routes copies the
// pointers to the shards and about 40 entries, not 10,000.
class RouteTable {
 public:
  // The route `name`, or null. Valid as long as the table is held.
  const RouteEntry* Find(std::string_view name) const {
    const size_t hash = HashOf(name);
    const Shard* shard = shards_[hash % kShards].get();
    if (shard == nullptr) return nullptr;
    const size_t at = Position(*shard, hash, name);
    return at < shard->size() && IsOf((*shard)[at], hash, name) ? &(*shard)[at].entry : nullptr;
  }

  size_t size() const { return size_; }

  // Calls visit(name, entry) for each route, in no order.
  template <typename Visit>
  void ForEach(Visit&& visit) const {
    for (const auto& shard : shards_) {
      if (shard == nullptr) continue;
      for (const Slot& slot : *shard) visit(std::string_view(slot.name), slot.entry);
    }
  }

 private:
  friend class RouteTableBuilder;

  // Enough that a shard of 10,000 routes is copied in microseconds, few enough that copying the
  // pointers is, too.
  static constexpr size_t kShards = 256;

  struct Slot {
    size_t hash = 0;
    std::string name;
    RouteEntry entry;
  };
  using Shard = std::vector<Slot>;  // by hash, then by name

  static size_t HashOf(std::string_view name) { return std::hash<std::string_view>()(name); }
  static bool IsOf(const Slot& slot, size_t hash, std::string_view name) {
    return slot.hash == hash && slot.name == name;
  }
  // Where `name` stands in `shard`, or would stand.
  static size_t Position(const Shard& shard, size_t hash, std::string_view name);

  std::array<std::shared_ptr<const Shard>, kShards> shards_;  // null: empty
  size_t size_ = 0;
};

// Makes the table that follows another one. For one thread; used once.
class RouteTableBuilder {
 public:
  explicit RouteTableBuilder(const RouteTable& from) : table_(std::make_shared<RouteTable>(from)) {}

  // Puts `entry` under `name`, in the place of what stood there.
  void Put(std::string_view name, RouteEntry entry);
  // Takes `name` out; false where it was not in.
  bool Remove(std::string_view name);

  // The finished table. Nothing may be called after it.
  std::shared_ptr<const RouteTable> Build() { return std::move(table_); }

 private:
  // The shard of `hash`, copied when it is touched first.
  RouteTable::Shard& Own(size_t hash);

  std::shared_ptr<RouteTable> table_;
  std::array<std::shared_ptr<RouteTable::Shard>, RouteTable::kShards> own_;
};

}  // namespace junctor
