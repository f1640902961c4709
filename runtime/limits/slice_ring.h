// Sums by slices of time, for sliding windows that would need too many timestamps.
//
// A window is cut into kSlices slices. A slice counts as long as any moment of it may lie in the
// window that ends now, so what is summed is never less than what the window holds, and it is
// forgotten at most one slice, 1/64 of the window, too late: it errs by refusing (R15).
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>

#include "runtime/limits/window_rule.h"

namespace junctor {

inline constexpr int64_t kSlices = 64;

// The current slice, which is not over, and the kSlices before it.
inline constexpr size_t kRingSlices = 65;
static_assert(kRingSlices == static_cast<size_t>(kSlices) + 1);

// Length of a slice. Rounded up, so that kRingSlices always reach back over the whole window.
constexpr int64_t SliceLength(int64_t window_ns) { return (window_ns + kSlices - 1) / kSlices; }

// Number of the slice that `time_ns` lies in, counted from the Unix epoch.
constexpr int64_t SliceOf(int64_t time_ns, int64_t window_ns) {
  return FloorDivide(time_ns, SliceLength(window_ns));
}

// The first moment at which slice `slice` does not count any more.
constexpr int64_t SliceLeavesAt(int64_t slice, int64_t window_ns) {
  return (slice + static_cast<int64_t>(kRingSlices)) * SliceLength(window_ns);
}

// The last moment of slice `slice`.
constexpr int64_t SliceEnd(int64_t slice, int64_t window_ns) {
  return (slice + 1) * SliceLength(window_ns) - 1;
}

// a + b, or the largest number.
constexpr uint64_t SaturatingAdd(uint64_t a, uint64_t b) {
  return a > UINT64_MAX - b ? UINT64_MAX : a + b;
}

// The sums of the last kRingSlices slices. Which slice is the newest one, its user knows.
template <typename Amount>
class SliceRing {
 public:
  Amount& At(int64_t slice) { return amounts_[Place(slice)]; }
  Amount At(int64_t slice) const { return amounts_[Place(slice)]; }

  // The oldest slices leave first: the one from `oldest` on with which at most `room` of `total`,
  // the sum of all, is left; `total` is more.
  int64_t LeavesLast(int64_t oldest, uint64_t total, uint64_t room) const {
    // A busy key fills few slices: empty ones are passed over a word at a time.
    constexpr size_t kOfWord = sizeof(uint64_t) / sizeof(Amount);
    size_t place = Place(oldest);
    for (size_t passed = 0; passed < kRingSlices;) {
      size_t step = 1;
      uint64_t word = 0;
      if (place + kOfWord <= kRingSlices) {
        std::memcpy(&word, &amounts_[place], sizeof(word));
        if (word == 0) step = kOfWord;
      }
      total -= amounts_[place];
      if (total <= room) return oldest + static_cast<int64_t>(passed);
      passed += step;
      place += step;
      if (place == kRingSlices) place = 0;
    }
    return oldest + kSlices;
  }

  // Makes `now` the newest slice after `newest`, and forgets what the window has left behind:
  // returns how much that was.
  uint64_t Advance(int64_t newest, int64_t now) {
    if (now - newest >= static_cast<int64_t>(kRingSlices)) newest = now - kSlices - 1;
    uint64_t forgotten = 0;
    for (int64_t slice = newest + 1; slice <= now; ++slice) {
      Amount& amount = At(slice);
      forgotten = SaturatingAdd(forgotten, amount);
      amount = 0;
    }
    return forgotten;
  }

 private:
  static size_t Place(int64_t slice) {
    constexpr auto kSize = static_cast<int64_t>(kRingSlices);
    const int64_t place = slice % kSize;
    return static_cast<size_t>(place < 0 ? place + kSize : place);
  }

  std::array<Amount, kRingSlices> amounts_ = {};
};

}  // namespace junctor
