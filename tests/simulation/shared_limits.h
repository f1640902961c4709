// A gateway's side of a store that several gateways share: the product's client, driven on the
// virtual clock over connections that hang, break and deliver too late.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "engine/limits/limit_backend.h"
#include "engine/observe/log.h"
#include "engine/store/redis_limit_client.h"
#include "tests/simulation/checked_store.h"
#include "tests/simulation/context.h"
#include "tests/simulation/network.h"
#include "tests/simulation/random.h"
#include "tests/simulation/store_server.h"

namespace junctor::simulation {

// One process of one gateway. Messages and timers keep it alive; after Kill they do nothing.
class SharedLimits final : public engine::LimitBackend,
                           public std::enable_shared_from_this<SharedLimits> {
 public:
  struct Options {
    uint64_t process = 0;  // number of the gateway's process: no other has it
    uint64_t seed = 0;
    CheckedStore::Options local;  // of the store that is used while the shared one is away
  };
  // All outlive it.
  SharedLimits(Context* context, Network* network, StoreServer* server, const Options& options);

  // Connects.
  void Start();
  // The process crashes: what no message on its way tells the store is lost.
  void Kill();
  // At the end of a run: puts what was lost into the books.
  void CloseBooks();
  // Whether everything was told.
  bool is_settled() const { return !client_.has_work(); }

  bool Ask(const engine::LimitAsk& ask, int64_t unix_nanoseconds,
           engine::LimitVerdict* verdict) override;
  void Begin(std::shared_ptr<engine::LimitBatch> batch) override;
  void Charge(const engine::LimitTicket& ticket, uint64_t nano_dollars,
              int64_t unix_nanoseconds) override;
  void Settle(engine::LimitTicket* ticket, int64_t unix_nanoseconds) override;
  absl::StatusOr<engine::LimitSnapshot> Look(std::string_view gateway, std::string_view route,
                                             size_t max_rows, int64_t unix_nanoseconds) override;
  absl::StatusOr<bool> ResetKey(const engine::LimitName& name, std::string_view key) override;
  absl::StatusOr<bool> GrantKey(const engine::LimitName& name, std::string_view key,
                                uint64_t amount, int64_t unix_nanoseconds) override;

  CheckedStore& local() { return local_; }

 private:
  class Ticket;
  struct Connection;

  engine::RedisTime Now() const;
  void Connect();
  void ConnectLater();
  // The next round trip, if none is on its way.
  void Drive();
  void DriveSoon();
  void Answered(const std::shared_ptr<Connection>& connection, uint64_t trip,
                const std::vector<ServerAnswer>& answers);
  void CheckLate(const Connection& connection, const std::vector<ServerAnswer>& answers) const;
  void TimedOut(const std::shared_ptr<Connection>& connection, uint64_t trip);
  // Gives a ticket of the client the number of its window.
  void Name(const engine::LimitAsk& ask, engine::LimitVerdict* verdict);
  uint64_t WindowOf(const engine::LimitAsk& ask) const;

  Context* const context_;
  Network* const network_;
  StoreServer* const server_;
  const Options options_;
  Random random_;
  engine::Log log_;
  CheckedStore local_;
  engine::RedisLimitClient client_;
  bool is_alive_ = true;
  bool drives_soon_ = false;
  std::shared_ptr<Connection> connection_;
  bool is_waiting_ = false;  // for the answers to the trip
  uint64_t trip_ = 0;
  int64_t beat_at_ns_ = INT64_MIN;            // that a timer waits for
  const ServerAnswer* answer_ = nullptr;      // that the client reads
  std::map<uint64_t, uint64_t> charged_;      // by window: what this process charged
  std::vector<engine::LedgerEntry> orphans_;  // not told when the process crashed
};

}  // namespace junctor::simulation
