#include "engine/gateway/spending.h"

#include <algorithm>
#include <utility>

#include "runtime/limits/slice_ring.h"

namespace junctor::engine {
namespace {

constexpr int64_t kNanosecondsPerUnixSecond = 1'000'000'000;

}  // namespace

Spending::Spending(LimitBackend* limits, const PriceBook& prices, std::optional<PriceSet> custom,
                   SpendLimits rules)
    : limits_(limits), prices_(prices), custom_(std::move(custom)), rules_(std::move(rules)) {}

Spending::~Spending() {
  for (Passed& passed : passed_) {
    limits_->Settle(&passed.hold.ticket, last_unix_nanoseconds_);
    for (Hold& hold : passed.more) limits_->Settle(&hold.ticket, last_unix_nanoseconds_);
  }
}

uint64_t Spending::BoundOf(std::string_view provider, std::string_view model, const CallSize& size,
                           int64_t unix_nanoseconds, int64_t lease_ns) const {
  return static_cast<uint64_t>(BoundOfCall(prices_, custom_, provider, model, size,
                                           unix_nanoseconds / kNanosecondsPerUnixSecond,
                                           lease_ns / kNanosecondsPerUnixSecond));
}

void Spending::Add(const LimitAsk& ask, LimitTicket ticket, int64_t unix_nanoseconds) {
  last_unix_nanoseconds_ = unix_nanoseconds;
  if (!ticket) return;
  Hold hold = {std::move(ticket), ask.spec->reserve ? ask.estimate : 0,
               unix_nanoseconds + ask.lease_ns};
  Passed& passed = passed_.emplace_back();
  passed.ask = ask;
  if (ask.spec->reserve) passed.key = ask.key;
  passed.ask.key = {};
  passed.hold = std::move(hold);
}

bool Spending::reserves() const {
  return std::any_of(passed_.begin(), passed_.end(),
                     [](const Passed& passed) { return passed.ask.spec->reserve; });
}

std::vector<TopUp> Spending::MissingFor(uint64_t bound, int64_t unix_nanoseconds) const {
  std::vector<TopUp> missing;
  for (size_t i = 0; i < passed_.size(); ++i) {
    const Passed& passed = passed_[i];
    if (!passed.ask.spec->reserve) continue;
    uint64_t held = passed.hold.LeftAt(unix_nanoseconds);
    for (const Hold& hold : passed.more) {
      held = SaturatingAdd(held, hold.LeftAt(unix_nanoseconds));
    }
    const uint64_t needed = SaturatingAdd(passed.claimed, bound);
    if (needed <= held) continue;
    TopUp& top_up = missing.emplace_back();
    top_up.limit = i;
    top_up.ask = passed.ask;
    top_up.ask.key = passed.key;
    top_up.ask.estimate = needed - held;
  }
  return missing;
}

void Spending::AddHold(const TopUp& top_up, LimitTicket ticket, int64_t unix_nanoseconds) {
  last_unix_nanoseconds_ = unix_nanoseconds;
  passed_[top_up.limit].more.push_back(
      {std::move(ticket), top_up.ask.estimate, unix_nanoseconds + top_up.ask.lease_ns});
}

void Spending::Begin(uint64_t bound, CallClaim* claim) {
  Release(claim);
  *claim = {passed_.size(), bound, true};
  for (Passed& passed : passed_) passed.claimed = SaturatingAdd(passed.claimed, bound);
}

void Spending::Release(CallClaim* claim) {
  if (!std::exchange(claim->is_open, false)) return;
  for (size_t i = 0; i < claim->limits; ++i) {
    passed_[i].claimed -= std::min(passed_[i].claimed, claim->bound);
  }
}

// Each hold is drawn for what it has; what no hold covers is charged with the last one, since a
// limit counts all that is spent.
void Spending::ChargeLimit(Passed* passed, uint64_t amount, int64_t unix_nanoseconds) {
  uint64_t rest = amount;
  Hold* hold = &passed->hold;
  for (Hold& next : passed->more) {
    if (hold->LeftAt(unix_nanoseconds) >= rest) break;
    const uint64_t part = hold->LeftAt(unix_nanoseconds);
    if (part > 0) limits_->Charge(hold->ticket, part, unix_nanoseconds);
    hold->left = 0;
    rest -= part;
    if (next.ticket) hold = &next;
  }
  limits_->Charge(hold->ticket, rest, unix_nanoseconds);
  hold->left -= std::min(hold->left, rest);
}

void Spending::Charge(CallClaim* claim, std::string_view provider, std::string_view model,
                      const std::optional<Usage>& usage, uint64_t request_bytes,
                      uint64_t answer_bytes, int64_t unix_nanoseconds) {
  Usage used = usage.value_or(Usage());
  const bool told = used.input.has_value() && used.output.has_value();
  if (!used.input.has_value()) used.input = EstimateTokens(request_bytes);
  if (!used.output.has_value()) used.output = EstimateTokens(answer_bytes);
  FoundPrices found;
  if (custom_.has_value()) {
    found.prices = *custom_;
    found.own = true;
  } else {
    found = prices_.PricesAt(provider, model, *used.input,
                             unix_nanoseconds / kNanosecondsPerUnixSecond);
  }
  Cost cost = CostOf(found.prices, used);
  // What the provider charged counts before what the built-in prices say of it.
  if (told && used.dollars.has_value() && !found.own) {
    cost = {NanoDollarsOf(*used.dollars), true};
    found.known = true;
  }
  // What is held is the most that the call can cost: an estimate above it is wrong, and would break
  // a limit that the call has kept.
  if (!told && claim->bound > 0) {
    cost.amount = std::min(cost.amount, static_cast<NanoDollars>(claim->bound));
  }
  const bool is_complete = custom_.has_value() || cost.complete;
  is_estimated_ = is_estimated_ || !told || !found.known || !is_complete;
  total_ += cost.amount;
  last_unix_nanoseconds_ = unix_nanoseconds;
  const auto amount = static_cast<uint64_t>(cost.amount);
  for (size_t i = 0; i < claim->limits; ++i) ChargeLimit(&passed_[i], amount, unix_nanoseconds);
  rules_.Charge(limits_, provider, model, amount, unix_nanoseconds);
  Release(claim);
}

}  // namespace junctor::engine
