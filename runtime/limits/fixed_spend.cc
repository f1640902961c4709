#include "runtime/limits/fixed_spend.h"

#include "runtime/limits/slice_ring.h"

namespace junctor {
namespace {

int64_t StartOf(const WindowRule& rule, int64_t now_ns) {
  return FloorDivide(now_ns, rule.window_ns) * rule.window_ns;
}

}  // namespace

void FixedSpend::Advance(const WindowRule& rule, int64_t now_ns) {
  if (spent_ > 0 && latest_ns_ < StartOf(rule, now_ns)) spent_ = 0;
}

void FixedSpend::Add(const WindowRule&, uint64_t amount, int64_t now_ns) {
  spent_ = SaturatingAdd(spent_, amount);
  latest_ns_ = now_ns;
}

int64_t FixedSpend::AtMostFrom(const WindowRule& rule, uint64_t amount, int64_t now_ns) const {
  return spent_ <= amount ? now_ns : StartOf(rule, now_ns) + rule.window_ns;
}

void FixedSpend::MoveTo(const WindowRule&, int64_t now_ns) { latest_ns_ = now_ns; }

int64_t FixedSpend::EmptyAt(const WindowRule& rule) const {
  if (spent_ == 0) return INT64_MIN;
  if (rule.technique == WindowTechnique::kSliding) return latest_ns_ + rule.window_ns;
  return StartOf(rule, latest_ns_) + rule.window_ns;
}

}  // namespace junctor
