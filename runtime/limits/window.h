// The arithmetic of rate limits (R15, R16 for counts): without storage, without a clock, without
// threads. A store keeps one WindowState per key and hands in the time. cost_window.h is the same
// for amounts of money.
//
// Time is nanoseconds since the Unix epoch. It should not run backwards; where it does, nothing is
// admitted that would not have been: a step back of up to one window counts as no time passing, and
// a larger one (a clock that was wrong) moves what is counted to the new time, so that it is
// forgotten one window later.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>

#include "runtime/limits/fixed_window.h"
#include "runtime/limits/sliding_window.h"
#include "runtime/limits/timed_amounts.h"
#include "runtime/limits/window_rule.h"
#include "runtime/program/program_parts.h"

namespace junctor {

// What one limit counted for one key. Movable; a state that was moved from may only be destroyed or
// assigned to. Not thread-safe.
//
// Memory: a fixed window takes sizeof(WindowState), 24 bytes. A sliding one takes kMaxHeapBytes
// more at most, and then errs as follows:
//   up to kMaxExactLimit requests a window  exact: a timestamp each, 72 to 520 bytes
//   more                                    exact for the first 8 of them, 72 bytes; then by slices
//                                           (slice_ring.h), 72 bytes up to 255 requests a slice,
//                                           and 140, 280 or 536 bytes beyond: refuses up to 1/64 of
//                                           the window too long, and never admits too many
class WindowState {
 public:
  static constexpr size_t kMaxHeapBytes = 536;

  explicit WindowState(WindowTechnique technique = WindowTechnique::kFixed);

  // Counts a request at `now_ns` if the rule lets it pass (R16: a refused request takes nothing).
  // The rule may differ from the last one: state outlives a deployment (R17). What was counted and
  // may lie in the window that the new rule looks at counts in it, as far as it is still known:
  // what a fixed window counted, whole, as of its latest request.
  WindowDecision Admit(const WindowRule& rule, int64_t now_ns);

  // How many requests count at `now_ns`, and until when any of them does.
  WindowUse UseAt(const WindowRule& rule, int64_t now_ns);
  uint64_t Counted(const WindowRule& rule, int64_t now_ns) { return UseAt(rule, now_ns).counted; }

  // From this time on the state says nothing that a new one does not: a store may drop it.
  int64_t EmptyAt(const WindowRule& rule) const;

  // Appends what is counted as bytes, for a store that outlives the process: the size of what
  // limits count, 3 to 700 bytes.
  void Encode(std::string* out) const;
  // Takes over what Encode wrote, where the rule was `rule` or another; nothing is lost, and what
  // can't be told exactly counts longer. False where the bytes are none of Encode's: the state is
  // then as it was.
  bool Decode(const WindowRule& rule, std::string_view bytes);

 private:
  using Window = std::variant<FixedWindow, ExactWindow<8>, ExactWindow<16>, ExactWindow<32>,
                              ExactWindow<64>, SliceWindow<uint8_t>, SliceWindow<uint16_t>,
                              SliceWindow<uint32_t>, SliceWindow<uint64_t>>;

  static Window Fresh(WindowTechnique technique);
  // An empty sliding form with room for `counts`.
  static Window WithRoomFor(const WindowRule& rule, const TimedAmounts& counts);
  // The smallest sliding form that holds `counts`, which are not empty.
  static Window SlidingOf(const WindowRule& rule, const TimedAmounts& counts);
  // Makes the technique the rule's.
  void Turn(const WindowRule& rule, int64_t now_ns) {
    const bool is_sliding = !std::holds_alternative<FixedWindow>(window_);
    if (is_sliding != (rule.technique == WindowTechnique::kSliding)) window_ = Turned(rule, now_ns);
  }
  // What counts at `now_ns`, by the other technique, which is the rule's.
  Window Turned(const WindowRule& rule, int64_t now_ns) const;
  // The same counts in the next larger form.
  static Window Grown(const WindowRule& rule, const Window& window);

  Window window_;
};

// The rule of a limit as programs hold it.
WindowRule RuleOf(const LimitSpec& limit);

}  // namespace junctor
