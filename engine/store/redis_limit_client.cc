#include "engine/store/redis_limit_client.h"

#include <algorithm>
#include <utility>

#include "engine/observe/log_event.h"
#include "engine/store/redis_limit_parts.h"
#include "engine/store/redis_scripts.h"

namespace junctor::engine {
namespace {

constexpr int64_t kMillisecondNs = 1'000'000;
constexpr int64_t kSecondNs = 1'000'000'000;
// Requests that may wait for an answer. More are more than the server can answer within its
// timeout.
constexpr size_t kMaxWaiting = 20'000;
// What one round trip takes along: enough that its overhead does not count, and so little that the
// answers come within a few milliseconds.
constexpr size_t kMaxChargesPerTrip = 256;
// How often this gateway says that it lives. A gateway counts for 10 s after its last word.
constexpr int64_t kBeatIntervalNs = 2 * kSecondNs;
// Waits between attempts to reach a server that is away: doubling from the first to the last.
constexpr int64_t kFirstRetryNs = 100 * kMillisecondNs;
constexpr int64_t kLastRetryNs = 2 * kSecondNs;
// After an outage so long at most only bookings are delivered. A full ledger takes some seconds;
// where new ones come faster than the server takes them, questions wait behind those before them.
constexpr int64_t kCatchUpNs = 10 * kSecondNs;
// Lines about losses are so far apart: a ledger that is full loses with each request.
constexpr int64_t kLossLogIntervalNs = 10 * kSecondNs;
// Answers to what AppendGreeting says.
constexpr size_t kGreetings = 3;
// EVALSHA, the script, the number of keys, the keys and the arguments but the holds.
constexpr size_t kChargeWordsBefore = 15;

}  // namespace

RedisLimitClient::RedisLimitClient(Options options, LimitBackend* local, Log* log)
    : options_(std::move(options)), local_(local), log_(log), retry_ns_(kFirstRetryNs) {}

RedisLimitClient::Counters RedisLimitClient::counters() const {
  Counters counters;
  counters.checks = checks_;
  counters.round_trips = round_trips_;
  counters.away = away_;
  counters.failures = failures_;
  counters.delivered = delivered_;
  counters.waiting = ledger_.size() + unacknowledged_;
  counters.lost = ledger_.lost();
  counters.instances = instances_;
  counters.is_up = is_up_;
  return counters;
}

bool RedisLimitClient::Ask(const LimitAsk& ask, int64_t unix_nanoseconds, LimitVerdict* verdict) {
  if (is_up_) return false;
  *verdict = AnswerAway(ask, unix_nanoseconds);
  return true;
}

void RedisLimitClient::Begin(std::shared_ptr<LimitBatch> batch) {
  {
    const std::lock_guard lock(mutex_);
    if (is_up_ && !stops_ && waiting_.size() < kMaxWaiting) {
      waiting_.push_back({std::move(batch), ledger_.booked()});
      return;
    }
  }
  AnswerAway(batch.get(), batch->unix_nanoseconds);
}

void RedisLimitClient::Charge(const LimitTicket& ticket, uint64_t nano_dollars,
                              int64_t unix_nanoseconds) {
  auto* own = static_cast<Ticket*>(ticket.remote());
  if (own == nullptr) return;
  local_->Charge(own->local, nano_dollars, unix_nanoseconds);
  HoldChange change;
  if (!own->hold.empty() && nano_dollars > 0) {
    change.before = HoldText(own->hold, own->held);
    own->held -= std::min(own->held, nano_dollars);
    change.after = HoldText(own->hold, own->held);
  }
  ledger_.Book(own->account, nano_dollars, unix_nanoseconds, std::move(change));
}

void RedisLimitClient::Settle(LimitTicket* ticket, int64_t unix_nanoseconds) {
  auto* own = static_cast<Ticket*>(ticket->remote());
  if (own == nullptr) return;
  local_->Settle(&own->local, unix_nanoseconds);
  if (own->hold.empty()) return;
  HoldChange change;
  change.before = HoldText(own->hold, own->held);
  own->hold.clear();
  ledger_.Book(own->account, 0, unix_nanoseconds, std::move(change));
}

void RedisLimitClient::Stop() {
  const std::lock_guard lock(mutex_);
  stops_ = true;
}

bool RedisLimitClient::has_work() const {
  if (!ledger_.empty() || unacknowledged_ > 0 || asks_again_) return true;
  const std::lock_guard lock(mutex_);
  return !waiting_.empty();
}

void RedisLimitClient::Opened() {
  phase_ = Phase::kGreeting;
  lacks_scripts_ = false;
  server_clock_.Forget();
}

const RedisCommands& RedisLimitClient::Next(RedisTime now) {
  NoteLosses(now);
  commands_.Clear();
  answered_ = 0;
  has_beat_ = false;
  trip_began_ns_ = now.steady_ns;
  is_greeting_ = phase_ == Phase::kGreeting || lacks_scripts_;
  if (phase_ == Phase::kAway) return commands_;
  if (is_greeting_) {
    AppendGreeting();
    return commands_;
  }
  if (sent_.empty()) {
    sent_ = ledger_.Take(kMaxChargesPerTrip);
    unacknowledged_ = sent_.size();
    for (LedgerEntry& entry : sent_) entry.number = ++last_number_;
  }
  for (const LedgerEntry& entry : sent_) AppendCharge(entry, now.unix_ns);
  if (phase_ == Phase::kUp) TakeQuestions();
  if (!asked_.empty()) {
    // The greeting has told the server's time, before anybody asked.
    const int64_t deadline_us = *server_clock_.AtLeast(now.steady_ns + options_.patience_ns);
    for (Question& question : asked_) AppendCheck(&question, deadline_us);
  }
  if (now.steady_ns >= next_beat_ns_) {
    has_beat_ = true;
    AppendBeat(true);
  }
  if (commands_.size() > 0) ++round_trips_;
  return commands_;
}

void RedisLimitClient::AppendGreeting() {
  for (const std::string* script : {&RedisCheckScript(), &RedisChargeScript()}) {
    commands_.Begin(3);
    commands_.Word("SCRIPT");
    commands_.Word("LOAD");
    commands_.Word(*script);
  }
  AppendBeat(true);
}

void RedisLimitClient::AppendBeat(bool lives) {
  commands_.Begin(6);
  commands_.Word("EVAL");
  commands_.Word(RedisBeatScript());
  commands_.Word("1");
  commands_.Word(kRedisInstances);
  commands_.Word(options_.instance);
  commands_.Word(lives ? "1" : "0");
}

void RedisLimitClient::AppendCharge(const LedgerEntry& entry, int64_t unix_ns) {
  const LedgerAccount& account = *entry.account;
  commands_.Begin(kChargeWordsBefore + 2 * entry.holds.size());
  commands_.Word("EVALSHA");
  commands_.Word(charge_sha_);
  commands_.Word("2");
  commands_.Word(account.keys.main);
  commands_.Word(account.keys.side);
  AppendRule(account.spec, account.element, account.key, &commands_);
  commands_.Number(entry.amount);
  commands_.Number(static_cast<uint64_t>(std::max<int64_t>(unix_ns - entry.time_ns, 0)) / 1000);
  commands_.Word(options_.instance);
  commands_.Number(entry.number);
  for (const HoldChange& hold : entry.holds) {
    commands_.Word(hold.before);
    commands_.Word(hold.after);
  }
}

absl::Status RedisLimitClient::Answer(const RedisReply& reply, RedisTime now) {
  const size_t index = answered_++;
  absl::Status status;
  if (is_greeting_) {
    status = ReadGreeting(index, reply, now);
  } else if (index < sent_.size()) {
    status = ReadCharge(&sent_[index], reply);
  } else if (index < sent_.size() + asked_.size()) {
    status = ReadCheck(&asked_[index - sent_.size()], reply, now);
  } else {
    status = ReadBeat(reply, now);
  }
  if (status.ok() && answered_ == commands_.size()) status = EndTrip(now);
  return status;
}

absl::Status RedisLimitClient::ReadGreeting(size_t index, const RedisReply& reply, RedisTime now) {
  if (reply.is_error()) return absl::UnavailableError(reply.text);
  if (index == 0) check_sha_ = reply.text;
  if (index == 1) charge_sha_ = reply.text;
  if (index + 1 < kGreetings) return absl::OkStatus();
  if (const absl::Status status = ReadBeat(reply, now); !status.ok()) return status;
  if (phase_ != Phase::kGreeting) return absl::OkStatus();
  phase_ = Phase::kCatchingUp;
  catch_up_until_ns_ = now.steady_ns + kCatchUpNs;
  catch_up_to_ = ledger_.booked();
  return absl::OkStatus();
}

absl::Status RedisLimitClient::ReadBeat(const RedisReply& reply, RedisTime now) {
  if (reply.is_error()) return absl::UnavailableError(reply.text);
  if (reply.items.size() != 2) return UnreadableError();
  instances_ = static_cast<uint64_t>(std::max<int64_t>(reply.items[0].integer, 1));
  server_clock_.Learn(reply.items[1].integer, trip_began_ns_, now.steady_ns);
  next_beat_ns_ = now.steady_ns + kBeatIntervalNs;
  return absl::OkStatus();
}

// Without its account an entry is done.
absl::Status RedisLimitClient::ReadCharge(LedgerEntry* entry, const RedisReply& reply) {
  if (IsNoScript(reply)) {
    lacks_scripts_ = true;
    return absl::OkStatus();
  }
  if (IsWrongType(reply)) {
    LogEvent(log_, LogLevel::kError, "limit_key_taken")
        .Text("store", options_.store)
        .Text("key", entry->account->keys.main)
        .Text("error", reply.text);
    ledger_.Lose(*entry);
  } else if (reply.is_error()) {
    return absl::UnavailableError(reply.text);
  } else {
    ++delivered_;
  }
  entry->account.reset();
  --unacknowledged_;
  return absl::OkStatus();
}

absl::Status RedisLimitClient::EndTrip(RedisTime now) {
  std::erase_if(sent_, [](const LedgerEntry& entry) { return entry.account == nullptr; });
  std::erase_if(asked_, [](const Question& question) { return question.batch == nullptr; });
  asks_again_ = !asked_.empty();
  if (is_greeting_) {
    lacks_scripts_ = false;
  } else if (lacks_scripts_ && ++scriptless_trips_ > 1) {
    return absl::UnavailableError("it forgets its scripts at once");
  } else if (!lacks_scripts_) {
    scriptless_trips_ = 0;
  }
  // What found no script is first in the next trip.
  const bool has_caught_up =
      sent_.empty() && ledger_.taken() >= catch_up_to_ && ledger_.size() <= kMaxChargesPerTrip;
  if (phase_ == Phase::kCatchingUp && (has_caught_up || now.steady_ns >= catch_up_until_ns_)) {
    Rise(now);
  }
  return absl::OkStatus();
}

void RedisLimitClient::Rise(RedisTime now) {
  phase_ = Phase::kUp;
  {
    const std::lock_guard lock(mutex_);
    is_up_ = true;
  }
  if (!outage_.has_value()) return;
  const LedgerLoss lost = ledger_.lost();
  LogEvent(log_, LogLevel::kInfo, "limit_store_back")
      .Text("store", options_.store)
      .Unsigned("away_ms", static_cast<uint64_t>(now.steady_ns - outage_->since_ns) / 1'000'000)
      .Unsigned("answered_without_it", away_ - outage_->answered)
      .Unsigned("bookings_delivered", delivered_ - outage_->delivered)
      .Unsigned("bookings_lost", lost.bookings - outage_->lost.bookings);
  outage_.reset();
}

void RedisLimitClient::Lost(const absl::Status& status, RedisTime now) {
  const bool had_greeted = phase_ == Phase::kCatchingUp || phase_ == Phase::kUp;
  phase_ = Phase::kAway;
  asks_again_ = false;
  scriptless_trips_ = 0;
  if (had_greeted) retry_ns_ = kFirstRetryNs;
  connect_at_ns_ = now.steady_ns + retry_ns_;
  retry_ns_ = std::min(2 * retry_ns_, kLastRetryNs);
  std::erase_if(sent_, [](const LedgerEntry& entry) { return entry.account == nullptr; });
  std::vector<Question> open = std::exchange(asked_, {});
  std::erase_if(open, [](const Question& question) { return question.batch == nullptr; });
  {
    const std::lock_guard lock(mutex_);
    is_up_ = false;
    for (Question& question : waiting_) open.push_back(std::move(question));
    waiting_.clear();
  }
  if (!outage_.has_value()) {
    ++failures_;
    outage_ = Outage{now.steady_ns, away_, delivered_, ledger_.lost()};
    LogEvent(log_, LogLevel::kError, "limit_store_away")
        .Text("store", options_.store)
        .Text("error", std::string(status.message()));
  }
  for (const Question& question : open) {
    ReleaseHolds(question);
    AnswerAway(question.batch.get(), now.unix_ns);
  }
  NoteLosses(now);
}

const RedisCommands& RedisLimitClient::Farewell() {
  commands_.Clear();
  AppendBeat(false);
  return commands_;
}

void RedisLimitClient::End(RedisTime now) {
  std::vector<Question> open = std::exchange(asked_, {});
  {
    const std::lock_guard lock(mutex_);
    stops_ = true;
    is_up_ = false;
    for (Question& question : waiting_) open.push_back(std::move(question));
    waiting_.clear();
  }
  phase_ = Phase::kAway;
  for (const Question& question : open) {
    if (question.batch != nullptr) AnswerAway(question.batch.get(), now.unix_ns);
  }
  for (const LedgerEntry& entry : TakeUndelivered()) {
    if (entry.amount > 0) ledger_.Lose(entry);
  }
  tell_losses_at_ns_ = INT64_MIN;
  NoteLosses(now);
}

std::vector<LedgerEntry> RedisLimitClient::TakeUndelivered() {
  std::vector<LedgerEntry> left = std::exchange(sent_, {});
  unacknowledged_ = 0;
  while (!ledger_.empty()) {
    for (LedgerEntry& entry : ledger_.Take(Ledger::kMaxEntries)) left.push_back(std::move(entry));
  }
  return left;
}

void RedisLimitClient::NoteLosses(RedisTime now) {
  if (now.steady_ns < tell_losses_at_ns_) return;
  const LedgerLoss lost = ledger_.lost();
  if (lost.bookings == told_losses_.bookings) return;
  tell_losses_at_ns_ = now.steady_ns + kLossLogIntervalNs;
  LogEvent(log_, LogLevel::kError, "limit_charges_lost")
      .Text("store", options_.store)
      .Unsigned("bookings", lost.bookings - told_losses_.bookings)
      .Unsigned("requests", lost.requests - told_losses_.requests)
      .Real("cost", static_cast<double>(lost.nano_dollars - told_losses_.nano_dollars) / 1e9)
      .Unsigned("bookings_since_start", lost.bookings);
  told_losses_ = lost;
}

}  // namespace junctor::engine
