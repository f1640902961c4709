// Windows that follow each other, aligned to multiples of their length since the Unix epoch (R15).
#pragma once

#include <cstdint>

#include "runtime/limits/window_rule.h"

namespace junctor {

// How much counts, and from when on nothing does.
struct WindowUse {
  uint64_t counted = 0;
  int64_t empty_at_ns = 0;
};

// What was counted in the current fixed window. 16 bytes, trivially copyable.
//
// Keeps when the latest request was counted, and not how long its window was: what a window of
// another length counted, before a deployment changed it, counts in the current one as long as that
// latest request lies in it (R17). So all may lie in it, and none is forgotten that does.
class FixedWindow {
 public:
  FixedWindow() = default;
  // One that counted before.
  FixedWindow(int64_t latest_ns, uint64_t count) : latest_ns_(latest_ns), count_(count) {}

  // See WindowState.
  WindowDecision Admit(const WindowRule& rule, int64_t now_ns);
  WindowUse UseAt(const WindowRule& rule, int64_t now_ns);
  // By a rule of either technique: the state may not have been turned yet.
  int64_t EmptyAt(const WindowRule& rule) const;

  int64_t latest_ns() const { return latest_ns_; }
  uint64_t count() const { return count_; }

 private:
  // Returns the start of the window to count in, and forgets what does not lie in it.
  int64_t Advance(const WindowRule& rule, int64_t now_ns);

  int64_t latest_ns_ = 0;  // when the latest request was counted, or a later time before now
  uint64_t count_ = 0;
};

}  // namespace junctor
