// Which program is live for which route, and the swap from one to the next (R34).
//
// A writer makes a new immutable RouteTable and swaps it in; readers hold the table that they began
// with. So a request sees one version from its start to its end, none waits for a swap, and a
// replaced program is freed when the last table and the last execution that hold it are gone.
#pragma once

#include <atomic>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/registry/route_table.h"

namespace junctor {

// One part of a batch: what is to serve under a name from now on.
struct RouteChange {
  std::string name;
  std::shared_ptr<const Program> program;  // null: the name is taken out of service
  uint64_t version = 0;                    // the host's own number for it, from 1
  std::shared_ptr<const void> attachment;
};

// The live routes of one host. Thread-safe.
class Registry {
 public:
  Registry();
  Registry(const Registry&) = delete;
  Registry& operator=(const Registry&) = delete;

  // Makes `program` live under `name` and returns its version: one more than the last one that the
  // name had, from 1, also when the route was removed in between. Every Snapshot() taken later sees
  // it.
  uint64_t Publish(std::string_view name, std::shared_ptr<const Program> program,
                   std::shared_ptr<const void> attachment = nullptr);

  // Takes `name` out of service; false where it was not in.
  bool Remove(std::string_view name);

  // Makes all of `changes` live in one swap, in their order: no Snapshot() shows a part of them.
  // The versions are the host's, which may go back (a rollback); a name is either the host's to
  // number or Publish's. Among 10,000 routes a swap of one takes some microseconds, one of all some
  // milliseconds.
  void Apply(std::vector<RouteChange> changes);

  // The live routes. Takes a lock for a moment; per request, use a RegistryReader.
  std::shared_ptr<const RouteTable> Snapshot() const;

  // Changes with every swap.
  uint64_t generation() const { return generation_.load(std::memory_order_acquire); }

 private:
  void Swap(std::shared_ptr<const RouteTable> next);

  std::mutex writers_;                                          // held over a whole change
  std::map<std::string, uint64_t, std::less<>> last_versions_;  // guarded by writers_
  mutable std::mutex mutex_;                                    // guards table_
  std::shared_ptr<const RouteTable> table_;
  std::atomic<uint64_t> generation_{0};
};

// One thread's view of a registry: a pointer of its own, so that a look costs one comparison while
// nothing changes. Not thread-safe: one per thread. The registry must outlive it.
//
// A reader holds its table until it looks again. A thread that may idle must be told of a swap
// (post Refresh() to it), or the replaced programs live on as long as it sleeps.
class RegistryReader {
 public:
  explicit RegistryReader(const Registry* registry) : registry_(registry) { Refresh(); }

  // The live routes. The reference holds until the next Get or Refresh of this reader: copy the
  // entry's program for longer.
  const RouteTable& Get() {
    if (registry_->generation() != generation_) [[unlikely]]
      Refresh();
    return *table_;
  }
  // The same as an owner.
  const std::shared_ptr<const RouteTable>& GetShared() {
    Get();
    return table_;
  }

  // Takes the newest table and lets go of the old one.
  void Refresh();

 private:
  const Registry* registry_;
  uint64_t generation_ = 0;
  std::shared_ptr<const RouteTable> table_;
};

}  // namespace junctor
