#include "runtime/limits/cost_window.h"

#include <algorithm>
#include <optional>

#include "runtime/limits/slice_ring.h"
#include "runtime/limits/timed_amounts.h"

namespace junctor {

CostWindowState::CostWindowState(WindowTechnique technique) : spend_(Fresh(technique)) {}

CostWindowState::Spend CostWindowState::Fresh(WindowTechnique technique) {
  if (technique == WindowTechnique::kSliding) return SlidingSpend();
  return FixedSpend();
}

CostDecision CostWindowState::Admit(const WindowRule& rule, int64_t now_ns) {
  const int64_t steady_ns = Advance(rule, now_ns);
  return Decide(rule, rule.limit - 1, steady_ns, now_ns);
}

CostDecision CostWindowState::Reserve(const WindowRule& rule, uint64_t amount, int64_t lease_end_ns,
                                      int64_t now_ns) {
  if (amount > rule.limit) return {CostDecision::Verdict::kTooLarge, 0, 0};
  const int64_t steady_ns = Advance(rule, now_ns);
  // A budget that is spent is spent, for a request that costs nothing too.
  const uint64_t room = std::min(rule.limit - 1, rule.limit - amount);
  CostDecision decision = Decide(rule, room, steady_ns, now_ns);
  if (!decision.admitted()) return decision;
  decision.hold = holds_.Add(amount, lease_end_ns);
  if (decision.hold == 0) return {CostDecision::Verdict::kRefused, kHoldRetryNs, 0};
  return decision;
}

HoldId CostWindowState::Hold(const WindowRule& rule, uint64_t amount, int64_t lease_end_ns,
                             int64_t now_ns) {
  Advance(rule, now_ns);
  return holds_.Add(amount, lease_end_ns);
}

void CostWindowState::Charge(const WindowRule& rule, uint64_t amount, int64_t now_ns) {
  Add(rule, amount, Advance(rule, now_ns));
}

void CostWindowState::ChargeHeld(const WindowRule& rule, HoldId hold, uint64_t amount,
                                 int64_t now_ns) {
  Charge(rule, amount, now_ns);
  holds_.Draw(hold, amount);
}

void CostWindowState::Settle(const WindowRule& rule, HoldId hold, uint64_t amount, int64_t now_ns) {
  // Nothing is spent: the time does not matter, and may be that at which the request came, which
  // must not be taken for a clock that was set back.
  if (amount > 0) Charge(rule, amount, now_ns);
  holds_.Remove(hold);
}

void CostWindowState::ClearSpent(const WindowRule& rule) { spend_ = Fresh(rule.technique); }

CostWindowState::Usage CostWindowState::UsageAt(const WindowRule& rule, int64_t now_ns) {
  Advance(rule, now_ns);
  return {spent(), holds_.held()};
}

int64_t CostWindowState::EmptyAt(const WindowRule& rule) const {
  const int64_t spent_until =
      std::visit([&](const auto& spend) { return spend.EmptyAt(rule); }, spend_);
  return std::max(spent_until, holds_.EmptyAt());
}

void CostWindowState::Encode(std::string* out) const {
  TimedAmounts amounts;
  amounts.technique = std::holds_alternative<SlidingSpend>(spend_) ? WindowTechnique::kSliding
                                                                   : WindowTechnique::kFixed;
  std::visit(
      [&](const auto& spend) {
        spend.ForEach([&](int64_t time_ns, uint64_t amount) {
          amounts.items.push_back({std::min(time_ns, newest_ns_), amount});
        });
      },
      spend_);
  amounts.AppendTo(out);
}

bool CostWindowState::Decode(const WindowRule& rule, std::string_view bytes) {
  const std::optional<TimedAmounts> amounts = TimedAmounts::Read(bytes);
  if (!amounts.has_value()) return false;
  *this = CostWindowState(amounts->technique);
  WindowRule written = rule;
  written.technique = amounts->technique;
  for (const TimedAmounts::Item& item : amounts->items) Charge(written, item.amount, item.time_ns);
  return true;
}

int64_t CostWindowState::Advance(const WindowRule& rule, int64_t now_ns) {
  if (now_ns >= newest_ns_) {
    newest_ns_ = now_ns;
  } else if (newest_ns_ - now_ns > rule.window_ns) {
    std::visit([&](auto& spend) { spend.MoveTo(rule, now_ns); }, spend_);
    holds_.MoveBack(newest_ns_ - now_ns);
    newest_ns_ = now_ns;
  }
  const bool is_sliding = std::holds_alternative<SlidingSpend>(spend_);
  if (is_sliding != (rule.technique == WindowTechnique::kSliding)) spend_ = Turned(rule);
  std::visit([&](auto& spend) { spend.Advance(rule, newest_ns_); }, spend_);
  holds_.ForgetEnded(newest_ns_);
  return newest_ns_;
}

CostWindowState::Spend CostWindowState::Turned(const WindowRule& rule) const {
  const int64_t first_ns = rule.technique == WindowTechnique::kSliding
                               ? newest_ns_ - rule.window_ns + 1
                               : FloorDivide(newest_ns_, rule.window_ns) * rule.window_ns;
  Spend turned = Fresh(rule.technique);
  const auto add = [&](int64_t time_ns, uint64_t amount) {
    if (time_ns < first_ns) return;
    std::visit([&](auto& spend) { spend.Add(rule, amount, std::min(time_ns, newest_ns_)); },
               turned);
  };
  std::visit([&](const auto& spend) { spend.ForEach(add); }, spend_);
  return turned;
}

CostDecision CostWindowState::Decide(const WindowRule& rule, uint64_t room, int64_t steady_ns,
                                     int64_t now_ns) const {
  if (SaturatingAdd(spent(), holds_.held()) <= room) return {};
  const int64_t at_ns = std::visit(
      [&](const auto& spend) { return spend.AtMostFrom(rule, room, steady_ns); }, spend_);
  const int64_t wait_ns = at_ns > steady_ns ? at_ns - now_ns : kHoldRetryNs;
  return {CostDecision::Verdict::kRefused, wait_ns, 0};
}

uint64_t CostWindowState::spent() const {
  return std::visit([](const auto& spend) { return spend.spent(); }, spend_);
}

void CostWindowState::Add(const WindowRule& rule, uint64_t amount, int64_t steady_ns) {
  std::visit([&](auto& spend) { spend.Add(rule, amount, steady_ns); }, spend_);
}

}  // namespace junctor
