// What was spent in windows that follow each other, aligned to multiples of their length since the
// Unix epoch (R15, R16).
#pragma once

#include <cstdint>

#include "runtime/limits/window_rule.h"

namespace junctor {

// What was spent in the current fixed window. Times that are handed in never run backwards, but by
// MoveTo. 16 bytes, trivially copyable. As FixedWindow, it keeps the time of the latest charge and
// no length: after a change of the length all counts as long as that lies in the current window.
class FixedSpend {
 public:
  // Forgets what the window that `now_ns` lies in does not hold.
  void Advance(const WindowRule& rule, int64_t now_ns);

  // After Advance to the same time:
  void Add(const WindowRule& rule, uint64_t amount, int64_t now_ns);
  uint64_t spent() const { return spent_; }
  // From when on at most `amount` is left, if nothing is added.
  int64_t AtMostFrom(const WindowRule& rule, uint64_t amount, int64_t now_ns) const;

  // The clock was wrong: all that is counted was spent at `now_ns`.
  void MoveTo(const WindowRule& rule, int64_t now_ns);

  // By a rule of either technique: the state may not have been turned yet.
  int64_t EmptyAt(const WindowRule& rule) const;

  // Calls visit(time, amount) for what was spent, if anything.
  template <typename Visit>
  void ForEach(Visit visit) const {
    if (spent_ > 0) visit(latest_ns_, spent_);
  }

 private:
  int64_t latest_ns_ = INT64_MIN;  // when something was spent last
  uint64_t spent_ = 0;
};

}  // namespace junctor
