// Windows that end now: in no interval of the window's length, wherever it starts, are more than
// `limit` requests admitted (R15). Intervals are half open: a request exactly one window after
// another is in a new one.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "runtime/limits/window_rule.h"

namespace junctor {

// What was admitted in the last window.
//
// Up to kMaxExact requests a window it holds one timestamp for each, and is exact. For larger
// limits it counts by slices of 1/kSlices of the window, and a slice counts as long as any moment
// of it may lie in the window: so it never admits too many, and refuses for at most 1/kSlices of
// the window too long (R15 allows 1/64). A state takes at most 16 KiB exactly and 4 KiB by slices,
// and less where there are fewer requests.
class SlidingWindow {
 public:
  static constexpr uint64_t kMaxExact = 1024;
  static constexpr int64_t kSlices = 128;

  // See WindowState.
  WindowDecision Admit(const WindowRule& rule, int64_t now_ns);
  int64_t EmptyAt(const WindowRule& rule) const;

 private:
  // Requests of one slice of time.
  struct Slice {
    int64_t newest_ns;  // no request of the slice is later
    uint64_t count;
  };

  WindowDecision AdmitExactly(const WindowRule& rule, int64_t now_ns);
  WindowDecision AdmitBySlices(const WindowRule& rule, int64_t now_ns);
  // The time to count by: `now_ns`, or the latest one where the clock went back a little. Where it
  // went back far, what is counted moves to `now_ns`.
  int64_t Steady(const WindowRule& rule, int64_t now_ns);
  // Forgets what has left the window that ends at `now_ns`.
  void Forget(const WindowRule& rule, int64_t now_ns);
  void CountInSlice(const WindowRule& rule, int64_t time_ns);

  // Both in order of time, the oldest at `first_`, only one of them in use.
  std::vector<int64_t> times_;
  std::vector<Slice> slices_;
  size_t first_ = 0;
  int64_t newest_ns_ = INT64_MIN;  // latest time that was handed in
};

}  // namespace junctor
