// What a gateway says to the Redis server that keeps its limits, and does without it: the protocol,
// without a thread, a socket or a clock. RedisLimits drives it with real ones.
#pragma once

#include <atomic>
#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "engine/limits/limit_backend.h"
#include "engine/observe/log.h"
#include "engine/store/redis_commands.h"
#include "engine/store/redis_ledger.h"
#include "engine/store/redis_link.h"
#include "engine/store/server_clock.h"

namespace junctor::engine {

// The time now: steady_ns never goes back, unix_ns is what people call the time.
struct RedisTime {
  int64_t steady_ns = 0;
  int64_t unix_ns = 0;
};

// Questions are asked behind all bookings that were made before them: also after an outage, whose
// bookings are delivered before anything is asked again. Bookings are delivered in order, each
// once, however often they are sent. While the server is away, limits act by their policy; of the
// local share of a limit, what was taken counts until its window ends, however often the server
// comes and goes. A question has a deadline by the server's clock: where the server runs it when
// nobody waits for the answer any more, it takes nothing. Where it runs it too late for the
// deadline but answers in time, the question is answered as without the server.
//
// Ask, Begin, Charge, Settle, Stop and the const functions: any thread. The rest is for one driver,
// which connects, sends what Next hands out, and tells what comes back:
//
//   Opened → Next → Answer, once for each command → Next → … → Lost → (wait until connect_at)
class RedisLimitClient {
 public:
  struct Options {
    std::string instance;  // this process's name among the gateways: no other has it
    std::string store;     // the server's, for log lines
    StoreFailurePolicy on_failure = StoreFailurePolicy::kLocal;  // never kConfigured
    // The driver waits so long for a round trip's answers at least, from Next on, where the
    // connection does not break.
    int64_t patience_ns = 250'000'000;
  };

  struct Counters {
    uint64_t checks = 0;  // limits that the server was asked
    uint64_t round_trips = 0;
    uint64_t away = 0;       // limits that were answered without the server
    uint64_t failures = 0;   // times that the server went away
    uint64_t delivered = 0;  // bookings
    uint64_t waiting = 0;    // bookings that are not delivered yet
    LedgerLoss lost;         // what found the ledger full, was refused or was left at the end
    uint64_t instances = 0;  // gateways that used the server lately
    bool is_up = false;
  };

  // `local` stands in for the server. Both outlive the object.
  RedisLimitClient(Options options, LimitBackend* local, Log* log);

  // See LimitBackend.
  bool Ask(const LimitAsk& ask, int64_t unix_nanoseconds, LimitVerdict* verdict);
  void Begin(std::shared_ptr<LimitBatch> batch);
  void Charge(const LimitTicket& ticket, uint64_t nano_dollars, int64_t unix_nanoseconds);
  void Settle(LimitTicket* ticket, int64_t unix_nanoseconds);

  // From now on everything is answered as without the server.
  void Stop();

  // Whether there are questions or bookings that Next would send.
  bool has_work() const;
  Counters counters() const;

  // When to connect, while there is no connection; steady time.
  int64_t connect_at_ns() const { return connect_at_ns_; }
  // When Next has something to send though has_work() is false.
  int64_t next_beat_ns() const { return next_beat_ns_; }
  bool is_connected() const { return phase_ != Phase::kAway; }

  // A connection stands.
  void Opened();
  // The commands of the next round trip: none where there is nothing to say. The text is good until
  // the next call. All its answers must have come, or Lost.
  const RedisCommands& Next(RedisTime now);
  // The answer to the oldest open command. An error: the connection is of no use; Lost follows.
  absl::Status Answer(const RedisReply& reply, RedisTime now);
  // The connection has broken, or could not be made. What was open is answered without the server.
  void Lost(const absl::Status& status, RedisTime now);
  // Others need not wait until this gateway's share runs out. After Stop, in the place of Next.
  const RedisCommands& Farewell();
  // No driver any more: answers what waits. What is not delivered is lost.
  void End(RedisTime now);
  // Bookings that are not acknowledged; those with a number may have been counted.
  std::vector<LedgerEntry> TakeUndelivered();

