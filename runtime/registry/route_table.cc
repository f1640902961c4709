// Shards of a route table: look-up, and copying on the first change.
#include "runtime/registry/route_table.h"

#include <algorithm>
#include <utility>

namespace junctor {

size_t RouteTable::Position(const Shard& shard, size_t hash, std::string_view name) {
  const auto slot = std::partition_point(shard.begin(), shard.end(), [hash, name](const Slot& one) {
    return one.hash != hash ? one.hash < hash : one.name < name;
  });
  return static_cast<size_t>(slot - shard.begin());
}

RouteTable::Shard& RouteTableBuilder::Own(size_t hash) {
  const size_t index = hash % RouteTable::kShards;
  if (own_[index] == nullptr) {
    const std::shared_ptr<const RouteTable::Shard>& current = table_->shards_[index];
    own_[index] = current == nullptr ? std::make_shared<RouteTable::Shard>()
                                     : std::make_shared<RouteTable::Shard>(*current);
    table_->shards_[index] = own_[index];
  }
  return *own_[index];
}

void RouteTableBuilder::Put(std::string_view name, RouteEntry entry) {
  const size_t hash = RouteTable::HashOf(name);
  RouteTable::Shard& shard = Own(hash);
  const size_t at = RouteTable::Position(shard, hash, name);
  if (at < shard.size() && RouteTable::IsOf(shard[at], hash, name)) {
    shard[at].entry = std::move(entry);
    return;
  }
  shard.insert(shard.begin() + static_cast<std::ptrdiff_t>(at),
               RouteTable::Slot{hash, std::string(name), std::move(entry)});
  ++table_->size_;
}

bool RouteTableBuilder::Remove(std::string_view name) {
  if (table_->Find(name) == nullptr) return false;
  const size_t hash = RouteTable::HashOf(name);
  RouteTable::Shard& shard = Own(hash);
  shard.erase(shard.begin() + static_cast<std::ptrdiff_t>(RouteTable::Position(shard, hash, name)));
  --table_->size_;
  return true;
}

}  // namespace junctor
