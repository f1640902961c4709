// Amounts that requests on their way may still spend (R16, `reserve`).
#pragma once

#include <cstddef>
#include <cstdint>

#include "absl/container/flat_hash_map.h"

namespace junctor {

// Names a hold within its window; 0 names none.
using HoldId = uint64_t;

// The holds of one window of costs. Each ends with its lease at the latest, so that none outlives a
// request that was forgotten. At most kMaxHolds at once. Movable. Not thread-safe.
class CostHolds {
 public:
  // More requests than this that reserve on one key at once are a fault or an attack; so many holds
  // take less than 1 MiB.
  static constexpr size_t kMaxHolds = 16'384;

  // 0 when there are kMaxHolds.
  HoldId Add(uint64_t amount, int64_t lease_end_ns);

  // What was spent is held no more; the hold stays with the rest. Nothing where it has ended.
  void Draw(HoldId id, uint64_t amount);

  // Ends a hold. Nothing where it has ended.
  void Remove(HoldId id);

  // Ends those whose lease has ended at `now_ns`.
  void ForgetEnded(int64_t now_ns);

  // The clock went back so far: the leases with it.
  void MoveBack(int64_t step_ns);

  uint64_t held() const { return held_; }
  size_t size() const { return holds_.size(); }

  // From when on there is no hold; INT64_MIN when there is none.
  int64_t EmptyAt() const;

 private:
  struct Hold {
    uint64_t amount;
    int64_t lease_end_ns;
  };

  // Takes `amount` off held_, which may have been cut off at the largest number.
  void TakeOff(uint64_t amount);

  absl::flat_hash_map<HoldId, Hold> holds_;
  HoldId last_id_ = 0;
  uint64_t held_ = 0;                    // sum of the amounts, or the largest number
  int64_t earliest_end_ns_ = INT64_MAX;  // no lease ends before
};

}  // namespace junctor
