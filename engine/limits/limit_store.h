// The state of all limits, in memory: one window per (gateway, route, element, key) (R15–R17).
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "engine/limits/limit_key.h"
#include "runtime/interp/step.h"
#include "runtime/limits/cost_window.h"
#include "runtime/program/program_parts.h"

namespace junctor::engine {

// Most windows of counts, and most of costs, that are kept at once.
//
// New keys drop old ones whose windows are empty. At the bound, when none is, requests with a key
// that has no window yet are refused: a known key is never forgotten to make room. Keys are spread
// evenly but not perfectly over shards of equal size, so the first refusals come a little earlier.
inline constexpr size_t kMaxLimitWindows = 1'000'000;

// How long a hold lasts that nobody settles. Longer than the calls of a request take; a store's
// user that knows its timeouts says so in PassCost.
inline constexpr int64_t kHoldLeaseNs = int64_t{600} * 1'000'000'000;

// A request's place in the window of a cost limit that it passed: whom to charge. Small and
// movable. Destroyed without LimitStore::Settle, its hold ends with its lease. Must not be used
// with a store that is gone; may be destroyed after it.
class LimitTicket {
 public:
  LimitTicket() = default;
  LimitTicket(LimitTicket&&) = default;
  LimitTicket& operator=(LimitTicket&&) = default;

  // False for that of a refused request, and a moved-from one: charging it does nothing.
  explicit operator bool() const { return window_ != nullptr; }

 private:
  friend class LimitStore;
  struct CostWindow;

  std::shared_ptr<CostWindow> window_;
  HoldId hold_ = 0;
};

// What a cost limit says to one request.
struct CostPass {
  LimitAnswer answer;
  LimitTicket ticket;      // admitted: for Charge and Settle
  bool too_large = false;  // refused since the estimate is above the whole limit: waiting does not
                           // help, and answer.retry_after_ms is the length of the window
};

// A window as an operator sees it.
struct LimitRow {
  LimitType type = LimitType::kCount;
  std::string element;
  std::string key;     // as LimitStep::key
  uint64_t limit = 0;  // requests or nano-dollars, with what was granted
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

// Windows of every limit of the process. Thread-safe: keys are spread over shards with a lock each.
// State outlives deployments: a window's name is made of names, and a changed limit or window
// length goes on with what was counted as far as it can (R17).
class LimitStore {
 public:
  // `max_windows` bounds the memory.
  explicit LimitStore(size_t max_windows = kMaxLimitWindows);
  ~LimitStore();

  // Takes one request from the window of a count limit, where it passes (R16).
  LimitAnswer Take(std::string_view gateway, std::string_view route, std::string_view element,
                   std::string_view key, const LimitSpec& spec, int64_t unix_nanoseconds);

  // Asks a cost limit whether a request passes (R16). Where the limit reserves,
  // `estimate_nano_dollars` is held for `lease_ns` at most: it should be an upper bound of all that
  // the request will charge, its attempts together, since then concurrent requests can't overshoot.
  CostPass PassCost(std::string_view gateway, std::string_view route, std::string_view element,
                    std::string_view key, const LimitSpec& spec, uint64_t estimate_nano_dollars,
                    int64_t unix_nanoseconds, int64_t lease_ns = kHoldLeaseNs);

  // Adds to what was spent, at the time of the charge: once for each attempt that used tokens. The
  // request's hold, if any, is then so much less. May come after Settle, and after the hold's
  // lease.
  void Charge(const LimitTicket& ticket, uint64_t nano_dollars, int64_t unix_nanoseconds);

  // Ends the request's hold: what was charged stays, the rest is free. Again, it does nothing.
  void Settle(LimitTicket* ticket, int64_t unix_nanoseconds);

  // The windows of a route that count something, at most `max_rows`: which ones, where there are
  // more, is not said. Goes over all windows, one shard's lock at a time.
  LimitSnapshot Snapshot(std::string_view gateway, std::string_view route, size_t max_rows,
                         int64_t unix_nanoseconds);

  // Forgets what a key spent in its window, and what it was granted. Holds stay: their requests are
  // on their way. False where the key has no window.
  bool Reset(std::string_view gateway, std::string_view route, std::string_view element,
             std::string_view key);

  // Adds requests or nano-dollars to what is left for a key: until its fixed window ends, or for
  // the length of a sliding one. What was spent stays as it is, so that more than the limit can be
  // left. False where the key has no window: then nothing of its limit is spent.
  bool Grant(std::string_view gateway, std::string_view route, std::string_view element,
             std::string_view key, uint64_t amount, int64_t unix_nanoseconds);

  // Number of windows that are kept now.
  size_t size() const;

 private:
  struct Shard;
  static constexpr size_t kShards = 64;

  Shard& ShardOf(const LimitKey& key) const;

  std::unique_ptr<std::array<Shard, kShards>> shards_;
  const size_t max_per_shard_;
  const uint64_t seed_;
};

}  // namespace junctor::engine
