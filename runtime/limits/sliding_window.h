// Windows of requests that end now: in no interval of the window's length, wherever it starts, are
// more than `limit` requests admitted (R15). Intervals are half open: a request exactly one window
// after another is in a new one.
//
// Two forms, of which WindowState chooses and between which it moves: timestamps, and slices. Both
// keep what they count behind one pointer, so that a state is small where it stands in a table.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <memory>
#include <optional>
#include <type_traits>

#include "runtime/limits/slice_ring.h"
#include "runtime/limits/window_rule.h"

namespace junctor {

// Largest limit that is always held exactly: its timestamps take no more than the widest slices.
inline constexpr uint64_t kMaxExactLimit = 64;

// One timestamp for each request, at most kRoom of them: exact.
template <size_t kRoom>
class ExactWindow {
 public:
  explicit ExactWindow(int64_t newest_ns = INT64_MIN)
      : newest_ns_(newest_ns), times_(std::make_unique<Times>()) {}

  // See WindowState. Nothing where the request would pass and there is no room for its timestamp.
  std::optional<WindowDecision> Admit(const WindowRule& rule, int64_t now_ns) {
    Advance(rule, now_ns);
    if (times_->size >= rule.limit) {
      const int64_t last_to_leave = times_->at[times_->size - static_cast<size_t>(rule.limit)];
      return WindowDecision{false, last_to_leave + rule.window_ns - now_ns};
    }
    if (times_->size == kRoom) return std::nullopt;
    times_->at[times_->size++] = newest_ns_;
    return WindowDecision();
  }

  uint64_t Counted(const WindowRule& rule, int64_t now_ns) {
    Advance(rule, now_ns);
    return times_->size;
  }

  int64_t EmptyAt(const WindowRule& rule) const {
    return times_->size == 0 ? INT64_MIN : times_->at[times_->size - 1] + rule.window_ns;
  }

  int64_t newest_ns() const { return newest_ns_; }

  // Calls visit(time, count), the oldest first.
  template <typename Visit>
  void ForEach(Visit visit) const {
    for (size_t i = 0; i < times_->size; ++i) visit(times_->at[i], uint64_t{1});
  }

  // Takes over what another form counted; in order of time, and no more than there is room for.
  void Restore(const WindowRule&, int64_t time_ns, uint64_t count) {
    for (; count > 0; --count) times_->at[times_->size++] = time_ns;
  }

 private:
  struct Times {
    size_t size = 0;
    std::array<int64_t, kRoom> at;  // the oldest first
  };
  static_assert(sizeof(Times) <= 536, "WindowState::kMaxHeapBytes");

  // Sets the time to count by: `now_ns`, or the latest one where the clock went back a little.
  // Where it went back far, what is counted moves to `now_ns`. Forgets what has left the window.
  void Advance(const WindowRule& rule, int64_t now_ns) {
    const auto begin = times_->at.begin();
    const auto end = begin + static_cast<std::ptrdiff_t>(times_->size);
    if (now_ns >= newest_ns_) {
      newest_ns_ = now_ns;
    } else if (newest_ns_ - now_ns > rule.window_ns) {
      for (auto time = begin; time != end; ++time) *time = std::min(*time, now_ns);
      newest_ns_ = now_ns;
    }
    const int64_t left_ns = newest_ns_ - rule.window_ns;
    if (times_->size == 0 || *begin > left_ns) return;
    const auto first = std::upper_bound(begin, end, left_ns);
    times_->size = static_cast<size_t>(std::copy(first, end, begin) - begin);
  }

  int64_t newest_ns_;  // latest time that was handed in
  std::unique_ptr<Times> times_;
};

// A number for each slice (slice_ring.h), as wide as `Count`.
template <typename Count>
class SliceWindow {
 public:
  SliceWindow(const WindowRule& rule, int64_t newest_ns)
      : newest_ns_(newest_ns), slices_(std::make_unique<Slices>()) {
    slices_->window_seconds = Seconds(rule);
  }

