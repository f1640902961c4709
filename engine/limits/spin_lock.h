// A lock of one byte, held for the few instructions that one window takes.
#pragma once

#include <atomic>
#include <thread>

namespace junctor::engine {

// For std::lock_guard. Never held over anything that waits.
class SpinLock {
 public:
  void lock() {
    while (is_held_.exchange(true, std::memory_order_acquire)) Wait();
  }
  void unlock() { is_held_.store(false, std::memory_order_release); }

 private:
  void Wait() const {
    // The holder needs some nanoseconds, unless it was preempted.
    constexpr int kSpins = 64;
    for (int i = 0; i < kSpins; ++i) {
      if (!is_held_.load(std::memory_order_relaxed)) return;
    }
    std::this_thread::yield();
  }

  std::atomic<bool> is_held_ = false;
};

}  // namespace junctor::engine
