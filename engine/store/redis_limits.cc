#include "engine/store/redis_limits.h"

#include <algorithm>
#include <random>
#include <tuple>
#include <utility>

#include "engine/observe/log_event.h"
#include "engine/store/redis_limit_key.h"
#include "engine/store/redis_scripts.h"
#include "runtime/limits/window.h"

namespace junctor::engine {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

// Requests that may wait for an answer. More are more than the server can answer within its
// timeout.
constexpr size_t kMaxWaiting = 20'000;
// What one round trip takes along: enough that its overhead does not count, and so little that the
// answers come within a few milliseconds.
constexpr size_t kMaxChecksPerTrip = 256;
constexpr size_t kMaxChargesPerTrip = 256;
// How often this gateway says that it lives. A gateway counts for 10 s after its last word.
constexpr milliseconds kBeatInterval{2'000};
// Waits between attempts to reach a server that is away: doubling from the first to the last.
constexpr milliseconds kFirstRetry{100};
constexpr milliseconds kLastRetry{2'000};
// "refuse": another try costs little, and the server may be back.
constexpr uint64_t kRefusedRetryMs = 1'000;
// An operator's question may take longer than a request's.
constexpr milliseconds kOperatorTimeout{2'000};
constexpr milliseconds kScanTime{10'000};

std::string RandomName() {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::random_device device;
  std::string name;
  for (int i = 0; i < 16; ++i) name.push_back(kDigits[device() % 16]);
  return name;
}

uint64_t MillisecondsOf(int64_t microseconds) {
  return static_cast<uint64_t>(std::max<int64_t>((microseconds + 999) / 1000, 0));
}

std::string_view TypeLetter(LimitType type) { return type == LimitType::kCost ? "m" : "c"; }

// The arguments that check and charge begin with.
void AppendRule(const LimitSpec& spec, std::string_view element, std::string_view key,
                std::vector<std::string>* words) {
  words->emplace_back(TypeLetter(spec.type));
  words->emplace_back(spec.technique == WindowTechnique::kSliding ? "1" : "0");
  words->push_back(std::to_string(spec.limit));
  words->push_back(std::to_string(uint64_t{spec.window_seconds} * 1'000'000));
  words->emplace_back(element);
  words->emplace_back(key);
}

void Send(const std::vector<std::string>& words, RedisConnection* connection) {
  connection->Append(std::vector<std::string_view>(words.begin(), words.end()));
}

bool IsNoScript(const RedisReply& reply) {
  return reply.is_error() && reply.text.starts_with("NOSCRIPT");
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

}  // namespace

struct RedisLimits::Ticket final : RemoteTicket {
  std::string HoldText() const { return hold + ":" + std::to_string(held); }

  std::shared_ptr<const LedgerAccount> account;
  std::string hold;   // its id; empty: nothing is held in the server
  uint64_t held = 0;  // of it, what was not charged yet
};

RedisLimits::RedisLimits(RedisLimitOptions options, Log* log)
    : options_(std::move(options)),
      log_(log),
      instance_(RandomName()),
      local_(options_.memory_keys) {
  if (absl::Status status = Connect(); !status.ok()) {
    LogEvent(log_, LogLevel::kError, "limit_store_away")
        .Text("store", options_.address.Text())
        .Text("error", std::string(status.message()));
    ++failures_;
  }
  thread_ = std::thread(&RedisLimits::Run, this);
}

RedisLimits::~RedisLimits() { Stop(); }

void RedisLimits::Stop() {
  {
    const std::lock_guard lock(mutex_);
    stops_ = true;
  }
  work_changed_.notify_all();
  if (thread_.joinable()) thread_.join();
}

RedisLimits::Counters RedisLimits::counters() const {
  return {checks_, round_trips_, away_, failures_, ledger_.lost(), instances_, is_up_};
}

bool RedisLimits::Ask(const LimitAsk& ask, int64_t unix_nanoseconds, LimitVerdict* verdict) {
  if (is_up_) return false;
  *verdict = AnswerAway(ask, unix_nanoseconds);
  return true;
}

void RedisLimits::Begin(std::shared_ptr<LimitBatch> batch) {
  {
    const std::lock_guard lock(mutex_);
    if (is_up_ && !stops_ && waiting_.size() < kMaxWaiting) {
      waiting_.push_back(std::move(batch));
      work_changed_.notify_one();
      return;
    }
  }
  AnswerAway(batch.get());
}

void RedisLimits::Charge(const LimitTicket& ticket, uint64_t nano_dollars,
                         int64_t unix_nanoseconds) {
  local_.Charge(ticket, nano_dollars, unix_nanoseconds);
  auto* remote = static_cast<Ticket*>(ticket.remote());
  if (remote == nullptr) return;
  HoldChange change;
  if (!remote->hold.empty() && nano_dollars > 0) {
    change.before = remote->HoldText();
    remote->held -= std::min(remote->held, nano_dollars);
    change.after = remote->HoldText();
  }
  ledger_.Book(remote->account, nano_dollars, unix_nanoseconds, std::move(change));
  // With the lock, so that the thread does not miss it on its way to wait.
  const std::lock_guard lock(mutex_);
  work_changed_.notify_one();
}

void RedisLimits::Settle(LimitTicket* ticket, int64_t unix_nanoseconds) {
  local_.Settle(ticket, unix_nanoseconds);
  auto* remote = static_cast<Ticket*>(ticket->remote());
  if (remote == nullptr || remote->hold.empty()) return;
  HoldChange change;
  change.before = remote->HoldText();
  remote->hold.clear();
  ledger_.Book(remote->account, 0, unix_nanoseconds, std::move(change));
  const std::lock_guard lock(mutex_);
  work_changed_.notify_one();
}

LimitVerdict RedisLimits::AnswerAway(const LimitAsk& ask, int64_t unix_nanoseconds) {
  ++away_;
  LimitVerdict verdict;
  StoreFailurePolicy policy = ask.spec->on_store_failure;
  if (policy == StoreFailurePolicy::kConfigured) policy = options_.on_failure;
  if (policy == StoreFailurePolicy::kRefuse) {
    verdict.answer = {false, kRefusedRetryMs};
    return verdict;
  }
  if (policy == StoreFailurePolicy::kLocal) {
    LimitSpec share;
    share.type = ask.spec->type;
    share.technique = ask.spec->technique;
    share.reserve = ask.spec->reserve;
    share.window_seconds = ask.spec->window_seconds;
    share.limit = std::max<uint64_t>(ask.spec->limit / std::max<uint64_t>(instances_.load(), 1), 1);
    LimitAsk local = ask;
    local.spec = &share;
    local_.Ask(local, unix_nanoseconds, &verdict);
    if (!verdict.answer.admitted) return verdict;
  }
  // The server learns of it when it is back.
  if (ask.spec->type == LimitType::kCount) {
    ledger_.Book(AccountOf(ask), 1, unix_nanoseconds);
  } else {
    auto remote = std::make_unique<Ticket>();
    remote->account = AccountOf(ask);
    verdict.ticket.SetRemote(std::move(remote));
  }
  return verdict;
}

void RedisLimits::AnswerAway(LimitBatch* batch) {
  batch->verdicts.clear();
  for (size_t i = 0; i < batch->size(); ++i) {
    batch->verdicts.push_back(AnswerAway(batch->ask(i), batch->unix_nanoseconds));
    if (!batch->verdicts.back().answer.admitted) break;
  }
  batch->done();
}

void RedisLimits::Run() {
  milliseconds retry = kFirstRetry;
  while (true) {
    bool stops = false;
    {
      std::unique_lock lock(mutex_);
      if (connection_ == nullptr) {
        work_changed_.wait_for(lock, retry, [this] { return stops_; });
      } else {
        work_changed_.wait_until(lock, next_beat_, [this] {
          return stops_ || !waiting_.empty() || !ledger_.empty() || !sent_.empty();
        });
      }
      stops = stops_;
    }
    if (connection_ == nullptr) {
      if (stops) break;
      const absl::Status status = Connect();
      retry = status.ok() ? kFirstRetry : std::min(2 * retry, kLastRetry);
      if (status.ok()) {
        LogEvent(log_, LogLevel::kInfo, "limit_store_back").Text("store", options_.address.Text());
      }
      continue;
    }
    bool did_work = false;
    absl::Status status = RoundTrip(&did_work);
    if (status.ok() && steady_clock::now() >= next_beat_) {
      status = Beat();
      if (!status.ok()) GoAway(status, {});
    }
    if (stops && (!did_work || !status.ok())) break;
  }
  if (connection_ != nullptr) {
    // Others need not wait for this gateway's share. If it fails, its time runs out.
    (void)connection_->Run({"EVAL", RedisBeatScript(), "1", kRedisInstances, instance_, "0"});
  }
  std::deque<std::shared_ptr<LimitBatch>> left;
  {
    const std::lock_guard lock(mutex_);
    is_up_ = false;
    left.swap(waiting_);
  }
  for (const std::shared_ptr<LimitBatch>& batch : left) AnswerAway(batch.get());
}

absl::Status RedisLimits::Connect() {
  absl::StatusOr<std::unique_ptr<RedisConnection>> connection =
      RedisConnection::Open(options_.address, options_.timeout);
  if (!connection.ok()) return connection.status();
  connection_ = *std::move(connection);
  absl::Status status = LoadScripts();
  if (status.ok()) status = Beat();
  if (!status.ok()) {
    connection_.reset();
    return status;
  }
  // What was taken here while the server was away stands in the ledger, and goes there.
  local_.Clear();
  const std::lock_guard lock(mutex_);
  is_up_ = true;
  return absl::OkStatus();
}

absl::Status RedisLimits::LoadScripts() {
  const auto load = [this](const std::string& script, std::string* sha) {
    absl::StatusOr<RedisReply> reply = connection_->Run({"SCRIPT", "LOAD", script});
    if (reply.ok()) *sha = reply->text;
    return reply.status();
  };
  absl::Status status = load(RedisCheckScript(), &check_sha_);
  if (status.ok()) status = load(RedisChargeScript(), &charge_sha_);
  return status;
}

absl::Status RedisLimits::Beat() {
  absl::StatusOr<RedisReply> reply =
      connection_->Run({"EVAL", RedisBeatScript(), "1", kRedisInstances, instance_, "1"});
  if (!reply.ok()) return reply.status();
  instances_ = static_cast<uint64_t>(std::max<int64_t>(reply->integer, 1));
  next_beat_ = steady_clock::now() + kBeatInterval;
  return absl::OkStatus();
}

void RedisLimits::AppendCheck(const LimitBatch& batch, std::vector<std::string>* holds) {
  std::vector<std::string> words = {"EVALSHA", check_sha_, std::to_string(2 * batch.size())};
  for (size_t i = 0; i < batch.size(); ++i) {
    const LimitAsk ask = batch.ask(i);
    RedisLimitKey keys = RedisKeyOf(ask.spec->type, ask.name, ask.key);
    words.push_back(std::move(keys.main));
    words.push_back(std::move(keys.side));
  }
  for (size_t i = 0; i < batch.size(); ++i) {
    const LimitAsk ask = batch.ask(i);
    AppendRule(*ask.spec, ask.name.element, ask.key, &words);
    words.emplace_back(ask.spec->reserve ? "1" : "0");
    words.push_back(std::to_string(ask.estimate));
    words.push_back(std::to_string(ask.lease_ns / 1000));
    std::string hold;
    if (ask.spec->reserve) hold = instance_ + "-" + std::to_string(++next_hold_);
    words.push_back(hold);
    holds->push_back(std::move(hold));
  }
  checks_ += batch.size();
  Send(words, connection_.get());
}

bool RedisLimits::ReadCheck(LimitBatch* batch, const RedisReply& reply,
                            const std::vector<std::string>& holds) {
  if (reply.kind != RedisReply::Kind::kArray || reply.items.empty()) return false;
  batch->verdicts.clear();
  for (size_t i = 0; i < reply.items.size() && i < batch->size(); ++i) {
    const std::vector<RedisReply>& values = reply.items[i].items;
    if (values.size() != 5) return false;
    const LimitAsk ask = batch->ask(i);
    const int64_t code = values[0].Number();
    LimitVerdict& verdict = batch->verdicts.emplace_back();
    verdict.answer = {code == 1, MillisecondsOf(values[1].Number())};
    verdict.too_large = code < 0;
    if (ask.spec->type == LimitType::kCount) {
      verdict.limit = static_cast<uint64_t>(values[2].Number());
      verdict.left = static_cast<uint64_t>(values[3].Number());
      verdict.reset_ms = MillisecondsOf(values[4].Number());
    } else if (code == 1) {
      auto ticket = std::make_unique<Ticket>();
      ticket->account = AccountOf(ask);
      ticket->hold = holds[i];
      ticket->held = ask.estimate;
      verdict.ticket.SetRemote(std::move(ticket));
    }
  }
  const bool is_whole =
      batch->verdicts.size() == batch->size() || !batch->verdicts.back().answer.admitted;
  return is_whole;
}

void RedisLimits::AppendCharge(const LedgerEntry& entry) {
  const LedgerAccount& account = *entry.account;
  const int64_t now_ns = std::chrono::duration_cast<std::chrono::nanoseconds>(
                             std::chrono::system_clock::now().time_since_epoch())
                             .count();
  std::vector<std::string> words = {"EVALSHA", charge_sha_, "2", account.keys.main,
                                    account.keys.side};
  AppendRule(account.spec, account.element, account.key, &words);
  words.push_back(std::to_string(entry.amount));
  words.push_back(std::to_string(std::max<int64_t>(now_ns - entry.time_ns, 0) / 1000));
  words.push_back(instance_);
  words.push_back(std::to_string(entry.number));
  for (const HoldChange& hold : entry.holds) {
    words.push_back(hold.before);
    words.push_back(hold.after);
  }
  Send(words, connection_.get());
}

absl::Status RedisLimits::RoundTrip(bool* did_work) {
  std::vector<std::shared_ptr<LimitBatch>> open;
  {
    const std::lock_guard lock(mutex_);
    while (!waiting_.empty() && open.size() < kMaxChecksPerTrip) {
      open.push_back(std::move(waiting_.front()));
      waiting_.pop_front();
    }
  }
  if (sent_.empty()) {
    sent_ = ledger_.Take(kMaxChargesPerTrip);
    for (LedgerEntry& entry : sent_) entry.number = ++last_number_;
  }
  *did_work = !open.empty() || !sent_.empty();
  if (!*did_work) return absl::OkStatus();
  ++round_trips_;
  const auto begin = steady_clock::now();
  absl::Status status;
  bool scripts_are_gone = false;
  // Twice, where the server has forgotten the scripts.
  for (int attempt = 0; attempt < 2 && status.ok(); ++attempt) {
    if (scripts_are_gone) status = LoadScripts();
    scripts_are_gone = false;
    if (!status.ok()) break;
    std::vector<std::vector<std::string>> holds(open.size());
    for (size_t i = 0; i < open.size(); ++i) AppendCheck(*open[i], &holds[i]);
    for (const LedgerEntry& entry : sent_) AppendCharge(entry);
    // Each reply is read, so that the connection stays in step.
    const auto read = [&](RedisReply* reply) {
      absl::StatusOr<RedisReply> got = connection_->Read();
      if (!got.ok()) return got.status();
      *reply = *std::move(got);
      if (IsNoScript(*reply)) {
        scripts_are_gone = true;
      } else if (reply->is_error()) {
        return absl::UnavailableError(reply->text);
      }
      // A server that trickles is as good as away.
      if (steady_clock::now() - begin > 2 * options_.timeout) {
        return absl::UnavailableError("it answers too slowly");
      }
      return absl::OkStatus();
    };
    std::vector<std::shared_ptr<LimitBatch>> again;
    for (size_t i = 0; i < open.size(); ++i) {
      RedisReply reply;
      if (status.ok()) status = read(&reply);
      if (!status.ok() || reply.is_error()) {
        again.push_back(std::move(open[i]));
      } else if (ReadCheck(open[i].get(), reply, holds[i])) {
        open[i]->done();
      } else {
        status = absl::UnavailableError("a script's answer can't be read");
        again.push_back(std::move(open[i]));
      }
    }
    open = std::move(again);
    std::vector<LedgerEntry> undelivered;
    for (LedgerEntry& entry : sent_) {
      RedisReply reply;
      if (status.ok()) status = read(&reply);
      if (!status.ok() || reply.is_error()) undelivered.push_back(std::move(entry));
    }
    sent_ = std::move(undelivered);
    if (!scripts_are_gone) break;
  }
  if (status.ok() && scripts_are_gone) {
    status = absl::UnavailableError("it forgets its scripts at once");
  }
  if (!status.ok()) GoAway(status, std::move(open));
  return status;
}

void RedisLimits::GoAway(const absl::Status& status,
                         std::vector<std::shared_ptr<LimitBatch>> open) {
  connection_.reset();
  ++failures_;
  {
    const std::lock_guard lock(mutex_);
    is_up_ = false;
    for (std::shared_ptr<LimitBatch>& batch : waiting_) open.push_back(std::move(batch));
    waiting_.clear();
  }
  LogEvent(log_, LogLevel::kError, "limit_store_away")
      .Text("store", options_.address.Text())
      .Text("error", std::string(status.message()));
  for (const std::shared_ptr<LimitBatch>& batch : open) AnswerAway(batch.get());
}

absl::StatusOr<RedisReply> RedisLimits::Operate(const LimitName& name, LimitType type,
                                                std::string_view key, std::string_view what,
                                                uint64_t amount) {
  absl::StatusOr<std::unique_ptr<RedisConnection>> connection =
      RedisConnection::Open(options_.address, kOperatorTimeout);
  if (!connection.ok()) return connection.status();
  const RedisLimitKey keys = RedisKeyOf(type, name, key);
  const std::string number = std::to_string(amount);
  return (*connection)
      ->Run({"EVAL", RedisOperatorScript(), "2", keys.main, keys.side, what, TypeLetter(type),
             number});
}

absl::StatusOr<bool> RedisLimits::OperateBoth(const LimitName& name, std::string_view key,
                                              std::string_view what, uint64_t amount) {
  bool found = false;
  for (const LimitType type : {LimitType::kCount, LimitType::kCost}) {
    absl::StatusOr<RedisReply> reply = Operate(name, type, key, what, amount);
    if (!reply.ok()) return reply.status();
    found = found || !reply->items.empty();
  }
  return found;
}

absl::StatusOr<bool> RedisLimits::ResetKey(const LimitName& name, std::string_view key) {
  return OperateBoth(name, key, "reset", 0);
}

absl::StatusOr<bool> RedisLimits::GrantKey(const LimitName& name, std::string_view key,
                                           uint64_t amount, int64_t) {
  return OperateBoth(name, key, "grant", amount);
}

absl::StatusOr<LimitSnapshot> RedisLimits::Look(std::string_view gateway, std::string_view route,
                                                size_t max_rows, int64_t unix_nanoseconds) {
  absl::StatusOr<std::unique_ptr<RedisConnection>> opened =
      RedisConnection::Open(options_.address, kOperatorTimeout);
  if (!opened.ok()) return opened.status();
  RedisConnection& connection = **opened;
  LimitSnapshot snapshot;
  const auto until = steady_clock::now() + kScanTime;
  for (const LimitType type : {LimitType::kCount, LimitType::kCost}) {
    const std::string pattern = RedisPatternOf(type, gateway, route);
    std::string cursor = "0";
    do {
      absl::StatusOr<RedisReply> found =
          connection.Run({"SCAN", cursor, "MATCH", pattern, "COUNT", "1000", "TYPE", "hash"});
      if (!found.ok()) return found.status();
      if (found->items.size() != 2) return absl::UnavailableError("SCAN answers otherwise");
      cursor = found->items[0].text;
      for (const RedisReply& key : found->items[1].items) {
        if (snapshot.rows.size() >= max_rows) break;
        const std::string side = key.text + ":s";
        absl::StatusOr<RedisReply> looked = connection.Run(
            {"EVAL", RedisOperatorScript(), "2", key.text, side, "look", TypeLetter(type), "0"});
        if (!looked.ok()) return looked.status();
        const std::vector<RedisReply>& values = looked->items;
        if (values.size() != 7) continue;
        LimitRow row;
        row.type = type;
        row.element = values[0].text;
        row.key = values[1].text;
        row.limit = static_cast<uint64_t>(values[2].Number());
        row.granted = static_cast<uint64_t>(values[6].Number());
        row.spent = static_cast<uint64_t>(values[3].Number());
        row.held = static_cast<uint64_t>(values[4].Number());
        row.left = row.limit - std::min(row.limit, row.spent + row.held);
        row.reset_ns = std::max(values[5].Number() * 1000, unix_nanoseconds);
        if (row.spent > 0 || row.held > 0) snapshot.rows.push_back(std::move(row));
      }
      const bool is_full = snapshot.rows.size() >= max_rows || steady_clock::now() > until;
      snapshot.truncated = snapshot.truncated || is_full;
    } while (cursor != "0" && !snapshot.truncated);
  }
  std::sort(snapshot.rows.begin(), snapshot.rows.end(), [](const LimitRow& a, const LimitRow& b) {
    return std::tie(a.element, a.key, a.type) < std::tie(b.element, b.key, b.type);
  });
  return snapshot;
}

}  // namespace junctor::engine
