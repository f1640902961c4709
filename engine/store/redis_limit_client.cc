#include "engine/store/redis_limit_client.h"

#include <algorithm>
#include <utility>

#include "engine/observe/log_event.h"
#include "engine/store/redis_limit_key.h"
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
constexpr size_t kMaxChecksPerTrip = 256;
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
// "refuse": another try costs little, and the server may be back.
constexpr uint64_t kRefusedRetryMs = 1'000;
// Answers to what AppendGreeting says.
constexpr size_t kGreetings = 3;
constexpr size_t kCheckWordsBefore = 3;    // EVALSHA, the script, the number of keys
constexpr size_t kChargeWordsBefore = 15;  // the same, keys and arguments but the holds

uint64_t MillisecondsOf(int64_t microseconds) {
  return static_cast<uint64_t>(std::max<int64_t>((microseconds + 999) / 1000, 0));
}

// The arguments that check and charge begin with.
void AppendRule(const LimitSpec& spec, std::string_view element, std::string_view key,
                RedisCommands* commands) {
  commands->Word(RedisTypeLetter(spec.type));
  commands->Word(spec.technique == WindowTechnique::kSliding ? "1" : "0");
  commands->Number(spec.limit);
  commands->Number(uint64_t{spec.window_seconds} * 1'000'000);
  commands->Word(element);
  commands->Word(key);
}

bool IsNoScript(const RedisReply& reply) {
  return reply.is_error() && reply.text.starts_with("NOSCRIPT");
}

// Something else stands under the key: it does not go away by trying again, and concerns this key
// alone.
bool IsWrongType(const RedisReply& reply) {
  return reply.is_error() && reply.text.find("WRONGTYPE") != reply.text.npos;
}

std::shared_ptr<const LedgerAccount> AccountOf(const LimitAsk& ask) {
  auto account = std::make_shared<LedgerAccount>();
  account->keys = RedisKeyOf(ask.spec->type, ask.name, ask.key);
  account->spec.type = ask.spec->type;
  account->spec.technique = ask.spec->technique;
  account->spec.limit = ask.spec->limit;
  account->spec.window_seconds = ask.spec->window_seconds;
  account->element = std::string(ask.name.element);
  account->key = std::string(ask.key);
  return account;
}

std::string HoldText(const std::string& hold, uint64_t held) {
  return hold + ":" + std::to_string(held);
}

}  // namespace

struct RedisLimitClient::Ticket final : RemoteTicket {
  std::shared_ptr<const LedgerAccount> account;
  std::string hold;   // its name; empty: nothing is held in the server
  uint64_t held = 0;  // of it, what was not charged yet
  LimitTicket local;  // of a request that the stand-in admitted
};

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
  if (!ledger_.empty() || unacknowledged_ > 0) return true;
  const std::lock_guard lock(mutex_);
  return !waiting_.empty();
}

LimitVerdict RedisLimitClient::AnswerAway(const LimitAsk& ask, int64_t unix_nanoseconds) {
  ++away_;
  LimitVerdict verdict;
  StoreFailurePolicy policy = ask.spec->on_store_failure;
  if (policy == StoreFailurePolicy::kConfigured) policy = options_.on_failure;
  if (policy == StoreFailurePolicy::kRefuse) {
    verdict.answer = {false, kRefusedRetryMs};
    return verdict;
  }
  verdict.answer.admitted = true;
  if (policy == StoreFailurePolicy::kLocal) {
    LimitSpec share;
    share.type = ask.spec->type;
    share.technique = ask.spec->technique;
    share.reserve = ask.spec->reserve;
    share.window_seconds = ask.spec->window_seconds;
    share.limit = std::max<uint64_t>(ask.spec->limit / std::max<uint64_t>(instances_.load(), 1), 1);
    LimitAsk local = ask;
    local.spec = &share;
    local_->Ask(local, unix_nanoseconds, &verdict);
    if (!verdict.answer.admitted) return verdict;
  }
  // The server learns of it when it is back.
  if (ask.spec->type == LimitType::kCount) {
    ledger_.Book(AccountOf(ask), 1, unix_nanoseconds);
  } else {
    auto own = std::make_unique<Ticket>();
    own->account = AccountOf(ask);
    own->local = std::move(verdict.ticket);
    verdict.ticket = LimitTicket();
    verdict.ticket.SetRemote(std::move(own));
  }
  return verdict;
}

void RedisLimitClient::AnswerAway(LimitBatch* batch, int64_t unix_nanoseconds) {
  batch->verdicts.clear();
  for (size_t i = 0; i < batch->size(); ++i) {
    batch->verdicts.push_back(AnswerAway(batch->ask(i), unix_nanoseconds));
    if (!batch->verdicts.back().answer.admitted) break;
  }
  batch->done();
}

void RedisLimitClient::Opened() {
  phase_ = Phase::kGreeting;
  lacks_scripts_ = false;
}

const RedisCommands& RedisLimitClient::Next(RedisTime now) {
  NoteLosses(now);
  commands_.Clear();
  answered_ = 0;
  has_beat_ = false;
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
  for (Question& question : asked_) AppendCheck(&question);
  if (now.steady_ns >= next_beat_ns_) {
    has_beat_ = true;
    AppendBeat(true);
  }
  if (commands_.size() > 0) ++round_trips_;
  return commands_;
}

