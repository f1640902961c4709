#include "runtime/limits/fixed_window.h"

namespace junctor {

WindowDecision FixedWindow::Admit(const WindowRule& rule, int64_t now_ns) {
  const int64_t current = FloorDivide(now_ns, rule.window_ns) * rule.window_ns;
  // The start is aligned anew, since the length may have changed with a deployment.
  const int64_t counted = FloorDivide(start_ns_, rule.window_ns) * rule.window_ns;
  if (current > counted) {
    count_ = 0;
    start_ns_ = current;
  } else if (counted - current > rule.window_ns) {
    start_ns_ = current;  // the clock was wrong before
  } else {
    start_ns_ = counted;
  }
  if (count_ < rule.limit) {
    ++count_;
    return {};
  }
  return {false, start_ns_ + rule.window_ns - now_ns};
}

int64_t FixedWindow::EmptyAt(const WindowRule& rule) const {
  return count_ == 0 ? start_ns_ : start_ns_ + rule.window_ns;
}

}  // namespace junctor
