// One immutable value that is replaced as a whole, and one thread's view of it.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <utility>

namespace junctor::engine {

// The value that is live now. Thread-safe.
template <typename T>
class Live {
 public:
  explicit Live(std::shared_ptr<const T> value) : value_(std::move(value)) {}
  Live(const Live&) = delete;
  Live& operator=(const Live&) = delete;

  // Every Get() that begins later sees `value`.
  void Replace(std::shared_ptr<const T> value) {
    {
      const std::lock_guard lock(mutex_);
      value_.swap(value);
    }
    generation_.fetch_add(1, std::memory_order_acq_rel);
  }

  // The value. Takes a lock for a moment; per request, use a LiveReader.
  std::shared_ptr<const T> Get() const {
    const std::lock_guard lock(mutex_);
    return value_;
  }

  // Changes with every Replace.
  uint64_t generation() const { return generation_.load(std::memory_order_acquire); }

 private:
  mutable std::mutex mutex_;
  std::shared_ptr<const T> value_;  // guarded by mutex_; never null
  std::atomic<uint64_t> generation_{1};
};

// One thread's view: a look costs one comparison while nothing changes. Not thread-safe; the Live
// must outlive it. A thread that may idle must be told of a change (post Refresh() to it), or what
// was replaced lives on as long as it sleeps.
template <typename T>
class LiveReader {
 public:
  explicit LiveReader(const Live<T>* live) : live_(live) { Refresh(); }

  // Copy the pointer to hold the value for longer than until the next Get or Refresh.
  const std::shared_ptr<const T>& Get() {
    if (live_->generation() != generation_) [[unlikely]] {
      Refresh();
    }
    return value_;
  }

  void Refresh() {
    // The number first: a change in between is then seen by the next Get.
    generation_ = live_->generation();
    value_ = live_->Get();
  }

 private:
  const Live<T>* live_;
  uint64_t generation_ = 0;
  std::shared_ptr<const T> value_;
};

}  // namespace junctor::engine
