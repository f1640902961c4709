#include "runtime/limits/fixed_spend.h"

#include "runtime/limits/slice_ring.h"

namespace junctor {
namespace {

int64_t StartOf(const WindowRule& rule, int64_t now_ns) {
  return FloorDivide(now_ns, rule.window_ns) * rule.window_ns;
}

}  // namespace

void FixedSpend::Advance(const WindowRule& rule, int64_t now_ns) {
  if (spent_ == 0) return;
  // The start is aligned anew, since the length may have changed with a deployment.
  const int64_t current = StartOf(rule, now_ns);
  if (start_ns_ < current) spent_ = 0;
  start_ns_ = current;
}

void FixedSpend::Add(const WindowRule& rule, uint64_t amount, int64_t now_ns) {
  spent_ = SaturatingAdd(spent_, amount);
  start_ns_ = StartOf(rule, now_ns);
}

int64_t FixedSpend::AtMostFrom(const WindowRule& rule, uint64_t amount, int64_t now_ns) const {
  return spent_ <= amount ? now_ns : start_ns_ + rule.window_ns;
}

void FixedSpend::MoveTo(const WindowRule& rule, int64_t now_ns) {
  start_ns_ = StartOf(rule, now_ns);
}

int64_t FixedSpend::EmptyAt(const WindowRule& rule) const {
  return spent_ == 0 ? INT64_MIN : StartOf(rule, start_ns_) + rule.window_ns;
}

}  // namespace junctor
