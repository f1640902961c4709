// Where limits are kept: asked by the data plane, whether they stand in this process's memory or in
// a store that several gateways share (R14–R17).
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "engine/limits/limit_key.h"
#include "engine/limits/limit_ticket.h"
#include "runtime/interp/step.h"
#include "runtime/program/program_parts.h"

namespace junctor::engine {

// How long a hold lasts that nobody settles. Longer than the calls of a request take; who knows its
// timeouts says so in LimitAsk.
inline constexpr int64_t kHoldLeaseNs = int64_t{600} * 1'000'000'000;

// A question to one limit: does this request pass? Views whose owner keeps them.
struct LimitAsk {
  LimitName name;
  std::string_view key;             // as LimitStep::key
  const LimitSpec* spec = nullptr;  // type, technique, limit, window, reserve, on_store_failure
  // Where the limit reserves: an upper bound of all that the request will charge, its attempts
  // together, in nano-dollars; held for `lease_ns` at most.
  uint64_t estimate = 0;
  int64_t lease_ns = kHoldLeaseNs;
};

// What a limit says to one request.
struct LimitVerdict {
  LimitAnswer answer;
  LimitTicket ticket;      // a cost limit that admitted: for Charge and Settle
  bool too_large = false;  // refused since the estimate is above the whole limit: waiting does not
                           // help, and answer.retry_after_ms is the length of the window
  // Of count limits, for the caller to see: with what was granted, how many more requests would
  // pass, and until when from now anything of this counts.
  uint64_t limit = 0;
  uint64_t left = 0;
  uint64_t reset_ms = 0;
};

// Questions of one request that are asked in one go: in order, up to the first limit that refuses.
// Those behind it are not asked and take nothing. Owns what it asks. Used by one thread at a time:
// its maker until Begin, the backend until `done` is called, then its maker again.
class LimitBatch {
 public:
  // Copies what is asked; of the spec, all but its key slots.
  void Add(const LimitAsk& ask);
  size_t size() const { return owned_.size(); }
  LimitAsk ask(size_t index) const;

  int64_t unix_nanoseconds = 0;  // of the asking process
  // One for each limit that was asked: all of them, or up to the first refusal.
  std::vector<LimitVerdict> verdicts;
  // Called once, from any thread; must not block.
  std::function<void()> done;

 private:
  struct Owned {
    std::string gateway, route, element, key;
    LimitSpec spec;
    uint64_t estimate;
    int64_t lease_ns;
  };
  std::vector<Owned> owned_;
};

// A window as an operator sees it.
struct LimitRow {
  LimitType type = LimitType::kCount;
  std::string element;
  std::string key;     // as LimitStep::key
  uint64_t limit = 0;  // requests or nano-dollars, with what was granted
  uint64_t granted = 0;
  uint64_t spent = 0;
  uint64_t held = 0;     // costs: what requests on their way may still spend
  uint64_t left = 0;     // limit - spent - held, or 0
  int64_t reset_ns = 0;  // when nothing of this counts any more, as Unix time; the time of asking
                         // where nothing counts
};

struct LimitSnapshot {
  std::vector<LimitRow> rows;  // by element, key and type
  bool truncated = false;      // there are more than were asked for
};

// The limits of a gateway. Thread-safe. Time is the asking process's, in Unix nanoseconds; a store
// with a clock of its own counts by that.
class LimitBackend {
 public:
  virtual ~LimitBackend() = default;

  // Answers at once, or says false: then only Begin can. Never blocks.
  virtual bool Ask(const LimitAsk& ask, int64_t unix_nanoseconds, LimitVerdict* verdict) = 0;

  // Whether a limit would let a request pass now, as far as this process knows without asking: it
  // takes nothing, and its answer binds nobody. Where nothing is known the limit would. Never
  // blocks.
  virtual bool WouldAdmit(const LimitAsk& ask, int64_t unix_nanoseconds);

  // Answers all of a batch, in one round trip where there is one, and calls its `done`: perhaps
  // before this returns, perhaps later on another thread. Never blocks.
  virtual void Begin(std::shared_ptr<LimitBatch> batch) = 0;

  // Adds to what was spent, at the time of the charge: once for each attempt that used tokens. The
  // request's hold, if any, is then so much less. May come after Settle, and after the hold's
  // lease. Never blocks.
  virtual void Charge(const LimitTicket& ticket, uint64_t nano_dollars,
                      int64_t unix_nanoseconds) = 0;

  // Ends the request's hold: what was charged stays, the rest is free. Again, it does nothing.
  // Never blocks.
  virtual void Settle(LimitTicket* ticket, int64_t unix_nanoseconds) = 0;

  // For operators; these may wait for a store and are not for event loops. Unavailable: the store
  // can't be asked.
  //
  // The windows of a route that count something, at most `max_rows`: which ones, where there are
  // more, is not said.
  virtual absl::StatusOr<LimitSnapshot> Look(std::string_view gateway, std::string_view route,
                                             size_t max_rows, int64_t unix_nanoseconds) = 0;
  // Forgets what a key spent in its window, and what it was granted. Holds stay: their requests are
  // on their way. False where the key has no window.
  virtual absl::StatusOr<bool> ResetKey(const LimitName& name, std::string_view key) = 0;
  // Adds requests or nano-dollars to what is left for a key: until its fixed window ends, or for
  // the length of a sliding one. What was spent stays as it is, so that more than the limit can be
  // left. False where the key has no window: then nothing of its limit is spent.
  virtual absl::StatusOr<bool> GrantKey(const LimitName& name, std::string_view key,
                                        uint64_t amount, int64_t unix_nanoseconds) = 0;
};

}  // namespace junctor::engine
