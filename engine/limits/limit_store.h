// The state of all limits, in memory: one window per (gateway, route, element, key) (R15–R17).
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/limits/limit_backend.h"
#include "engine/limits/limit_key.h"
#include "engine/limits/limit_ticket.h"
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

// What a cost limit says to one request.
struct CostPass {
  LimitAnswer answer;
  LimitTicket ticket;      // admitted: for Charge and Settle
  bool too_large = false;  // refused since the estimate is above the whole limit: waiting does not
                           // help, and answer.retry_after_ms is the length of the window
};

// One window as a journal keeps it.
struct LimitRecord {
  LimitType type = LimitType::kCount;
  std::string gateway;
  std::string route;
  std::string element;
  std::string key;  // as LimitStep::key
  WindowRule rule;
  std::string state;     // as WindowState::Encode or CostWindowState::Encode writes it
  uint64_t granted = 0;  // until `granted_until_ns`
  int64_t granted_until_ns = 0;
  int64_t empty_at_ns = 0;  // from when on it says nothing that a new window does not
};

// Windows of counts that are shorter are not remembered by a journal: they are over before a
// restart is.
inline constexpr int64_t kMinKeptWindowNs = int64_t{5} * 1'000'000'000;

// Windows of every limit of the process. Thread-safe: keys are spread over shards with a lock each,
// which only new keys take; requests of one key meet at its window's own.
// State outlives deployments: a window's name is made of names, and a changed limit or window
// length goes on with what was counted as far as it can (R17).
class LimitStore final : public LimitBackend {
 public:
  // `max_windows` bounds the memory. `hash_seed` is for runs that must repeat; otherwise it is
  // random, so that callers can't choose keys that fall on one another.
  explicit LimitStore(size_t max_windows = kMaxLimitWindows,
                      std::optional<uint64_t> hash_seed = std::nullopt);
  ~LimitStore() override;

  // LimitBackend: answers all at once, and blocks for no longer than a lock.
  bool Ask(const LimitAsk& ask, int64_t unix_nanoseconds, LimitVerdict* verdict) override;
  bool WouldAdmit(const LimitAsk& ask, int64_t unix_nanoseconds) override;
  void Begin(std::shared_ptr<LimitBatch> batch) override;
  absl::StatusOr<LimitSnapshot> Look(std::string_view gateway, std::string_view route,
                                     size_t max_rows, int64_t unix_nanoseconds) override;
  absl::StatusOr<bool> ResetKey(const LimitName& name, std::string_view key) override;
  absl::StatusOr<bool> GrantKey(const LimitName& name, std::string_view key, uint64_t amount,
                                int64_t unix_nanoseconds) override;

  // Takes one request from the window of a count limit, where it passes (R16).
  LimitAnswer Take(std::string_view gateway, std::string_view route, std::string_view element,
                   std::string_view key, const LimitSpec& spec, int64_t unix_nanoseconds);

  // Asks a cost limit whether a request passes (R16). Where the limit reserves,
  // `estimate_nano_dollars` is held for `lease_ns` at most: it should be an upper bound of all that
  // the request will charge, its attempts together, since then concurrent requests can't overshoot.
  CostPass PassCost(std::string_view gateway, std::string_view route, std::string_view element,
                    std::string_view key, const LimitSpec& spec, uint64_t estimate_nano_dollars,
                    int64_t unix_nanoseconds, int64_t lease_ns = kHoldLeaseNs);

  // See LimitBackend.
  void Charge(const LimitTicket& ticket, uint64_t nano_dollars, int64_t unix_nanoseconds) override;
  void Settle(LimitTicket* ticket, int64_t unix_nanoseconds) override;

  // See Look. Goes over all windows, one shard's lock at a time.
  LimitSnapshot Snapshot(std::string_view gateway, std::string_view route, size_t max_rows,
                         int64_t unix_nanoseconds);

  // See ResetKey.
  bool Reset(std::string_view gateway, std::string_view route, std::string_view element,
             std::string_view key);

  // See GrantKey.
  bool Grant(std::string_view gateway, std::string_view route, std::string_view element,
             std::string_view key, uint64_t amount, int64_t unix_nanoseconds);

  // Forgets all windows but those that a request may still charge.
  void Clear();

  // Number of windows that are kept now.
  size_t size() const;
  // How many requests were refused because their key is new and there is no room.
  uint64_t refused_for_room() const { return refused_for_room_.load(std::memory_order_relaxed); }

  // For a journal, of which there is one at most. From Remember on, changed windows are noted, each
  // once, until TakeChanges hands them out; but for windows of counts below kMinKeptWindowNs.
  void Remember();
  // Appends at most `max` changed windows as they are now, and returns how many are left. A shard's
  // lock is held for at most kChangesPerLock of them at a time.
  size_t TakeChanges(size_t max, std::vector<LimitRecord>* records);
  // Puts a window back. False where the record can't be read, has nothing that counts at
  // `unix_nanoseconds`, or finds no room. Before any request.
  bool Restore(const LimitRecord& record, int64_t unix_nanoseconds);

 private:
  friend struct LimitTicket::CostWindow;
  struct Shard;
  static constexpr size_t kShards = 64;
  static constexpr size_t kChangesPerLock = 64;

  Shard& ShardOf(const LimitKey& key) const;
  // Fill a verdict that is new.
  void TakeCount(const LimitAsk& ask, int64_t unix_nanoseconds, bool wants_left,
                 LimitVerdict* verdict);
  void PassCostLimit(const LimitAsk& ask, int64_t unix_nanoseconds, LimitVerdict* verdict);

  std::unique_ptr<std::array<Shard, kShards>> shards_;
  std::atomic<uint64_t> refused_for_room_ = 0;
  const size_t max_per_shard_;
  const uint64_t seed_;
  size_t next_shard_ = 0;  // where TakeChanges goes on
};

}  // namespace junctor::engine