 private:
  enum class Phase : uint8_t {
    kAway,        // no connection
    kGreeting,    // the server is given the scripts and told that this gateway lives
    kCatchingUp,  // it is told what was booked without it; nobody asks yet
    kUp,
  };
  struct Ticket;
  // A question that waits, and how many bookings have to be delivered before.
  struct Question {
    std::shared_ptr<LimitBatch> batch;
    uint64_t bookings = 0;
    std::vector<std::string> holds = {};  // by limit; empty: it holds nothing
  };

  // Without the server. The time is that of the answer: a question may have waited.
  LimitVerdict AnswerAway(const LimitAsk& ask, int64_t unix_nanoseconds);
  void AnswerAway(LimitBatch* batch, int64_t unix_nanoseconds);

  void AppendGreeting();
  void AppendBeat(bool lives);
  void AppendCheck(Question* question, int64_t deadline_us);
  void AppendCharge(const LedgerEntry& entry, int64_t unix_ns);
  void TakeQuestions();
  absl::Status ReadGreeting(size_t index, const RedisReply& reply, RedisTime now);
  absl::Status ReadCharge(LedgerEntry* entry, const RedisReply& reply);
  absl::Status ReadCheck(Question* question, const RedisReply& reply, RedisTime now);
  // False: the reply is none of the script.
  bool FillVerdicts(const Question& question, const RedisReply& reply);
  absl::Status ReadBeat(const RedisReply& reply, RedisTime now);
  absl::Status EndTrip(RedisTime now);
  // From now on the server is asked.
  void Rise(RedisTime now);
  // What questions without an answer may hold in the server is free again.
  void ReleaseHolds(const Question& question);
  void NoteLosses(RedisTime now);
  std::string HoldName();

  const Options options_;
  LimitBackend* const local_;
  Log* const log_;

  // The driver's own.
  Phase phase_ = Phase::kAway;
  RedisCommands commands_;
  std::string check_sha_, charge_sha_;
  ServerClock server_clock_;
  int64_t trip_began_ns_ = 0;  // when Next handed it out; steady time
  size_t answered_ = 0;        // of the commands of the trip
  bool is_greeting_ = false;   // what the trip is
  bool has_beat_ = false;      // whether the trip ends with one
  bool lacks_scripts_ = false;
  int scriptless_trips_ = 0;       // in a row
  std::vector<LedgerEntry> sent_;  // not acknowledged: to be sent again, with their numbers
  std::vector<Question> asked_;    // of the trip
  uint64_t last_number_ = 0;
  uint64_t last_hold_ = 0;
  int64_t connect_at_ns_ = INT64_MIN;
  int64_t retry_ns_ = 0;
  int64_t next_beat_ns_ = 0;
  int64_t catch_up_until_ns_ = 0;
  uint64_t catch_up_to_ = 0;  // of the ledger's bookings
  struct Outage {
    int64_t since_ns;
    uint64_t answered, delivered;  // counters then
    LedgerLoss lost;
  };
  std::optional<Outage> outage_;
  LedgerLoss told_losses_;
  int64_t tell_losses_at_ns_ = INT64_MIN;

  std::atomic<bool> is_up_ = false;
  std::atomic<bool> asks_again_ = false;  // what found no script
  std::atomic<uint64_t> checks_ = 0, round_trips_ = 0, away_ = 0, failures_ = 0, delivered_ = 0,
                        unacknowledged_ = 0, instances_ = 1;
  Ledger ledger_;
  mutable std::mutex mutex_;
  std::deque<Question> waiting_;  // guarded by mutex_
  bool stops_ = false;            // guarded by mutex_
};

}  // namespace junctor::engine
