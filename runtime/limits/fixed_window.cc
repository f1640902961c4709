#include "runtime/limits/fixed_window.h"

namespace junctor {

WindowDecision FixedWindow::Admit(const WindowRule& rule, int64_t now_ns) {
  Advance(rule, now_ns);
  if (count_ < rule.limit) {
    ++count_;
    return {};
  }
  return {false, start_ns_ + rule.window_ns - now_ns};
}

uint64_t FixedWindow::Counted(const WindowRule& rule, int64_t now_ns) {
  Advance(rule, now_ns);
  return count_;
}

void FixedWindow::Advance(const WindowRule& rule, int64_t now_ns) {
  const int64_t current = FloorDivide(now_ns, rule.window_ns) * rule.window_ns;
  if (start_ns_ < current) {
    count_ = 0;
    start_ns_ = current;
  } else if (start_ns_ - current < rule.window_ns) {
    start_ns_ = current;  // aligned anew, since the length may have changed with a deployment
  } else {
    // The clock went back. Far back: it was wrong before.
    const int64_t counted = FloorDivide(start_ns_, rule.window_ns) * rule.window_ns;
    start_ns_ = counted - current > rule.window_ns ? current : counted;
  }
}

int64_t FixedWindow::EmptyAt(const WindowRule& rule) const {
  return count_ == 0 ? start_ns_ : start_ns_ + rule.window_ns;
}

}  // namespace junctor
