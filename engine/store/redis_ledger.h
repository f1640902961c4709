// What is to be charged to a shared store of limits: booked at once, delivered later.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "engine/limits/limit_backend.h"
#include "engine/store/redis_limit_key.h"

namespace junctor::engine {

// One limit and key value, as charges need it.
struct LedgerAccount {
  RedisLimitKey keys;
  LimitSpec spec;
  std::string element;
  std::string key;
};

// A hold as it was and as it is to be; empty: gone.
struct HoldChange {
  std::string before;
  std::string after;
};

// Amounts of one account that fall into the same slice of its window, as one booking.
struct LedgerEntry {
  std::shared_ptr<const LedgerAccount> account;
  uint64_t amount = 0;
  int64_t time_ns = 0;  // of the latest of them
  std::vector<HoldChange> holds;
  uint64_t number = 0;  // among those of the instance; 0: not sent yet
};

// What was booked and can't be delivered any more.
struct LedgerLoss {
  uint64_t bookings = 0;
  uint64_t requests = 0;      // that counts lack
  uint64_t nano_dollars = 0;  // that budgets lack

  void Add(const LedgerAccount& account, uint64_t amount);
};

// Thread-safe. Holds at most kMaxEntries bookings; what does not fit is counted and lost.
class Ledger {
 public:
  // A gateway that spends on more keys than this while its store is away has other troubles; so
  // many bookings take some 30 MiB.
  static constexpr size_t kMaxEntries = 100'000;

  void Book(const std::shared_ptr<const LedgerAccount>& account, uint64_t amount, int64_t time_ns,
            HoldChange hold = {});
  // Takes at most `max` bookings out, the oldest first, and of no window more than one: fewer where
  // the next one is of a window that has one among them.
  std::vector<LedgerEntry> Take(size_t max);
  // A booking that was taken and can't be delivered is lost.
  void Lose(const LedgerEntry& entry);
  size_t size() const {
    const uint64_t before = taken();  // first: what is taken was booked
    return booked() - before;
  }
  bool empty() const { return size() == 0; }
  // How many entries there have been, and were taken. What was booked before a look at booked() has
  // been taken when taken() has come so far.
  uint64_t booked() const { return booked_.load(std::memory_order_acquire); }
  uint64_t taken() const { return taken_.load(std::memory_order_acquire); }
  LedgerLoss lost() const;

 private:
  mutable std::mutex mutex_;
  std::vector<LedgerEntry> entries_;                    // guarded by mutex_, as the rest
  size_t first_ = 0;                                    // entries before were taken
  std::unordered_map<std::string, size_t> by_account_;  // key and slice → place in entries_
  LedgerLoss lost_;
  std::atomic<uint64_t> booked_ = 0, taken_ = 0;  // written with mutex_
};

}  // namespace junctor::engine
