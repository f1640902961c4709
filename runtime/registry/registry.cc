#include "runtime/registry/registry.h"

#include <utility>

namespace junctor {

Registry::Registry() : table_(std::make_shared<const RouteTable>()) {}

uint64_t Registry::Publish(std::string_view name, std::shared_ptr<const Program> program,
                           std::shared_ptr<const void> attachment) {
  const std::lock_guard lock(writers_);
  RouteTableBuilder next(*Snapshot());
  const uint64_t version = ++last_versions_[std::string(name)];
  next.Put(name, RouteEntry{std::move(program), version, std::move(attachment)});
  Swap(next.Build());
  return version;
}

bool Registry::Remove(std::string_view name) {
  const std::lock_guard lock(writers_);
  RouteTableBuilder next(*Snapshot());
  if (!next.Remove(name)) return false;
  Swap(next.Build());
  return true;
}

void Registry::Apply(std::vector<RouteChange> changes) {
  if (changes.empty()) return;
  const std::lock_guard lock(writers_);
  RouteTableBuilder next(*Snapshot());
  for (RouteChange& change : changes) {
    if (change.program == nullptr) {
      next.Remove(change.name);
    } else {
      next.Put(change.name,
               RouteEntry{std::move(change.program), change.version, std::move(change.attachment)});
    }
  }
  Swap(next.Build());
}

std::shared_ptr<const RouteTable> Registry::Snapshot() const {
  const std::lock_guard lock(mutex_);
  return table_;
}

void Registry::Swap(std::shared_ptr<const RouteTable> next) {
  const std::lock_guard lock(mutex_);
  table_.swap(next);
  generation_.fetch_add(1, std::memory_order_release);
}

void RegistryReader::Refresh() {
  // The generation first: a swap in between is then seen by the next Get.
  generation_ = registry_->generation();
  table_ = registry_->Snapshot();
}

}  // namespace junctor
