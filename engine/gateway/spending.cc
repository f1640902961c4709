#include "engine/gateway/spending.h"

#include <algorithm>
#include <utility>

namespace junctor::engine {
namespace {

constexpr int64_t kNanosecondsPerUnixSecond = 1'000'000'000;

}  // namespace

Spending::Spending(LimitBackend* limits, const PriceBook* prices, std::optional<PriceSet> custom,
                   SpendLimits rules)
    : limits_(limits), prices_(prices), custom_(std::move(custom)), rules_(std::move(rules)) {}

Spending::~Spending() {
  for (LimitTicket& ticket : tickets_) limits_->Settle(&ticket, last_unix_nanoseconds_);
}

PriceSet Spending::PricesOfModel(std::string_view provider, std::string_view model,
                                 uint64_t input_tokens, int64_t unix_seconds, bool* known) const {
  *known = true;
  if (custom_.has_value()) return *custom_;
  if (const ModelPrice* price = prices_->table->Find(provider, model)) {
    return PricesAt(*price, input_tokens, unix_seconds);
  }
  *known = false;
  return PricesOf(prices_->unknown);
}

NanoDollars Spending::EstimateOf(const Program& program, uint64_t body_bytes,
                                 std::optional<uint64_t> max_tokens,
                                 int64_t unix_nanoseconds) const {
  NanoDollars estimate = 0;
  const uint64_t input = EstimateTokens(body_bytes);
  for (const ModelSpec& model : program.parts().models) {
    bool known = false;
    const PriceSet prices = PricesOfModel(model.provider, model.model, input,
                                          unix_nanoseconds / kNanosecondsPerUnixSecond, &known);
    estimate = std::max(estimate,
                        UpperBoundOf(prices, input, max_tokens.value_or(kUnboundedOutputTokens)));
  }
  return estimate;
}

void Spending::Add(LimitTicket ticket, int64_t unix_nanoseconds) {
  last_unix_nanoseconds_ = unix_nanoseconds;
  if (ticket) tickets_.push_back(std::move(ticket));
}

void Spending::Charge(std::string_view provider, std::string_view model,
                      const std::optional<Usage>& usage, uint64_t request_bytes,
                      uint64_t answer_bytes, int64_t unix_nanoseconds) {
  Usage used = usage.value_or(Usage());
  const bool told = used.input.has_value() && used.output.has_value();
  if (!used.input.has_value()) used.input = EstimateTokens(request_bytes);
  if (!used.output.has_value()) used.output = EstimateTokens(answer_bytes);
  bool known = false;
  const PriceSet prices = PricesOfModel(provider, model, *used.input,
                                        unix_nanoseconds / kNanosecondsPerUnixSecond, &known);
  const Cost cost = CostOf(prices, used);
  is_estimated_ = is_estimated_ || !told || !known;
  total_ += cost.amount;
  last_unix_nanoseconds_ = unix_nanoseconds;
  for (const LimitTicket& ticket : tickets_) {
    limits_->Charge(ticket, static_cast<uint64_t>(cost.amount), unix_nanoseconds);
  }
  rules_.Charge(limits_, provider, model, static_cast<uint64_t>(cost.amount), unix_nanoseconds);
}

}  // namespace junctor::engine
