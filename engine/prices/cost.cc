// See cost.h.
#include "engine/prices/cost.h"

#include <algorithm>
#include <initializer_list>
#include <optional>

#include "absl/numeric/int128.h"

namespace junctor::engine {
namespace {

constexpr int64_t kSecondsPerDay = 86'400;

bool Contains(const DailyPrices& daily, uint32_t second) {
  if (daily.from_second < daily.to_second) {
    return second >= daily.from_second && second < daily.to_second;
  }
  return second >= daily.from_second || second < daily.to_second;
}

// Takes a part of so many tokens, where told, away from `rest`; returns how many there were.
uint64_t TakePart(std::optional<uint64_t> part, uint64_t* rest) {
  const uint64_t taken = std::min(part.value_or(0), *rest);
  *rest -= taken;
  return taken;
}

// Adds up. No overflow: a token costs less than 2^60 and a search at most 10^19, counts are below
// 2^64, and the parts of each direction add up to one count: together less than 2^128.
class Bill {
 public:
  explicit Bill(const PriceSet& prices) : prices_(prices) {}

  void Add(uint64_t tokens, PriceKind kind, PriceKind otherwise) {
    if (tokens == 0) return;
    const std::optional<AttoDollars>& own = prices_[kind];
    const std::optional<AttoDollars>& price = own.has_value() ? own : prices_[otherwise];
    if (!price.has_value()) {
      complete_ = false;
      return;
    }
    total_ += absl::uint128(tokens) * *price;
  }
  void Add(uint64_t tokens, PriceKind kind) { Add(tokens, kind, kind); }

  // A count that was not told: nothing is missing only where its tokens are known to cost nothing.
  void Missing(PriceKind kind, PriceKind other_direction) {
    const bool is_free =
        prices_[kind].has_value() ? *prices_[kind] == 0 : prices_[other_direction].has_value();
    if (!is_free) complete_ = false;
  }

  Cost Total() const { return {RoundUpToNanoDollars(total_), complete_}; }

 private:
  const PriceSet& prices_;
  absl::uint128 total_ = 0;
  bool complete_ = true;
};

AttoDollars Dearest(const PriceSet& prices, std::initializer_list<PriceKind> kinds) {
  AttoDollars dearest = 0;
  for (const PriceKind kind : kinds) dearest = std::max(dearest, prices[kind].value_or(0));
  return dearest;
}

}  // namespace

PriceSet PricesAt(const ModelPrice& price, uint64_t input_tokens, int64_t unix_seconds) {
  PriceSet prices = price.prices;
  for (const PriceChange& change : price.changes) {
    if (change.from_unix_seconds <= unix_seconds) prices.Overlay(change.prices);
  }
  const int64_t remainder = unix_seconds % kSecondsPerDay;
  const auto second = static_cast<uint32_t>(remainder < 0 ? remainder + kSecondsPerDay : remainder);
  for (const DailyPrices& daily : price.daily) {
    if (!Contains(daily, second)) continue;
    prices.Overlay(daily.prices);
    break;
  }
  const PriceTier* highest = nullptr;
  for (const PriceTier& tier : price.tiers) {
    if (input_tokens > tier.above_input_tokens) highest = &tier;
  }
  if (highest != nullptr) prices.Overlay(highest->prices);
  return prices;
}

Cost CostOf(const PriceSet& prices, const Usage& usage) {
  Bill bill(prices);

  uint64_t input = usage.billed_input.value_or(usage.input.value_or(0));
  bill.Add(TakePart(usage.cached_read, &input), PriceKind::kCachedInput, PriceKind::kInput);
  uint64_t writes = TakePart(usage.cache_write, &input);
  const bool has_hour_price = prices[PriceKind::kCacheWriteHour].has_value();
  bill.Add(TakePart(usage.cache_write_hour, &writes),
           has_hour_price ? PriceKind::kCacheWriteHour : PriceKind::kCacheWrite, PriceKind::kInput);
  bill.Add(writes, PriceKind::kCacheWrite, PriceKind::kInput);
  if (prices[PriceKind::kAudioInput].has_value()) {
    bill.Add(TakePart(usage.audio_input, &input), PriceKind::kAudioInput);
  }
  bill.Add(input, PriceKind::kInput);
  if (!usage.input.has_value()) bill.Missing(PriceKind::kInput, PriceKind::kOutput);

  uint64_t output = usage.billed_output.value_or(usage.output.value_or(0));
  bill.Add(TakePart(usage.reasoning, &output), PriceKind::kReasoning, PriceKind::kOutput);
  bill.Add(TakePart(usage.citation, &output), PriceKind::kCitation, PriceKind::kOutput);
  if (prices[PriceKind::kAudioOutput].has_value()) {
    bill.Add(TakePart(usage.audio_output, &output), PriceKind::kAudioOutput);
  }
  bill.Add(output, PriceKind::kOutput);
  if (!usage.output.has_value()) bill.Missing(PriceKind::kOutput, PriceKind::kInput);

  if (prices[PriceKind::kRequest].has_value()) bill.Add(1, PriceKind::kRequest);
  if (prices[PriceKind::kWebSearch].has_value()) {
    bill.Add(usage.searches.value_or(0), PriceKind::kWebSearch);
  }
  return bill.Total();
}

Cost CostOf(const ModelPrice& price, const Usage& usage, int64_t unix_seconds) {
  return CostOf(PricesAt(price, usage.input.value_or(0), unix_seconds), usage);
}

NanoDollars UpperBoundOf(const PriceSet& prices, uint64_t input_tokens, uint64_t output_tokens) {
  const AttoDollars input =
      Dearest(prices, {PriceKind::kInput, PriceKind::kCachedInput, PriceKind::kCacheWrite,
                       PriceKind::kCacheWriteHour, PriceKind::kAudioInput});
  const AttoDollars output = Dearest(prices, {PriceKind::kOutput, PriceKind::kReasoning,
                                              PriceKind::kCitation, PriceKind::kAudioOutput});
  return RoundUpToNanoDollars(absl::uint128(input_tokens) * input +
                              absl::uint128(output_tokens) * output +
                              prices[PriceKind::kRequest].value_or(0));
}

}  // namespace junctor::engine
