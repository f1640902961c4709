// Windows that follow each other, aligned to multiples of their length since the Unix epoch (R15).
#pragma once

#include <cstdint>

#include "runtime/limits/window_rule.h"

namespace junctor {

// What was counted in the current fixed window. 16 bytes, trivially copyable.
class FixedWindow {
 public:
  FixedWindow() = default;
  // One that counted before.
  FixedWindow(int64_t start_ns, uint64_t count) : start_ns_(start_ns), count_(count) {}

  // See WindowState.
  WindowDecision Admit(const WindowRule& rule, int64_t now_ns);
  uint64_t Counted(const WindowRule& rule, int64_t now_ns);
  int64_t EmptyAt(const WindowRule& rule) const;

  int64_t start_ns() const { return start_ns_; }
  uint64_t count() const { return count_; }

 private:
  // Begins the window that `now_ns` lies in, where it is a new one.
  void Advance(const WindowRule& rule, int64_t now_ns);

  int64_t start_ns_ = 0;  // of the window that count_ belongs to
  uint64_t count_ = 0;
};

}  // namespace junctor
