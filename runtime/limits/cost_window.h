// The arithmetic of budgets (R16 for costs): amounts in windows, and holds of what may still be
// spent. Without storage, without a clock, without threads, as window.h; time is as there, and the
// rule's `limit` and all amounts are nano-dollars (1e-9 US dollar). Sums that would overflow stay
// at the largest number.
//
// A charge counts at the time when it is made, not when its request passed: usage is known late,
// and what is spent in a window is what the window is charged with. A hold counts in every window
// until it is settled or its lease ends, since it may be charged in any of them.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>

#include "runtime/limits/cost_holds.h"
#include "runtime/limits/fixed_spend.h"
#include "runtime/limits/sliding_spend.h"
#include "runtime/limits/window_rule.h"
#include "runtime/program/program_parts.h"

namespace junctor {

// What a budget says to one request.
struct CostDecision {
  enum class Verdict : uint8_t {
    kAdmitted,
    kRefused,   // see retry_after_ns
    kTooLarge,  // the amount to reserve is above the whole limit: it can't ever pass
  };
  Verdict verdict = Verdict::kAdmitted;
  // kRefused: when, from now, enough will have left the window for the request to pass, if none
  // came before. Where it is only holds that stand in the way, at most kHoldRetryNs: they may be
  // settled at any time.
  int64_t retry_after_ns = 0;
  HoldId hold = 0;  // Reserve that admitted: to be settled

  bool admitted() const { return verdict == Verdict::kAdmitted; }
};

inline constexpr int64_t kHoldRetryNs = kNanosecondsPerSecond;

// What one cost limit counted for one key. Movable; a state that was moved from may only be
// destroyed or assigned to. Not thread-safe.
//
// Memory: sizeof(CostWindowState), at most 160 bytes; SlidingSpend::kMaxHeapBytes more for a
// sliding window; and 60 bytes or less for each hold that is open.
class CostWindowState {
 public:
  explicit CostWindowState(WindowTechnique technique = WindowTechnique::kFixed);

  // Whether a request passes: while what was spent in the window, and what is held, is below the
  // limit. Takes nothing. The rule may differ from the last one: state outlives a deployment (R17),
  // as that of WindowState does.
  CostDecision Admit(const WindowRule& rule, int64_t now_ns);

  // As Admit, and only if `amount` has room too: then it is held, so that no other request passes
  // on it. As long as requests spend at most what they hold, the limit is never passed.
  CostDecision Reserve(const WindowRule& rule, uint64_t amount, int64_t lease_end_ns,
                       int64_t now_ns);

  // Holds an amount in any case. 0 when there are CostHolds::kMaxHolds already.
  HoldId Hold(const WindowRule& rule, uint64_t amount, int64_t lease_end_ns, int64_t now_ns);

  // Adds to what was spent. With a hold, which then holds so much less.
  void Charge(const WindowRule& rule, uint64_t amount, int64_t now_ns);
  void ChargeHeld(const WindowRule& rule, HoldId hold, uint64_t amount, int64_t now_ns);

  // Charges `amount` and ends the hold, also one whose lease has ended before. To be called once
  // with an amount; again with 0 does nothing. With 0 the time is not looked at.
  void Settle(const WindowRule& rule, HoldId hold, uint64_t amount, int64_t now_ns);

  // Forgets what was spent. Holds stay: their requests are on their way.
  void ClearSpent(const WindowRule& rule);

  // What counts at `now_ns`.
  struct Usage {
    uint64_t spent = 0;
    uint64_t held = 0;
  };
  Usage UsageAt(const WindowRule& rule, int64_t now_ns);

  // From this time on the state says nothing that a new one does not: a store may drop it.
  int64_t EmptyAt(const WindowRule& rule) const;

  // As those of WindowState, of what was spent. Holds are left out: no request outlives the process
  // that it came to.
  void Encode(std::string* out) const;
  bool Decode(const WindowRule& rule, std::string_view bytes);

 private:
  using Spend = std::variant<FixedSpend, SlidingSpend>;

  static Spend Fresh(WindowTechnique technique);
  // What may count at newest_ns_ by the other technique, which is the rule's.
  Spend Turned(const WindowRule& rule) const;
  // Moves on to `now_ns`, forgets what has left and returns the time to count by.
  int64_t Advance(const WindowRule& rule, int64_t now_ns);
  // Whether spent and held are at most `room`.
  CostDecision Decide(const WindowRule& rule, uint64_t room, int64_t steady_ns,
                      int64_t now_ns) const;
  uint64_t spent() const;
  void Add(const WindowRule& rule, uint64_t amount, int64_t steady_ns);

  Spend spend_;
  CostHolds holds_;
  int64_t newest_ns_ = INT64_MIN;  // latest time that was handed in
};

}  // namespace junctor
