// A request's place in the window of a cost limit that it passed: whom to charge.
#pragma once

#include <memory>
#include <utility>

#include "runtime/limits/cost_holds.h"

namespace junctor::engine {

// What a store that is not in this process needs to know to charge. Made and read by that store.
class RemoteTicket {
 public:
  virtual ~RemoteTicket() = default;
};

// Small and movable. Destroyed without Settle, its hold ends with its lease. Must not be used with
// a store that is gone; may be destroyed after it.
class LimitTicket {
 public:
  LimitTicket() = default;
  LimitTicket(LimitTicket&&) = default;
  LimitTicket& operator=(LimitTicket&&) = default;

  // False for that of a refused request, and a moved-from one: charging it does nothing.
  explicit operator bool() const { return window_ != nullptr || remote_ != nullptr; }

  void SetRemote(std::unique_ptr<RemoteTicket> remote) { remote_ = std::move(remote); }
  RemoteTicket* remote() const { return remote_.get(); }

 private:
  friend class LimitStore;
  struct CostWindow;

  std::shared_ptr<CostWindow> window_;
  std::unique_ptr<RemoteTicket> remote_;
  HoldId hold_ = 0;
};

}  // namespace junctor::engine
