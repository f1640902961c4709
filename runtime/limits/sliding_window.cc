#include "runtime/limits/sliding_window.h"

#include <algorithm>
#include <cstddef>

namespace junctor {
namespace {

// Appends to a vector whose items before `*first` are forgotten. Gives their room to the new ones
// when they are a quarter, so that the cost per item is constant and the capacity stays within
// twice of what is used.
template <typename T>
void Append(const T& item, std::vector<T>* items, size_t* first) {
  if (items->size() == items->capacity()) {
    if (*first * 4 >= items->size() && *first > 0) {
      items->erase(items->begin(), items->begin() + static_cast<std::ptrdiff_t>(*first));
      *first = 0;
    } else {
      items->reserve(items->size() + items->size() / 2 + 4);
    }
  }
  items->push_back(item);
}

template <typename T, typename TimeOf>
void ForgetUntil(int64_t time_ns, std::vector<T>* items, size_t* first, TimeOf time_of) {
  while (*first < items->size() && time_of((*items)[*first]) <= time_ns) ++*first;
  if (*first == items->size()) {
    items->clear();
    *first = 0;
  }
}

}  // namespace

WindowDecision SlidingWindow::Admit(const WindowRule& rule, int64_t now_ns) {
  const int64_t steady_ns = Steady(rule, now_ns);
  Forget(rule, steady_ns);
  if (slices_.empty() && rule.limit > kMaxExact) {
    const std::vector<int64_t> times(times_.begin() + static_cast<std::ptrdiff_t>(first_),
                                     times_.end());
    times_ = {};
    first_ = 0;
    for (const int64_t time : times) CountInSlice(rule, time);
  }
  const bool by_slices = !slices_.empty() || rule.limit > kMaxExact;
  WindowDecision decision =
      by_slices ? AdmitBySlices(rule, steady_ns) : AdmitExactly(rule, steady_ns);
  if (!decision.admitted) decision.retry_after_ns += steady_ns - now_ns;
  return decision;
}

int64_t SlidingWindow::Steady(const WindowRule& rule, int64_t now_ns) {
  if (now_ns >= newest_ns_) {
    newest_ns_ = now_ns;
  } else if (newest_ns_ - now_ns > rule.window_ns) {
    for (int64_t& time : times_) time = std::min(time, now_ns);
    for (Slice& slice : slices_) slice.newest_ns = std::min(slice.newest_ns, now_ns);
    newest_ns_ = now_ns;
  }
  return newest_ns_;
}

void SlidingWindow::Forget(const WindowRule& rule, int64_t now_ns) {
  const int64_t left_ns = now_ns - rule.window_ns;
  if (slices_.empty()) {
    ForgetUntil(left_ns, &times_, &first_, [](int64_t time) { return time; });
  } else {
    ForgetUntil(left_ns, &slices_, &first_, [](const Slice& slice) { return slice.newest_ns; });
  }
}

WindowDecision SlidingWindow::AdmitExactly(const WindowRule& rule, int64_t now_ns) {
  const size_t counted = times_.size() - first_;
  if (counted < rule.limit) {
    Append(now_ns, &times_, &first_);
    return {};
  }
  const int64_t last_to_leave = times_[times_.size() - static_cast<size_t>(rule.limit)];
  return {false, last_to_leave + rule.window_ns - now_ns};
}

WindowDecision SlidingWindow::AdmitBySlices(const WindowRule& rule, int64_t now_ns) {
  uint64_t counted = 0;
  for (size_t i = first_; i < slices_.size(); ++i) counted += slices_[i].count;
  if (counted < rule.limit) {
    CountInSlice(rule, now_ns);
    return {};
  }
  size_t leaving = first_;
  while (counted - slices_[leaving].count >= rule.limit) counted -= slices_[leaving++].count;
  return {false, slices_[leaving].newest_ns + rule.window_ns - now_ns};
}

void SlidingWindow::CountInSlice(const WindowRule& rule, int64_t time_ns) {
  const int64_t slice_ns = rule.window_ns / kSlices;
  const int64_t newest_ns = (FloorDivide(time_ns, slice_ns) + 1) * slice_ns - 1;
  // A last slice that ends later is one of a longer window, before a deployment changed it.
  if (!slices_.empty() && slices_.back().newest_ns >= newest_ns) {
    ++slices_.back().count;
  } else {
    Append(Slice{newest_ns, 1}, &slices_, &first_);
  }
}

int64_t SlidingWindow::EmptyAt(const WindowRule& rule) const {
  if (!slices_.empty()) return slices_.back().newest_ns + rule.window_ns;
  if (!times_.empty()) return times_.back() + rule.window_ns;
  return INT64_MIN;
}

}  // namespace junctor