// Those before which nothing is left to be told: it stands in this trip before them.
void RedisLimitClient::TakeQuestions() {
  const uint64_t told = ledger_.taken();
  const std::lock_guard lock(mutex_);
  while (!waiting_.empty() && asked_.size() < kMaxChecksPerTrip &&
         waiting_.front().bookings <= told) {
    asked_.push_back(std::move(waiting_.front()));
    waiting_.pop_front();
  }
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

void RedisLimitClient::AppendCheck(Question* question) {
  const LimitBatch& batch = *question->batch;
  commands_.Begin(kCheckWordsBefore + batch.size() * (2 + kCheckArguments));
  commands_.Word("EVALSHA");
  commands_.Word(check_sha_);
  commands_.Number(2 * batch.size());
  for (size_t i = 0; i < batch.size(); ++i) {
    const LimitAsk ask = batch.ask(i);
    const RedisLimitKey keys = RedisKeyOf(ask.spec->type, ask.name, ask.key);
    commands_.Word(keys.main);
    commands_.Word(keys.side);
  }
  question->holds.assign(batch.size(), std::string());
  for (size_t i = 0; i < batch.size(); ++i) {
    const LimitAsk ask = batch.ask(i);
    AppendRule(*ask.spec, ask.name.element, ask.key, &commands_);
    commands_.Word(ask.spec->reserve ? "1" : "0");
    commands_.Number(ask.estimate);
    commands_.Number(static_cast<uint64_t>(std::max<int64_t>(ask.lease_ns, 0)) / 1000);
    if (ask.spec->reserve) question->holds[i] = HoldName();
    commands_.Word(question->holds[i]);
  }
  checks_ += batch.size();
}

std::string RedisLimitClient::HoldName() {
  return options_.instance + "-" + std::to_string(++last_hold_);
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
  } else if (reply.is_error()) {
    status = absl::UnavailableError(reply.text);
  } else {
    ReadBeat(reply, now);
  }
  if (status.ok() && answered_ == commands_.size()) status = EndTrip(now);
  return status;
}

absl::Status RedisLimitClient::ReadGreeting(size_t index, const RedisReply& reply, RedisTime now) {
  if (reply.is_error()) return absl::UnavailableError(reply.text);
  if (index == 0) check_sha_ = reply.text;
  if (index == 1) charge_sha_ = reply.text;
  if (index + 1 < kGreetings) return absl::OkStatus();
  ReadBeat(reply, now);
  if (phase_ != Phase::kGreeting) return absl::OkStatus();
  phase_ = Phase::kCatchingUp;
  catch_up_until_ns_ = now.steady_ns + kCatchUpNs;
  catch_up_to_ = ledger_.booked();
  return absl::OkStatus();
}

void RedisLimitClient::ReadBeat(const RedisReply& reply, RedisTime now) {
  instances_ = static_cast<uint64_t>(std::max<int64_t>(reply.integer, 1));
  next_beat_ns_ = now.steady_ns + kBeatIntervalNs;
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

absl::Status RedisLimitClient::ReadCheck(Question* question, const RedisReply& reply,
                                         RedisTime now) {
  if (IsNoScript(reply)) {
    lacks_scripts_ = true;
    return absl::OkStatus();
  }
  if (IsWrongType(reply)) {
    AnswerAway(std::exchange(question->batch, nullptr).get(), now.unix_ns);
    return absl::OkStatus();
  }
  if (reply.is_error()) return absl::UnavailableError(reply.text);
  if (!FillVerdicts(*question, reply)) {
    return absl::UnavailableError("a script's answer can't be read");
  }
  std::exchange(question->batch, nullptr)->done();
  return absl::OkStatus();
}

bool RedisLimitClient::FillVerdicts(const Question& question, const RedisReply& reply) {
  LimitBatch& batch = *question.batch;
  if (reply.kind != RedisReply::Kind::kArray || reply.items.empty()) return false;
  batch.verdicts.clear();
  for (size_t i = 0; i < reply.items.size() && i < batch.size(); ++i) {
    const std::vector<RedisReply>& values = reply.items[i].items;
    if (values.size() != 5) return false;
    const LimitAsk ask = batch.ask(i);
    const int64_t code = values[0].Number();
    LimitVerdict& verdict = batch.verdicts.emplace_back();
    verdict.answer = {code == 1, MillisecondsOf(values[1].Number())};
    verdict.too_large = code < 0;
    if (ask.spec->type == LimitType::kCount) {
      verdict.limit = static_cast<uint64_t>(values[2].Number());
      verdict.left = static_cast<uint64_t>(values[3].Number());
      verdict.reset_ms = MillisecondsOf(values[4].Number());
    } else if (code == 1) {
      auto ticket = std::make_unique<Ticket>();
      ticket->account = AccountOf(ask);
      ticket->hold = question.holds[i];
      ticket->held = ask.estimate;
      verdict.ticket.SetRemote(std::move(ticket));
    }
  }
  return batch.verdicts.size() == batch.size() || !batch.verdicts.back().answer.admitted;
}

absl::Status RedisLimitClient::EndTrip(RedisTime now) {
  std::erase_if(sent_, [](const LedgerEntry& entry) { return entry.account == nullptr; });
  std::erase_if(asked_, [](const Question& question) { return question.batch == nullptr; });
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

void RedisLimitClient::ReleaseHolds(const Question& question) {
  for (size_t i = 0; i < question.holds.size(); ++i) {
    if (question.holds[i].empty()) continue;
    const LimitAsk ask = question.batch->ask(i);
    ledger_.Book(AccountOf(ask), 0, question.batch->unix_nanoseconds,
                 {HoldText(question.holds[i], ask.estimate), ""});
  }
}

void RedisLimitClient::Lost(const absl::Status& status, RedisTime now) {
  const bool had_greeted = phase_ == Phase::kCatchingUp || phase_ == Phase::kUp;
  phase_ = Phase::kAway;
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
