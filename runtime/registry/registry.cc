#include "runtime/registry/registry.h"

#include <utility>

namespace junctor {

Registry::Registry() : table_(std::make_shared<const RouteTable>()) {}

uint64_t Registry::Publish(std::string_view name, std::shared_ptr<const Program> program,
                           std::shared_ptr<const void> attachment) {
  const std::lock_guard lock(writers_);
  auto next = std::make_shared<RouteTable>(*Snapshot());
  const uint64_t version = ++last_versions_[std::string(name)];
  next->routes_.insert_or_assign(std::string(name),
                                 RouteEntry{std::move(program), version, std::move(attachment)});
  Swap(std::move(next));
  return version;
}

bool Registry::Remove(std::string_view name) {
  const std::lock_guard lock(writers_);
  const std::shared_ptr<const RouteTable> current = Snapshot();
  if (current->Find(name) == nullptr) return false;
  auto next = std::make_shared<RouteTable>(*current);
  next->routes_.erase(next->routes_.find(name));
  Swap(std::move(next));
  return true;
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
