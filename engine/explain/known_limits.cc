#include "engine/explain/known_limits.h"

#include <algorithm>
#include <string>

#include "absl/strings/match.h"
#include "engine/config/format_settings.h"
#include "engine/prices/call_bound.h"
#include "engine/prices/custom_cost.h"
#include "runtime/limits/cost_window.h"
#include "runtime/limits/slice_ring.h"
#include "runtime/limits/timed_amounts.h"
#include "runtime/limits/window.h"

namespace junctor::engine {
namespace {

const LimitRow* FindRow(const LimitSpec& limit, std::string_view element, std::string_view key,
                        const KnownLimits& known) {
  const auto found = std::find_if(known.rows.begin(), known.rows.end(), [&](const LimitRow& row) {
    return row.type == limit.type && row.element == element && row.key == key;
  });
  return found == known.rows.end() ? nullptr : &*found;
}

// When all of `row` was spent, as late as it can have been.
int64_t SpentAt(const WindowRule& rule, const LimitRow& row, int64_t now_ns) {
  if (row.reset_ns == 0) return now_ns;
  if (rule.technique == WindowTechnique::kSliding) return row.reset_ns - rule.window_ns;
  return FloorDivide(row.reset_ns - 1, rule.window_ns) * rule.window_ns;
}

void OutlookOfCount(const WindowRule& rule, const LimitRow& row, int64_t now_ns,
                    LimitOutlook* outlook) {
  WindowState window(rule.technique);
  if (row.spent > 0) {
    int64_t time_ns = SpentAt(rule, row, now_ns);
    // A fixed window is named by its start.
    if (rule.technique == WindowTechnique::kFixed) {
      time_ns = FloorDivide(time_ns, rule.window_ns) * rule.window_ns;
    }
    std::string bytes;
    TimedAmounts{rule.technique, {{time_ns, row.spent}}}.AppendTo(&bytes);
    window.Decode(rule, bytes);
  }
  outlook->spent = window.Counted(rule, now_ns);
  const WindowDecision decision = window.Admit(rule, now_ns);
  outlook->admitted = decision.admitted;
  outlook->retry_after_ms = decision.retry_after_ms();
}

void OutlookOfCost(const WindowRule& rule, const LimitRow& row, std::optional<uint64_t> estimate,
                   int64_t now_ns, LimitOutlook* outlook) {
  CostWindowState window(rule.technique);
  if (row.spent > 0) window.Charge(rule, row.spent, SpentAt(rule, row, now_ns));
  if (row.held > 0) window.Hold(rule, row.held, now_ns + kHoldLeaseNs, now_ns);
  const CostWindowState::Usage usage = window.UsageAt(rule, now_ns);
  outlook->spent = usage.spent;
  outlook->held = usage.held;
  outlook->holds = estimate;
  const CostDecision decision = estimate.has_value()
                                    ? window.Reserve(rule, *estimate, now_ns + kHoldLeaseNs, now_ns)
                                    : window.Admit(rule, now_ns);
  outlook->admitted = decision.admitted();
  outlook->too_large = decision.verdict == CostDecision::Verdict::kTooLarge;
  if (outlook->too_large) {
    outlook->retry_after_ms = WindowDecision{false, rule.window_ns}.retry_after_ms();
    return;
  }
  outlook->retry_after_ms = WindowDecision{false, decision.retry_after_ns}.retry_after_ms();
}

}  // namespace

LimitOutlook OutlookOf(const LimitSpec& limit, std::string_view element, std::string_view key,
                       const KnownLimits& known, std::optional<uint64_t> estimate) {
  const LimitRow* const found = FindRow(limit, element, key, known);
  const LimitRow row = found == nullptr ? LimitRow() : *found;
  WindowRule rule = RuleOf(limit);
  // A grant ends with a fixed window, as what was spent there does.
  const bool is_over = row.reset_ns != 0 && row.spent > 0 && row.reset_ns <= known.unix_nanoseconds;
  if (!is_over) rule.limit = SaturatingAdd(rule.limit, row.granted);
  LimitOutlook outlook;
  outlook.limit = rule.limit;
  if (limit.type == LimitType::kCount) {
    OutlookOfCount(rule, row, known.unix_nanoseconds, &outlook);
  } else {
    OutlookOfCost(rule, row, limit.reserve ? estimate : std::nullopt, known.unix_nanoseconds,
                  &outlook);
  }
  // Slices leave a little later than what they count; when nothing counts any more is known.
  if (!outlook.admitted && !outlook.too_large && row.reset_ns > known.unix_nanoseconds) {
    const WindowDecision reset = {false, row.reset_ns - known.unix_nanoseconds};
    outlook.retry_after_ms = std::min(outlook.retry_after_ms, reset.retry_after_ms());
  }
  outlook.left = rule.limit - std::min(rule.limit, SaturatingAdd(outlook.spent, outlook.held));
  return outlook;
}

std::optional<uint64_t> HoldOf(const Program& program, const Request& request,
                               const KnownLimits& known) {
  if (known.prices.table == nullptr) return std::nullopt;
  constexpr int64_t kNanosecondsOfSecond = 1'000'000'000;
  std::optional<PriceSet> custom;
  for (const HeaderField& header : request.headers) {
    if (!absl::EqualsIgnoreCase({header.name.data(), header.name.size()}, "cf-aig-custom-cost")) {
      continue;
    }
    const absl::StatusOr<PriceSet> cost = ParseCustomCost(header.value);
    if (cost.ok()) custom = *cost;
  }
  CallSize size = request.body == nullptr ? SizeOfCall(request.body_bytes, std::nullopt)
                                          : SizeOfCall(request.body_bytes, *request.body);
  // The operator's own is not known here.
  size.default_max_tokens = FormatSettings().default_max_tokens;
  const int64_t lease_ns = HoldLeaseOf(program.parts(), kHoldLeaseNs);
  uint64_t holds = 0;
  for (const ModelSpec& model : program.parts().models) {
    const std::string_view provider = known.providers == nullptr
                                          ? std::string_view(model.provider)
                                          : SlugOf(*known.providers, model.provider);
    const NanoDollars bound =
        BoundOfCall(known.prices, custom, provider, model.model, WithParams(size, model.params),
                    known.unix_nanoseconds / kNanosecondsOfSecond, lease_ns / kNanosecondsOfSecond);
    holds = std::max(holds, static_cast<uint64_t>(bound));
  }
  return holds;
}

}  // namespace junctor::engine
