// The questions of RedisLimitClient: how they are asked, and answered with the server and without.
#include <algorithm>
#include <utility>

#include "engine/store/redis_limit_client.h"
#include "engine/store/redis_limit_parts.h"
#include "engine/store/redis_scripts.h"

namespace junctor::engine {
namespace {

// "refuse": another try costs little, and the server may be back.
constexpr uint64_t kRefusedRetryMs = 1'000;
// What one round trip takes along: as kMaxChargesPerTrip.
constexpr size_t kMaxChecksPerTrip = 256;
// EVALSHA, the script, the number of keys; the deadline.
constexpr size_t kCheckWordsAround = 4;

uint64_t MillisecondsOf(int64_t microseconds) {
  return static_cast<uint64_t>(std::max<int64_t>((microseconds + 999) / 1000, 0));
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

// The server ran the question after its deadline, and says what time it is.
bool IsLate(const RedisReply& reply) {
  return reply.items.size() == 1 && reply.items[0].kind == RedisReply::Kind::kInteger;
}

}  // namespace

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

void RedisLimitClient::AppendCheck(Question* question, int64_t deadline_us) {
  const LimitBatch& batch = *question->batch;
  commands_.Begin(kCheckWordsAround + batch.size() * (2 + kCheckArguments));
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
  commands_.Number(static_cast<uint64_t>(std::max<int64_t>(deadline_us, 0)));
  checks_ += batch.size();
}

std::string RedisLimitClient::HoldName() {
  return options_.instance + "-" + std::to_string(++last_hold_);
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
  if (IsLate(reply)) {
    // It has taken nothing, and holds nothing.
    server_clock_.Learn(reply.items[0].integer, trip_began_ns_, now.steady_ns);
    AnswerAway(std::exchange(question->batch, nullptr).get(), now.unix_ns);
    return absl::OkStatus();
  }
  if (!FillVerdicts(*question, reply)) {
    return UnreadableError();
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

void RedisLimitClient::ReleaseHolds(const Question& question) {
  for (size_t i = 0; i < question.holds.size(); ++i) {
    if (question.holds[i].empty()) continue;
    const LimitAsk ask = question.batch->ask(i);
    ledger_.Book(AccountOf(ask), 0, question.batch->unix_nanoseconds,
                 {HoldText(question.holds[i], ask.estimate), ""});
  }
}

}  // namespace junctor::engine
