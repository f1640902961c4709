// The arithmetic of rate limits (R15, R16 for counts): without storage, without a clock, without
// threads. A store keeps one WindowState per key and hands in the time.
//
// Time is nanoseconds since the Unix epoch. It should not run backwards; where it does, nothing is
// admitted that would not have been: a step back of up to one window counts as no time passing, and
// a larger one (a clock that was wrong) moves what is counted to the new time, so that it is
// forgotten one window later.
#pragma once

#include <cstdint>
#include <variant>

#include "runtime/limits/fixed_window.h"
#include "runtime/limits/sliding_window.h"
#include "runtime/limits/window_rule.h"
#include "runtime/program/program_parts.h"

namespace junctor {

// What one limit counted for one key. Movable. Not thread-safe.
class WindowState {
 public:
  explicit WindowState(WindowTechnique technique);

  // Counts a request at `now_ns` if the rule lets it pass (R16: a refused request takes nothing).
  // The rule may differ from the last one: state outlives a deployment (R17). A change of technique
  // begins afresh.
  WindowDecision Admit(const WindowRule& rule, int64_t now_ns);

  // From this time on the state says nothing that a new one does not: a store may drop it.
  int64_t EmptyAt(const WindowRule& rule) const;

 private:
  std::variant<FixedWindow, SlidingWindow> window_;
};

// The rule of a count limit as programs hold it.
WindowRule RuleOf(const LimitSpec& limit);

}  // namespace junctor
