#include "runtime/limits/sliding_spend.h"

#include <algorithm>
#include <utility>

namespace junctor {

void SlidingSpend::Advance(const WindowRule& rule, int64_t now_ns) {
  if (slices_ != nullptr) {
    if (window_ns_ != rule.window_ns) Reslice(rule, now_ns);
    const int64_t slice = SliceOf(now_ns, window_ns_);
    if (slice <= newest_slice_) return;
    const uint64_t forgotten = slices_->Advance(newest_slice_, slice);
    newest_slice_ = slice;
    if (forgotten > 0) Sum();
    if (spent_ == 0) slices_.reset();
    return;
  }
  const int64_t left_ns = now_ns - rule.window_ns;
  if (charges_.empty() || charges_.front().time_ns > left_ns) return;
  const auto first =
      std::find_if(charges_.begin(), charges_.end(),
                   [left_ns](const Charge& charge) { return charge.time_ns > left_ns; });
  charges_.erase(charges_.begin(), first);
  Sum();
}

void SlidingSpend::Add(const WindowRule& rule, uint64_t amount, int64_t now_ns) {
  if (amount == 0) return;
  spent_ = SaturatingAdd(spent_, amount);
  if (slices_ != nullptr) {
    AddToSlice(now_ns, amount);
    return;
  }
  if (!charges_.empty() && charges_.back().time_ns == now_ns) {
    charges_.back().amount = SaturatingAdd(charges_.back().amount, amount);
    return;
  }
  if (charges_.size() < kMaxExact) {
    // Doubles up to kMaxExact, as the bound of the memory says.
    if (charges_.size() == charges_.capacity()) {
      charges_.reserve(std::clamp<size_t>(2 * charges_.size(), 4, kMaxExact));
    }
    charges_.push_back({now_ns, amount});
    return;
  }
  const std::vector<Charge> charges = std::exchange(charges_, {});
  BeginSlices(rule, now_ns);
  for (const Charge& charge : charges) AddToSlice(charge.time_ns, charge.amount);
  AddToSlice(now_ns, amount);
}

int64_t SlidingSpend::AtMostFrom(const WindowRule& rule, uint64_t amount, int64_t now_ns) const {
  if (spent_ <= amount) return now_ns;
  // The newest leave last: how many of them stay within the amount?
  uint64_t left = 0;
  if (slices_ != nullptr) {
    for (int64_t slice = newest_slice_; slice > newest_slice_ - kSlices; --slice) {
      left = SaturatingAdd(left, slices_->At(slice));
      if (left > amount) return SliceLeavesAt(slice, window_ns_);
    }
    return SliceLeavesAt(newest_slice_ - kSlices, window_ns_);
  }
  for (auto charge = charges_.rbegin(); charge != charges_.rend(); ++charge) {
    left = SaturatingAdd(left, charge->amount);
    if (left > amount) return charge->time_ns + rule.window_ns;
  }
  return now_ns;
}

void SlidingSpend::MoveTo(const WindowRule& rule, int64_t now_ns) {
  const uint64_t spent = std::exchange(spent_, 0);
  charges_.clear();
  slices_.reset();
  Add(rule, spent, now_ns);
}

int64_t SlidingSpend::EmptyAt(const WindowRule& rule) const {
  if (spent_ == 0) return INT64_MIN;
  if (slices_ == nullptr) return charges_.back().time_ns + rule.window_ns;
  int64_t slice = newest_slice_;
  while (slices_->At(slice) == 0) --slice;
  return std::max(SliceLeavesAt(slice, window_ns_),
                  SliceEnd(slice, window_ns_) + 1 + rule.window_ns);
}

void SlidingSpend::BeginSlices(const WindowRule& rule, int64_t newest_ns) {
  slices_ = std::make_unique<SliceRing<uint64_t>>();
  window_ns_ = rule.window_ns;
  newest_slice_ = SliceOf(newest_ns, window_ns_);
}

void SlidingSpend::Reslice(const WindowRule& rule, int64_t now_ns) {
  const std::unique_ptr<SliceRing<uint64_t>> old = std::move(slices_);
  const int64_t old_window_ns = window_ns_;
  const int64_t old_newest = newest_slice_;
  BeginSlices(rule, now_ns);
  for (int64_t slice = old_newest - kSlices; slice <= old_newest; ++slice) {
    AddToSlice(std::min(SliceEnd(slice, old_window_ns), now_ns), old->At(slice));
  }
  Sum();
}

void SlidingSpend::AddToSlice(int64_t time_ns, uint64_t amount) {
  const int64_t slice = SliceOf(time_ns, window_ns_);
  if (newest_slice_ - slice > kSlices) return;  // has left the window
  uint64_t& sum = slices_->At(slice);
  sum = SaturatingAdd(sum, amount);
}

void SlidingSpend::Sum() {
  spent_ = 0;
  for (const Charge& charge : charges_) spent_ = SaturatingAdd(spent_, charge.amount);
  if (slices_ == nullptr) return;
  for (int64_t slice = newest_slice_ - kSlices; slice <= newest_slice_; ++slice) {
    spent_ = SaturatingAdd(spent_, slices_->At(slice));
  }
}

}  // namespace junctor
