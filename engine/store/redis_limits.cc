#include "engine/store/redis_limits.h"

#include <algorithm>
#include <random>
#include <tuple>
#include <utility>

#include "engine/store/redis_commands.h"
#include "engine/store/redis_connection.h"
#include "engine/store/redis_limit_key.h"
#include "engine/store/redis_scripts.h"

namespace junctor::engine {
namespace {

using std::chrono::milliseconds;
using std::chrono::nanoseconds;

// An operator's question may take longer than a request's.
constexpr milliseconds kOperatorTimeout{2'000};
constexpr nanoseconds kScanTime{std::chrono::seconds(10)};

std::string RandomName() {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::random_device device;
  std::string name;
  for (int i = 0; i < 16; ++i) name.push_back(kDigits[device() % 16]);
  return name;
}

RedisTime SystemTime() {
  return {nanoseconds(std::chrono::steady_clock::now().time_since_epoch()).count(),
          nanoseconds(std::chrono::system_clock::now().time_since_epoch()).count()};
}

absl::StatusOr<std::unique_ptr<RedisLink>> OpenConnection(const RedisAddress& address,
                                                          milliseconds timeout) {
  absl::StatusOr<std::unique_ptr<RedisConnection>> connection =
      RedisConnection::Open(address, timeout);
  if (!connection.ok()) return connection.status();
  return *std::move(connection);
}

// What an operator is told whose question could not be asked.
absl::Status AwayError(const absl::Status& status) {
  return absl::UnavailableError("the server that keeps the limits can't be asked: " +
                                std::string(status.message()));
}

RedisLimitOptions WithDefaults(RedisLimitOptions options) {
  if (options.open == nullptr) options.open = OpenConnection;
  if (options.clock == nullptr) options.clock = SystemTime;
  return options;
}

// One command and its answer. An error of the server is an error.
absl::StatusOr<RedisReply> RunCommand(RedisLink* link,
                                      std::initializer_list<std::string_view> words) {
  RedisCommands command;
  command.Begin(words.size());
  for (const std::string_view word : words) command.Word(word);
  link->Append(command.text());
  absl::StatusOr<RedisReply> reply = link->Read();
  if (reply.ok() && reply->is_error()) return absl::UnavailableError(reply->text);
  return reply;
}

}  // namespace

RedisLimits::RedisLimits(RedisLimitOptions options, Log* log)
    : options_(WithDefaults(std::move(options))),
      local_(options_.memory_keys),
      client_({RandomName(), options_.address.Text(), options_.on_failure,
               nanoseconds(options_.timeout).count()},
              &local_, log) {
  Connect();
  thread_ = std::thread(&RedisLimits::Run, this);
}

RedisLimits::~RedisLimits() { Stop(); }

void RedisLimits::Stop() {
  client_.Stop();
  {
    const std::lock_guard lock(mutex_);
    stops_ = true;
  }
  work_changed_.notify_all();
  if (thread_.joinable()) thread_.join();
}

bool RedisLimits::Ask(const LimitAsk& ask, int64_t unix_nanoseconds, LimitVerdict* verdict) {
  return client_.Ask(ask, unix_nanoseconds, verdict);
}

void RedisLimits::Begin(std::shared_ptr<LimitBatch> batch) {
  client_.Begin(std::move(batch));
  WakeThread();
}

void RedisLimits::Charge(const LimitTicket& ticket, uint64_t nano_dollars,
                         int64_t unix_nanoseconds) {
  client_.Charge(ticket, nano_dollars, unix_nanoseconds);
  WakeThread();
}

void RedisLimits::Settle(LimitTicket* ticket, int64_t unix_nanoseconds) {
  client_.Settle(ticket, unix_nanoseconds);
  WakeThread();
}

void RedisLimits::WakeThread() {
  // With the lock, so that the thread does not miss it on its way to wait.
  const std::lock_guard lock(mutex_);
  work_changed_.notify_one();
}

void RedisLimits::Run() {
  while (true) {
    bool stops = false;
    {
      const int64_t now_ns = options_.clock().steady_ns;
      std::unique_lock lock(mutex_);
      if (link_ == nullptr) {
        const nanoseconds wait(std::max<int64_t>(client_.connect_at_ns() - now_ns, 0));
        work_changed_.wait_for(lock, wait, [this] { return stops_; });
      } else {
        const nanoseconds wait(std::max<int64_t>(client_.next_beat_ns() - now_ns, 0));
        work_changed_.wait_for(lock, wait, [this] { return stops_ || client_.has_work(); });
      }
      stops = stops_;
    }
    if (link_ != nullptr) {
      const bool did_work = RoundTrip();
      if (stops && !did_work) break;
    } else {
      if (stops) break;
      Connect();
    }
  }
  if (link_ != nullptr) {
    // If it fails, its time runs out.
    link_->Append(client_.Farewell().text());
    (void)link_->Read();
  }
  client_.End(options_.clock());
}

void RedisLimits::Connect() {
  absl::StatusOr<std::unique_ptr<RedisLink>> link =
      options_.open(options_.address, options_.timeout);
  if (!link.ok()) {
    client_.Lost(link.status(), options_.clock());
    return;
  }
  link_ = *std::move(link);
  client_.Opened();
  // The greeting, and what was booked meanwhile.
  RoundTrip();
}

bool RedisLimits::RoundTrip() {
  const RedisTime begin = options_.clock();
  const RedisCommands& commands = client_.Next(begin);
  const size_t size = commands.size();
  if (size == 0) return false;
  link_->Append(commands.text());
  const int64_t too_slow_ns = begin.steady_ns + 2 * nanoseconds(options_.timeout).count();
  for (size_t i = 0; i < size; ++i) {
    absl::StatusOr<RedisReply> reply = link_->Read();
    absl::Status status = reply.status();
    const RedisTime now = options_.clock();
    if (status.ok()) status = client_.Answer(*reply, now);
    // A server that trickles is as good as away.
    if (status.ok() && i + 1 < size && now.steady_ns > too_slow_ns) {
      status = absl::UnavailableError("it answers too slowly");
    }
    if (!status.ok()) {
      link_.reset();
      client_.Lost(status, now);
      return false;
    }
  }
  return true;
}

std::vector<std::string> RedisLimits::Troubles() const {
  std::vector<std::string> troubles;
  const Counters counters = client_.counters();
  if (!counters.is_up) {
    troubles.push_back("limits: the store " + options_.address.Text() +
                       " is away; limits act by onStoreFailure, and " +
                       std::to_string(counters.waiting) + " bookings wait for it");
  }
  if (counters.lost.bookings > 0) {
    troubles.push_back("limits: " + std::to_string(counters.lost.bookings) +
                       " bookings were lost since the start (limit_charges_lost in the log)");
  }
  return troubles;
}

absl::StatusOr<std::unique_ptr<RedisLink>> RedisLimits::OpenForOperator() {
  absl::StatusOr<std::unique_ptr<RedisLink>> link =
      options_.open(options_.address, kOperatorTimeout);
  if (link.ok()) return link;
  return AwayError(link.status());
}

absl::StatusOr<bool> RedisLimits::OperateBoth(const LimitName& name, std::string_view key,
                                              std::string_view what, uint64_t amount) {
  absl::StatusOr<std::unique_ptr<RedisLink>> link = OpenForOperator();
  if (!link.ok()) return link.status();
  const std::string number = std::to_string(amount);
  bool found = false;
  for (const LimitType type : {LimitType::kCount, LimitType::kCost}) {
    const RedisLimitKey keys = RedisKeyOf(type, name, key);
    const absl::StatusOr<RedisReply> reply =
        RunCommand(link->get(), {"EVAL", RedisOperatorScript(), "2", keys.main, keys.side, what,
                                 RedisTypeLetter(type), number});
    if (!reply.ok()) return AwayError(reply.status());
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
  absl::StatusOr<std::unique_ptr<RedisLink>> link = OpenForOperator();
  if (!link.ok()) return link.status();
  LimitSnapshot snapshot;
  const auto until = options_.clock().steady_ns + kScanTime.count();
  for (const LimitType type : {LimitType::kCount, LimitType::kCost}) {
    const std::string pattern = RedisPatternOf(type, gateway, route);
    std::string cursor = "0";
    do {
      absl::StatusOr<RedisReply> found = RunCommand(
          link->get(), {"SCAN", cursor, "MATCH", pattern, "COUNT", "1000", "TYPE", "hash"});
      if (!found.ok()) return AwayError(found.status());
      if (found->items.size() != 2) {
        return AwayError(absl::UnavailableError("it answers SCAN with something else"));
      }
      cursor = found->items[0].text;
      for (const RedisReply& key : found->items[1].items) {
        if (snapshot.rows.size() >= max_rows) break;
        const std::string side = key.text + ":s";
        absl::StatusOr<RedisReply> looked =
            RunCommand(link->get(), {"EVAL", RedisOperatorScript(), "2", key.text, side, "look",
                                     RedisTypeLetter(type), "0"});
        if (!looked.ok()) return AwayError(looked.status());
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
      const bool is_full = snapshot.rows.size() >= max_rows || options_.clock().steady_ns > until;
      snapshot.truncated = snapshot.truncated || is_full;
    } while (cursor != "0" && !snapshot.truncated);
  }
  std::sort(snapshot.rows.begin(), snapshot.rows.end(), [](const LimitRow& a, const LimitRow& b) {
    return std::tie(a.element, a.key, a.type) < std::tie(b.element, b.key, b.type);
  });
  return snapshot;
}

}  // namespace junctor::engine
