// The rule of a limit, which all its windows share.
#pragma once

#include <atomic>
#include <cstdint>

#include "runtime/limits/window_rule.h"

namespace junctor::engine {

// One thread at a time sets it; others may read it meanwhile, and then may see parts of two rules.
class SharedRule {
 public:
  WindowRule Get() const {
    return {technique_.load(std::memory_order_relaxed), limit_.load(std::memory_order_relaxed),
            window_ns_.load(std::memory_order_relaxed)};
  }
  void Set(const WindowRule& rule) {
    if (Is(rule)) return;  // the memory stays with all processors that read it
    technique_.store(rule.technique, std::memory_order_relaxed);
    limit_.store(rule.limit, std::memory_order_relaxed);
    window_ns_.store(rule.window_ns, std::memory_order_relaxed);
  }
  bool Is(const WindowRule& rule) const {
    const WindowRule mine = Get();
    return mine.technique == rule.technique && mine.limit == rule.limit &&
           mine.window_ns == rule.window_ns;
  }

 private:
  std::atomic<WindowTechnique> technique_ = WindowTechnique::kFixed;
  std::atomic<uint64_t> limit_ = 1;
  std::atomic<int64_t> window_ns_ = kNanosecondsPerSecond;
};

}  // namespace junctor::engine