  // See WindowState. Nothing where the request would pass and the number is full, or where the
  // slices are those of a window of another length, before a deployment changed it.
  std::optional<WindowDecision> Admit(const WindowRule& rule, int64_t now_ns) {
    if (Seconds(rule) != slices_->window_seconds) return std::nullopt;
    const int64_t current = Advance(rule, now_ns);
    if (slices_->total >= rule.limit) {
      const int64_t leaving =
          slices_->ring.LeavesLast(current - kSlices, slices_->total, rule.limit - 1);
      return WindowDecision{false, SliceLeavesAt(leaving, rule.window_ns) - now_ns};
    }
    Count& count = slices_->ring.At(current);
    if (count == std::numeric_limits<Count>::max()) return std::nullopt;
    ++count;
    ++slices_->total;
    return WindowDecision();
  }

  uint64_t Counted(const WindowRule& rule, int64_t now_ns) {
    if (Seconds(rule) == slices_->window_seconds) Advance(rule, now_ns);
    return slices_->total;
  }

  int64_t EmptyAt(const WindowRule& rule) const {
    if (slices_->total == 0) return INT64_MIN;
    int64_t slice = SliceOf(newest_ns_, window_ns());
    while (slices_->ring.At(slice) == 0) --slice;
    return std::max(SliceLeavesAt(slice, window_ns()),
                    SliceEnd(slice, window_ns()) + 1 + rule.window_ns);
  }

  int64_t newest_ns() const { return newest_ns_; }
  int64_t window_ns() const { return int64_t{slices_->window_seconds} * kNanosecondsPerSecond; }

  // Calls visit(time, count) with the latest time that requests of a slice can have, the oldest
  // first.
  template <typename Visit>
  void ForEach(Visit visit) const {
    const int64_t current = SliceOf(newest_ns_, window_ns());
    for (int64_t slice = current - kSlices; slice <= current; ++slice) {
      const Count count = slices_->ring.At(slice);
      if (count > 0) visit(std::min(SliceEnd(slice, window_ns()), newest_ns_), uint64_t{count});
    }
  }

  // Takes over what another form counted, as far as its numbers are wide enough.
  void Restore(const WindowRule& rule, int64_t time_ns, uint64_t count) {
    const int64_t slice = SliceOf(time_ns, rule.window_ns);
    if (SliceOf(newest_ns_, rule.window_ns) - slice > kSlices) return;  // has left the window
    slices_->ring.At(slice) = static_cast<Count>(slices_->ring.At(slice) + count);
    slices_->total = static_cast<Total>(slices_->total + count);
  }

 private:
  // Wide enough for kRingSlices numbers. At 64 bits no more is counted than the limit says.
  using Total = std::conditional_t<sizeof(Count) == 1, uint16_t,
                                   std::conditional_t<sizeof(Count) == 2, uint32_t, uint64_t>>;
  struct Slices {
    uint32_t window_seconds = 0;  // of the window that the slices are parts of
    Total total = 0;
    SliceRing<Count> ring;
  };

  static_assert(sizeof(Slices) <= 536, "WindowState::kMaxHeapBytes");

  static uint32_t Seconds(const WindowRule& rule) {
    return static_cast<uint32_t>(rule.window_ns / kNanosecondsPerSecond);
  }

  // As ExactWindow::Advance; returns the slice of newest_ns_.
  int64_t Advance(const WindowRule& rule, int64_t now_ns) {
    if (now_ns >= newest_ns_) {
      const int64_t current = SliceOf(now_ns, rule.window_ns);
      // Most requests come in the slice of the one before, and divisions take time.
      if (newest_ns_ < current * SliceLength(rule.window_ns)) {
        const uint64_t forgotten =
            slices_->ring.Advance(SliceOf(newest_ns_, rule.window_ns), current);
        slices_->total = static_cast<Total>(slices_->total - forgotten);
      }
      newest_ns_ = now_ns;
      return current;
    }
    if (newest_ns_ - now_ns > rule.window_ns) {
      // As many slices back: none of it stays longer than one window from now on.
      SliceRing<Count> moved;
      const int64_t from = SliceOf(newest_ns_, rule.window_ns);
      const int64_t to = SliceOf(now_ns, rule.window_ns);
      for (int64_t i = 0; i <= kSlices; ++i) moved.At(to - i) = slices_->ring.At(from - i);
      slices_->ring = moved;
      newest_ns_ = now_ns;
    }
    return SliceOf(newest_ns_, rule.window_ns);
  }

  int64_t newest_ns_;  // latest time that was handed in
  std::unique_ptr<Slices> slices_;
};

}  // namespace junctor
