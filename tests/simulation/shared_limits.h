// A gateway's side of a store that several gateways share: questions go out as messages and time
// out, charges are told again until they are acknowledged, and while the store does not answer, the
// limit's onStoreFailure decides.
//
// A model of such a client at the border that LimitBackend is: what is proven with it holds for
// the store's windows, for spending and for requests that wait, not for a client of the product.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <vector>

#include "engine/limits/limit_backend.h"
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
    uint64_t process = 0;   // number of the gateway's process: no other has it
    uint64_t gateways = 1;  // that share the store
    uint64_t seed = 0;
    CheckedStore::Options local;  // of the store that is used while the shared one is away
  };
  // All outlive it.
  SharedLimits(Context* context, Network* network, StoreServer* server, const Options& options);

  // Begins to tell the store again what it has not acknowledged.
  void Start();
  // The process crashes: what no message on its way tells the store is lost.
  void Kill();
  // At the end of a run: puts what was lost into the books.
  void CloseBooks();
  // Whether everything was told.
  bool is_settled() const { return outbox_.empty(); }

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
  struct Message {
    uint64_t number = 0;
    uint64_t window = 0;
    uint64_t charge = 0;  // 0: the message is none
    std::function<void(StoreServer*)> act;
  };

  void Tell(uint64_t window, uint64_t charge, std::function<void(StoreServer*)> act);
  void Send(const Message& message);
  void Resend();
  void Answered(uint64_t question, const StoreAnswer& answer);
  void TimedOut(uint64_t question);
  void NoteHeard();
  // Answers by the limits' onStoreFailure.
  void AskAlone(engine::LimitBatch* batch);
  void AskAlone(const engine::LimitAsk& ask, engine::LimitVerdict* verdict);

  Context* const context_;
  Network* const network_;
  StoreServer* const server_;
  const Options options_;
  Random random_;
  CheckedStore local_;
  bool is_alive_ = true;
  uint64_t last_question_ = 0;
  uint64_t last_message_ = 0;
  std::map<uint64_t, std::shared_ptr<engine::LimitBatch>> questions_;
  std::deque<Message> outbox_;   // not yet acknowledged, by number
  std::deque<Message> orphans_;  // as they were at the crash
  uint64_t timeouts_ = 0;        // in a row
  Time alone_until_ = INT64_MIN;
};

}  // namespace junctor::simulation
