// What was spent in the window that ends now (R15, R16). Intervals are half open: what was spent
// exactly one window ago does not count.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "runtime/limits/slice_ring.h"
#include "runtime/limits/window_rule.h"

namespace junctor {

// Charges of the last window. Times that are handed in never run backwards, but by MoveTo. Movable.
//
// Exact up to kMaxExact charges in a window, those of the same nanosecond being one; beyond, by
// slices, until the window is empty: then a charge counts up to 1/64 of the window too long. Takes
// at most kMaxHeapBytes beside itself.
class SlidingSpend {
 public:
  static constexpr size_t kMaxExact = 32;
  static constexpr size_t kMaxHeapBytes = sizeof(SliceRing<uint64_t>);

  // Forgets what has left the window that ends at `now_ns`.
  void Advance(const WindowRule& rule, int64_t now_ns);

  // After Advance to the same time:
  void Add(const WindowRule& rule, uint64_t amount, int64_t now_ns);
  uint64_t spent() const { return spent_; }
  // From when on at most `amount` is left, if nothing is added.
  int64_t AtMostFrom(const WindowRule& rule, uint64_t amount, int64_t now_ns) const;

  // The clock was wrong: all that is counted was spent at `now_ns`.
  void MoveTo(const WindowRule& rule, int64_t now_ns);

  int64_t EmptyAt(const WindowRule& rule) const;

  // Calls visit(time, amount) for what was spent, the oldest first, with the latest time that it
  // can have been spent at.
  template <typename Visit>
  void ForEach(Visit visit) const {
    for (const Charge& charge : charges_) visit(charge.time_ns, charge.amount);
    if (slices_ == nullptr) return;
    for (int64_t slice = newest_slice_ - kSlices; slice <= newest_slice_; ++slice) {
      if (slices_->At(slice) > 0) visit(SliceEnd(slice, window_ns_), slices_->At(slice));
    }
  }

 private:
  struct Charge {
    int64_t time_ns;
    uint64_t amount;
  };
  static_assert(kMaxExact * sizeof(Charge) <= kMaxHeapBytes);

  // Begins with slices of the rule's window: none with anything in it.
  void BeginSlices(const WindowRule& rule, int64_t newest_ns);
  // Slices of another window length, before a deployment changed it: sorts them into new ones.
  void Reslice(const WindowRule& rule, int64_t now_ns);
  void AddToSlice(int64_t time_ns, uint64_t amount);
  // Sums anew: a sum that was cut off at the largest number can't be taken from.
  void Sum();

  std::vector<Charge> charges_;                  // the oldest first; empty where there are slices
  std::unique_ptr<SliceRing<uint64_t>> slices_;  // null while exact
  int64_t window_ns_ = 0;                        // that slices_ are parts of
  int64_t newest_slice_ = 0;
  uint64_t spent_ = 0;  // sum of all, or the largest number
};

}  // namespace junctor
