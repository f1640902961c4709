// Limits that several gateways share: their windows stand in a Redis server.
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <unordered_map>
#include <vector>

#include "engine/config/redis_address.h"
#include "engine/limits/limit_backend.h"
#include "engine/limits/limit_store.h"
#include "engine/observe/log.h"
#include "engine/store/redis_connection.h"
#include "engine/store/redis_ledger.h"

namespace junctor::engine {

struct RedisLimitOptions {
  RedisAddress address;
  StoreFailurePolicy on_failure = StoreFailurePolicy::kLocal;  // never kConfigured
  size_t memory_keys = kMaxLimitWindows;  // windows kept here while the server is away
  // How long the server may take to answer. A request waits at most so long, once: after that the
  // server counts as away, and limits act as `on_failure` says until it answers again.
  std::chrono::milliseconds timeout{250};
};

// Asks the server from one thread, which sends what has come since its last round trip in one go
// (pipelining); event loops never wait. Charges are booked in a ledger and delivered in order, each
// once: they outlive a server that is away for as long as the process does.
class RedisLimits final : public LimitBackend {
 public:
  struct Counters {
    uint64_t checks = 0;  // limits that the server was asked
    uint64_t round_trips = 0;
    uint64_t away = 0;          // limits that were answered without the server
    uint64_t failures = 0;      // times that the server went away
    uint64_t charges_lost = 0;  // bookings that found the ledger full
    uint64_t instances = 0;     // gateways that used the server lately
    bool is_up = false;
  };

  // Connects; where that fails, begins without the server. `log` outlives the object.
  RedisLimits(RedisLimitOptions options, Log* log);
  // Delivers what is booked, if the server answers, and answers what is open.
  ~RedisLimits() override;
  // The same; to be called before those who wait for answers go. Everything asked later is answered
  // as without the server.
  void Stop();

  bool Ask(const LimitAsk& ask, int64_t unix_nanoseconds, LimitVerdict* verdict) override;
  void Begin(std::shared_ptr<LimitBatch> batch) override;
  void Charge(const LimitTicket& ticket, uint64_t nano_dollars, int64_t unix_nanoseconds) override;
  void Settle(LimitTicket* ticket, int64_t unix_nanoseconds) override;
  absl::StatusOr<LimitSnapshot> Look(std::string_view gateway, std::string_view route,
                                     size_t max_rows, int64_t unix_nanoseconds) override;
  absl::StatusOr<bool> ResetKey(const LimitName& name, std::string_view key) override;
  absl::StatusOr<bool> GrantKey(const LimitName& name, std::string_view key, uint64_t amount,
                                int64_t unix_nanoseconds) override;

  // Any thread.
  Counters counters() const;

 private:
  // A place in the server's window, of a request that it or its stand-in admitted.
  struct Ticket;

  // Without the server.
  LimitVerdict AnswerAway(const LimitAsk& ask, int64_t unix_nanoseconds);
  void AnswerAway(LimitBatch* batch);

  void Run();
  absl::Status Connect();
  // One round trip with what is open. Sets whether there was anything.
  absl::Status RoundTrip(bool* did_work);
  void AppendCheck(const LimitBatch& batch, std::vector<std::string>* holds);
  // False: the script is not there.
  bool ReadCheck(LimitBatch* batch, const RedisReply& reply, const std::vector<std::string>& holds);
  void AppendCharge(const LedgerEntry& entry);
  absl::Status LoadScripts();
  absl::Status Beat();
  // Opens the breaker, and answers all that waits.
  void GoAway(const absl::Status& status, std::vector<std::shared_ptr<LimitBatch>> open);
  absl::StatusOr<RedisReply> Operate(const LimitName& name, LimitType type, std::string_view key,
                                     std::string_view what, uint64_t amount);
  absl::StatusOr<bool> OperateBoth(const LimitName& name, std::string_view key,
                                   std::string_view what, uint64_t amount);

  const RedisLimitOptions options_;
  Log* const log_;
  const std::string instance_;  // random, of this process
  LimitStore local_;            // what stands in for the server

  // The thread's own.
  std::unique_ptr<RedisConnection> connection_;
  std::string check_sha_, charge_sha_;
  std::chrono::steady_clock::time_point next_beat_{};
  std::vector<LedgerEntry> sent_;  // not acknowledged: to be sent again, with their numbers
  uint64_t last_number_ = 0;
  uint64_t next_hold_ = 0;

  std::atomic<bool> is_up_ = false;
  std::atomic<uint64_t> checks_ = 0, round_trips_ = 0, away_ = 0, failures_ = 0, instances_ = 1;
  Ledger ledger_;
  mutable std::mutex mutex_;
  std::condition_variable work_changed_;
  std::deque<std::shared_ptr<LimitBatch>> waiting_;  // guarded by mutex_
  bool stops_ = false;                               // guarded by mutex_
  std::thread thread_;
};

}  // namespace junctor::engine
