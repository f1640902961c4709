// What one request spends: which cost limits it passed, what is held for it, and what its calls
// charge (R16).
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/gateway/spend_limits.h"
#include "engine/limits/limit_backend.h"
#include "engine/prices/call_bound.h"
#include "engine/prices/cost.h"
#include "engine/prices/price_book.h"
#include "engine/prices/price_set.h"
#include "engine/providers/chat/usage.h"
#include "runtime/program/program_parts.h"

namespace junctor::engine {

// One attempt at a model that may still be charged: which limits for, and how much of what is held
// it may need. A value that Spending fills and closes.
struct CallClaim {
  size_t limits = 0;   // so many of the passed limits came before it
  uint64_t bound = 0;  // nano-dollars
  bool is_open = false;
};

// A question to a limit that reserves: whether more may be held for the request.
struct TopUp {
  size_t limit = 0;  // of those passed
  LimitAsk ask;      // views what Spending owns, until the next Add
};

// One request's spending. Used by one coroutine; holds that are left are freed when it ends.
//
// A limit that reserves holds the bound of one call when the request passes. Attempts that are
// charged use it up, so each further attempt first asks for what is missing: MissingFor, then
// AddHold. What an attempt may still be charged is claimed from Begin on until Charge or Release,
// so that calls side by side have a hold each.
class Spending {
 public:
  // `limits`, `prices` and what `rules` was made from outlive it. `custom` takes the place of every
  // price (`cf-aig-custom-cost`).
  Spending(LimitBackend* limits, const PriceBook& prices, std::optional<PriceSet> custom,
           SpendLimits rules);
  Spending(const Spending&) = delete;
  Spending& operator=(const Spending&) = delete;
  ~Spending();

  // The most that a call costs; see BoundOfCall. `provider`: the slug that it is charged under.
  uint64_t BoundOf(std::string_view provider, std::string_view model, const CallSize& size,
                   int64_t unix_nanoseconds, int64_t lease_ns) const;

  // A cost limit was passed: calls that begin from now on are charged to it. `ask` is what it was
  // asked; its name and spec live as long as this.
  void Add(const LimitAsk& ask, LimitTicket ticket, int64_t unix_nanoseconds);

  // Whether a limit that was passed reserves.
  bool reserves() const;
  // What has to be held besides before a call that may cost `bound` is made; empty: enough is.
  std::vector<TopUp> MissingFor(uint64_t bound, int64_t unix_nanoseconds) const;
  // A top-up was admitted.
  void AddHold(const TopUp& top_up, LimitTicket ticket, int64_t unix_nanoseconds);

  // A call begins. Its claim is then handed to Charge, or to Release where it is charged nothing.
  void Begin(uint64_t bound, CallClaim* claim);
  void Release(CallClaim* claim);

  // The gateway's own rules.
  SpendLimits& rules() { return rules_; }

  // Whether anybody asks what the calls cost.
  bool counts() const { return !passed_.empty() || rules_.counts(); }

  // Charges what one answer used, once, to every limit that its call passed. Where the provider did
  // not tell, the usage is estimated from the bytes of request and answer.
  void Charge(CallClaim* claim, std::string_view provider, std::string_view model,
              const std::optional<Usage>& usage, uint64_t request_bytes, uint64_t answer_bytes,
              int64_t unix_nanoseconds);

  // All that was charged; whether an estimate is in it.
  NanoDollars total() const { return total_; }
  bool is_estimated() const { return is_estimated_; }

 private:
  struct Hold {
    LimitTicket ticket;
    uint64_t left = 0;
    int64_t ends_ns = 0;

    uint64_t LeftAt(int64_t now_ns) const { return now_ns < ends_ns ? left : 0; }
  };
  // A limit of the route that was passed.
  struct Passed {
    LimitAsk ask;     // its key: `key`
    std::string key;  // where it reserves
    Hold hold;
    std::vector<Hold> more;  // top-ups
    uint64_t claimed = 0;    // by calls that may still be charged
  };

  void ChargeLimit(Passed* passed, uint64_t amount, int64_t unix_nanoseconds);

  LimitBackend* limits_;
  PriceBook prices_;
  std::optional<PriceSet> custom_;
  SpendLimits rules_;
  std::vector<Passed> passed_;
  NanoDollars total_ = 0;
  bool is_estimated_ = false;
  int64_t last_unix_nanoseconds_ = 0;
};

}  // namespace junctor::engine
