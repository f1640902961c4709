// Cancellation within one thread: a signal that fires once, and hooks that run when it does.
#pragma once

#include <functional>
#include <utility>

namespace junctor::net {

class CancelHook;

// Fires at most once. Used from one event loop's thread only, as its hooks are. May be destroyed by
// one of its own hooks while it fires.
class CancelSignal {
 public:
  CancelSignal() = default;
  CancelSignal(const CancelSignal&) = delete;
  CancelSignal& operator=(const CancelSignal&) = delete;
  ~CancelSignal();

  // Runs every hook, newest first, each at most once. A second call does nothing.
  void Cancel();
  bool cancelled() const { return cancelled_; }

  // For an owner that uses the object again, as a connection does for its next request. Drops the
  // hooks.
  void Reset();

 private:
  friend class CancelHook;
  void DetachAll();

  CancelHook* head_ = nullptr;
  bool cancelled_ = false;
  bool* destroyed_ = nullptr;  // on the stack of a running Cancel()
};

// Runs `callback` when the signal fires. Unlinks itself on destruction; outlives its signal
// harmlessly.
class CancelHook {
 public:
  CancelHook() = default;
  explicit CancelHook(std::function<void()> callback) : callback_(std::move(callback)) {}
  CancelHook(const CancelHook&) = delete;
  CancelHook& operator=(const CancelHook&) = delete;
  ~CancelHook() { Detach(); }

  void set_callback(std::function<void()> callback) { callback_ = std::move(callback); }
  // Links to `signal` (null: to none). A signal that has fired already runs the callback at once.
  void Attach(CancelSignal* signal);
  void Detach();

 private:
  friend class CancelSignal;

  std::function<void()> callback_;
  CancelSignal* signal_ = nullptr;
  CancelHook* previous_ = nullptr;
  CancelHook* next_ = nullptr;
};

}  // namespace junctor::net
