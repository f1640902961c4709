#include "runtime/limits/cost_holds.h"

#include <algorithm>

#include "runtime/limits/slice_ring.h"

namespace junctor {

HoldId CostHolds::Add(uint64_t amount, int64_t lease_end_ns) {
  if (holds_.size() >= kMaxHolds) return 0;
  holds_.emplace(++last_id_, Hold{amount, lease_end_ns});
  held_ = SaturatingAdd(held_, amount);
  earliest_end_ns_ = std::min(earliest_end_ns_, lease_end_ns);
  return last_id_;
}

void CostHolds::Draw(HoldId id, uint64_t amount) {
  const auto hold = holds_.find(id);
  if (hold == holds_.end()) return;
  const uint64_t drawn = std::min(amount, hold->second.amount);
  hold->second.amount -= drawn;
  TakeOff(drawn);
}

void CostHolds::Remove(HoldId id) {
  const auto hold = holds_.find(id);
  if (hold == holds_.end()) return;
  const uint64_t amount = hold->second.amount;
  holds_.erase(hold);
  TakeOff(amount);
}

void CostHolds::ForgetEnded(int64_t now_ns) {
  if (now_ns < earliest_end_ns_) return;
  earliest_end_ns_ = INT64_MAX;
  held_ = 0;
  for (auto hold = holds_.begin(); hold != holds_.end();) {
    if (hold->second.lease_end_ns <= now_ns) {
      holds_.erase(hold++);
      continue;
    }
    held_ = SaturatingAdd(held_, hold->second.amount);
    earliest_end_ns_ = std::min(earliest_end_ns_, hold->second.lease_end_ns);
    ++hold;
  }
}

void CostHolds::MoveBack(int64_t step_ns) {
  if (holds_.empty()) return;
  for (auto& [id, hold] : holds_) hold.lease_end_ns -= step_ns;
  earliest_end_ns_ -= step_ns;
}

int64_t CostHolds::EmptyAt() const {
  int64_t latest = INT64_MIN;
  for (const auto& [id, hold] : holds_) latest = std::max(latest, hold.lease_end_ns);
  return latest;
}

void CostHolds::TakeOff(uint64_t amount) {
  if (held_ != UINT64_MAX) {
    held_ -= amount;
    return;
  }
  held_ = 0;
  for (const auto& [id, hold] : holds_) held_ = SaturatingAdd(held_, hold.amount);
}

}  // namespace junctor
