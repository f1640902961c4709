// What one request spends: which cost limits it passed, and what its calls charge to them (R16).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/gateway/spend_limits.h"
#include "engine/limits/limit_backend.h"
#include "engine/prices/cost.h"
#include "engine/prices/estimate.h"
#include "engine/prices/price_set.h"
#include "engine/prices/price_table.h"
#include "engine/providers/chat/usage.h"
#include "runtime/program/program.h"

namespace junctor::engine {

// Output that is reserved for where a request does not bound it: more than most answers have.
inline constexpr uint64_t kUnboundedOutputTokens = 16'384;

// What costs are made from. Immutable; outlives the requests.
struct PriceBook {
  const PriceTable* table = nullptr;
  DefaultPrice unknown;  // of models that the table does not have
};

// One request's spending. Used by one coroutine; holds that are left are freed when it ends.
class Spending {
 public:
  // `limits`, `prices` and what `rules` was made from outlive it. `custom` takes the place of every
  // price (`cf-aig-custom-cost`).
  Spending(LimitBackend* limits, const PriceBook* prices, std::optional<PriceSet> custom,
           SpendLimits rules);
  Spending(const Spending&) = delete;
  Spending& operator=(const Spending&) = delete;
  ~Spending();

  // What a cost limit that reserves holds for a request: the dearest of the program's models, with
  // `body_bytes` of input and at most `max_tokens` of output.
  NanoDollars EstimateOf(const Program& program, uint64_t body_bytes,
                         std::optional<uint64_t> max_tokens, int64_t unix_nanoseconds) const;

  // A cost limit was passed: it is charged from now on.
  void Add(LimitTicket ticket, int64_t unix_nanoseconds);

  // The gateway's own rules.
  SpendLimits& rules() { return rules_; }

  // Whether anybody asks what the calls cost.
  bool counts() const { return !tickets_.empty() || rules_.counts(); }

  // Charges what one answer used to every limit passed, once. Where the provider did not tell, the
  // usage is estimated from the bytes of request and answer.
  void Charge(std::string_view provider, std::string_view model, const std::optional<Usage>& usage,
              uint64_t request_bytes, uint64_t answer_bytes, int64_t unix_nanoseconds);

  // All that was charged; whether an estimate is in it.
  NanoDollars total() const { return total_; }
  bool is_estimated() const { return is_estimated_; }

 private:
  PriceSet PricesOfModel(std::string_view provider, std::string_view model, uint64_t input_tokens,
                         int64_t unix_seconds, bool* known) const;

  LimitBackend* limits_;
  const PriceBook* prices_;
  std::optional<PriceSet> custom_;
  SpendLimits rules_;
  std::vector<LimitTicket> tickets_;  // of the route's limits
  NanoDollars total_ = 0;
  bool is_estimated_ = false;
  int64_t last_unix_nanoseconds_ = 0;
};

}  // namespace junctor::engine
