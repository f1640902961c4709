#include "runtime/limits/fixed_window.h"

#include <algorithm>

namespace junctor {

WindowDecision FixedWindow::Admit(const WindowRule& rule, int64_t now_ns) {
  const int64_t start_ns = Advance(rule, now_ns);
  if (count_ < rule.limit) {
    ++count_;
    latest_ns_ = std::max(latest_ns_, now_ns);
    return {};
  }
  return {false, start_ns + rule.window_ns - now_ns};
}

WindowUse FixedWindow::UseAt(const WindowRule& rule, int64_t now_ns) {
  const int64_t start_ns = Advance(rule, now_ns);
  return {count_, count_ == 0 ? start_ns : start_ns + rule.window_ns};
}

int64_t FixedWindow::Advance(const WindowRule& rule, int64_t now_ns) {
  const int64_t current = FloorDivide(now_ns, rule.window_ns) * rule.window_ns;
  if (latest_ns_ < current) {
    count_ = 0;
    latest_ns_ = current;
    return current;
  }
  if (latest_ns_ - current < rule.window_ns) return current;
  // The clock went back. Far back: it was wrong before.
  const int64_t counted = FloorDivide(latest_ns_, rule.window_ns) * rule.window_ns;
  if (counted - current <= rule.window_ns) return counted;
  latest_ns_ = now_ns;
  return current;
}

int64_t FixedWindow::EmptyAt(const WindowRule& rule) const {
  if (count_ == 0) return latest_ns_;
  if (rule.technique == WindowTechnique::kSliding) return latest_ns_ + rule.window_ns;
  return (FloorDivide(latest_ns_, rule.window_ns) + 1) * rule.window_ns;
}

}  // namespace junctor
