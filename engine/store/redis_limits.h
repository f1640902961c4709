// Limits that several gateways share: their windows stand in a Redis server.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "absl/status/statusor.h"
#include "engine/config/redis_address.h"
#include "engine/limits/limit_backend.h"
#include "engine/limits/limit_store.h"
#include "engine/observe/log.h"
#include "engine/store/redis_limit_client.h"
#include "engine/store/redis_link.h"

namespace junctor::engine {

// How a connection is made: RedisConnection::Open, or what a test puts in its place.
using RedisOpener = std::function<absl::StatusOr<std::unique_ptr<RedisLink>>(
    const RedisAddress& address, std::chrono::milliseconds timeout)>;

struct RedisLimitOptions {
  RedisAddress address;
  StoreFailurePolicy on_failure = StoreFailurePolicy::kLocal;  // never kConfigured
  size_t memory_keys = kMaxLimitWindows;  // windows kept here while the server is away
  // How long the server may take to answer. A request waits at most so long, once: after that the
  // server counts as away, and limits act as `on_failure` says until it answers again.
  std::chrono::milliseconds timeout{250};
  RedisOpener open;                  // empty: RedisConnection::Open
  std::function<RedisTime()> clock;  // empty: the system's; any thread
};

// Asks the server from one thread, which sends what has come since its last round trip in one go
// (pipelining); event loops never wait. What is said is RedisLimitClient's matter: charges are
// booked and delivered in order, each once, and outlive a server that is away for as long as the
// process does.
class RedisLimits final : public LimitBackend {
 public:
  using Counters = RedisLimitClient::Counters;

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

  // What an operator should know, a sentence each; empty while all is well. Any thread.
  std::vector<std::string> Troubles() const;
  // Any thread.
  Counters counters() const { return client_.counters(); }

 private:
  void Run();
  // Connects and says what has to be said at first.
  void Connect();
  // One round trip. True where there was anything to say and all was answered.
  bool RoundTrip();
  void WakeThread();
  absl::StatusOr<std::unique_ptr<RedisLink>> OpenForOperator();
  absl::StatusOr<bool> OperateBoth(const LimitName& name, std::string_view key,
                                   std::string_view what, uint64_t amount);

  const RedisLimitOptions options_;
  LimitStore local_;  // what stands in for the server
  RedisLimitClient client_;
  std::unique_ptr<RedisLink> link_;  // the thread's own

  std::mutex mutex_;
  std::condition_variable work_changed_;
  bool stops_ = false;  // guarded by mutex_
  std::thread thread_;
};

}  // namespace junctor::engine
