#include "engine/store/postgres_database.h"

#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <cstring>
#include <utility>

namespace junctor::engine {
namespace {

using Clock = std::chrono::steady_clock;

// Changes take turns anyway; a few reads go beside them.
constexpr size_t kMaxConnections = 8;
constexpr std::chrono::seconds kConnectionWait(10);
constexpr std::chrono::milliseconds kFirstPause(100);
constexpr std::chrono::milliseconds kLongestPause(2000);
constexpr std::chrono::milliseconds kLookEvery(500);
// A transaction that the server asks to be run again, which the lock below makes rare.
constexpr int kMaxRuns = 5;
constexpr std::chrono::milliseconds kPauseBetweenRuns(20);
// The advisory lock of those who write: "junctor" in ASCII.
constexpr int64_t kWriteLock = 0x6a756e63746f72;

class PostgresSession : public SqlSession {
 public:
  explicit PostgresSession(PostgresConnection* connection) : connection_(connection) {}

  absl::Status Announce() override { return Execute("NOTIFY junctor_changes").status(); }
  const SqlDialect& dialect() const override {
    static constexpr SqlDialect kDialect = {"TEXT COLLATE \"C\"", "BYTEA"};
    return kDialect;
  }

 protected:
  absl::StatusOr<SqlResult> Run(std::string_view sql, const SqlParameters& parameters) override {
    return connection_->Run(sql, parameters);
  }

 private:
  PostgresConnection* const connection_;
};

absl::Status Begin(PostgresConnection* connection, bool write) {
  if (!write) return connection->Run("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY").status();
  // Each statement sees what was committed before it began; with the lock, nobody commits later.
  absl::Status status = connection->Run("BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE").status();
  if (status.ok()) {
    status = connection->Run("SELECT pg_advisory_xact_lock(?)", {kWriteLock}).status();
  }
  return status;
}

// What became of a transaction that was run once.
struct Outcome {
  absl::Status status;
  bool commit_unknown = false;  // the connection broke while it was committed
};

Outcome RunOnce(PostgresConnection* connection, bool write, const SqlDatabase::Work& work) {
  PostgresSession session(connection);
  absl::Status status = Begin(connection, write);
  if (status.ok()) {
    status = work(session);
    if (!session.failure().ok() && (status.ok() || connection->broken())) {
      status = session.failure();
    }
  }
  if (status.ok()) {
    status = connection->Run("COMMIT").status();
    if (!status.ok() && connection->broken()) {
      return {absl::UnavailableError(
                  "it is not known whether the change was saved: the connection to PostgreSQL was "
                  "lost while it was committed: " +
                  std::string(status.message())),
              write};
    }
  }
  if (!status.ok() && !connection->broken()) {
    // One that fails breaks the connection, which ends the transaction as well.
    connection->Run("ROLLBACK").IgnoreError();
  }
  return {status};
}

}  // namespace

absl::StatusOr<std::unique_ptr<PostgresDatabase>> PostgresDatabase::Open(const std::string& url) {
  const int wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  if (wake < 0) {
    return absl::ResourceExhaustedError("eventfd: " + std::string(strerror(errno)));
  }
  std::unique_ptr<PostgresDatabase> database(new PostgresDatabase(url, wake));
  auto first = database->Take();
  if (!first.ok()) return first.status();
  database->GiveBack(*std::move(first));
  return database;
}

PostgresDatabase::PostgresDatabase(std::string url, int wake) : url_(std::move(url)), wake_(wake) {}

PostgresDatabase::~PostgresDatabase() {
  {
    const std::lock_guard lock(mutex_);
    stop_ = true;
  }
  Wake();
  if (watcher_.joinable()) watcher_.join();
  close(wake_);
}

void PostgresDatabase::Wake() { eventfd_write(wake_, 1); }

bool PostgresDatabase::Stopped() const {
  const std::lock_guard lock(mutex_);
  return stop_;
}

std::string PostgresDatabase::Trouble() const {
  const std::lock_guard lock(mutex_);
  return away_.empty() ? write_trouble_ : away_;
}

void PostgresDatabase::NoteAway(const absl::Status& status) {
  const std::lock_guard lock(mutex_);
  away_ = std::string(status.message());
  pause_ = std::clamp(pause_ * 2, kFirstPause, kLongestPause);
  retry_at_ = Clock::now() + pause_;
  // Connections that wait in the pool were to the same server.
  connections_ -= idle_.size();
  idle_.clear();
  free_.notify_all();
}

void PostgresDatabase::NoteHere() {
  {
    const std::lock_guard lock(mutex_);
    pause_ = std::chrono::milliseconds(0);
    if (away_.empty()) return;
    away_.clear();
    write_trouble_.clear();
    came_back_ = true;
  }
  Wake();
}

void PostgresDatabase::NoteWrite(const absl::Status& status) {
  const std::lock_guard lock(mutex_);
  // Such as a disk that is full: the server answers, and can't write.
  const bool failed = absl::IsUnavailable(status) && away_.empty();
  write_trouble_ = failed ? std::string(status.message()) : std::string();
}

absl::StatusOr<std::unique_ptr<PostgresConnection>> PostgresDatabase::Connect() {
  auto connection = PostgresConnection::Open(url_);
  if (connection.ok()) {
    NoteHere();
    return connection;
  }
  const absl::Status status(connection.status().code(),
                            "PostgreSQL: " + std::string(connection.status().message()));
  NoteAway(status);
  return status;
}

absl::StatusOr<std::unique_ptr<PostgresConnection>> PostgresDatabase::Take() {
  {
    std::unique_lock lock(mutex_);
    if (!free_.wait_for(lock, kConnectionWait,
                        [this] { return !idle_.empty() || connections_ < kMaxConnections; })) {
      return absl::UnavailableError("PostgreSQL: all " + std::to_string(kMaxConnections) +
                                    " connections have been busy for " +
                                    std::to_string(kConnectionWait.count()) + " seconds");
    }
    if (!idle_.empty()) {
      std::unique_ptr<PostgresConnection> connection = std::move(idle_.back());
      idle_.pop_back();
      return connection;
    }
    if (!away_.empty() && Clock::now() < retry_at_) return absl::UnavailableError(away_);
    ++connections_;
  }
  auto connection = Connect();
  if (!connection.ok()) GiveBack(nullptr);
  return connection;
}

// Null, or one that is broken, makes room for another one.
void PostgresDatabase::GiveBack(std::unique_ptr<PostgresConnection> connection) {
  const std::lock_guard lock(mutex_);
  if (connection != nullptr && !connection->broken()) {
    idle_.push_back(std::move(connection));
  } else {
    --connections_;
  }
  free_.notify_one();
}

absl::Status PostgresDatabase::Transact(Kind kind, const Work& work) {
  absl::Status status;
  bool reconnected = false;
  for (int run = 0; run < kMaxRuns; ++run) {
    auto connection = Take();
    if (!connection.ok()) return connection.status();
    const Outcome outcome = RunOnce(connection->get(), kind == Kind::kWrite, work);
    status = outcome.status;
    const bool lost = (*connection)->broken();
    GiveBack(*std::move(connection));
    if (lost) {
      const absl::Status away(absl::StatusCode::kUnavailable,
                              "PostgreSQL: " + std::string(status.message()));
      NoteAway(away);
      if (outcome.commit_unknown || reconnected) return away;
      // The connection may have been idle while the server was started anew: once more at once.
      reconnected = true;
      auto fresh = Connect();
      if (!fresh.ok()) return fresh.status();
      {
        const std::lock_guard lock(mutex_);
        ++connections_;
      }
      GiveBack(*std::move(fresh));
      continue;
    }
    if (!absl::IsAborted(status)) return status;
    std::this_thread::sleep_for(kPauseBetweenRuns * (run + 1));
  }
  return absl::UnavailableError("PostgreSQL: the transaction was turned back " +
                                std::to_string(kMaxRuns) +
                                " times: " + std::string(status.message()));
}

absl::Status PostgresDatabase::Write(const Work& work) {
  const std::lock_guard lock(writer_mutex_);
  const absl::Status status = Transact(Kind::kWrite, work);
  NoteWrite(status);
  return status;
}

absl::Status PostgresDatabase::Read(const Work& work) { return Transact(Kind::kRead, work); }

void PostgresDatabase::Listen(std::string number_sql, std::function<void()> listener) {
  watcher_ = std::thread(
      [this, sql = std::move(number_sql), call = std::move(listener)] { Watch(sql, call); });
}

absl::StatusOr<std::unique_ptr<PostgresConnection>> PostgresDatabase::ConnectListener() {
  auto connection = Connect();
  if (!connection.ok()) return connection;
  const absl::Status listening = (*connection)->Run("LISTEN junctor_changes").status();
  if (!listening.ok()) return listening;
  return connection;
}

void PostgresDatabase::Watch(const std::string& number_sql, const std::function<void()>& listener) {
  std::unique_ptr<PostgresConnection> connection;
  int64_t seen = -1;
  bool notified = false;
  while (!Stopped()) {
    bool tell = std::exchange(notified, false);
    if (connection == nullptr) {
      auto connected = ConnectListener();
      if (connected.ok()) connection = *std::move(connected);
    }
    if (connection != nullptr) {
      absl::StatusOr<SqlResult> number = connection->Run(number_sql);
      if (number.ok() && !number->rows.empty()) {
        NoteHere();
        tell = std::exchange(seen, number->rows[0].Integer()) != seen || tell;
      } else if (connection->broken()) {
        NoteAway(absl::UnavailableError("PostgreSQL: " + std::string(number.status().message())));
        connection.reset();
      }
    }
    std::chrono::milliseconds wait = kLookEvery;
    {
      const std::lock_guard lock(mutex_);
      tell = std::exchange(came_back_, false) || tell;
      if (connection == nullptr) wait = std::max(pause_, kFirstPause);
    }
    if (tell) listener();
    if (connection != nullptr) {
      const absl::StatusOr<bool> waited = connection->WaitForNotification(wait, wake_);
      notified = waited.ok() && *waited;
      if (!waited.ok()) {
        NoteAway(absl::UnavailableError("PostgreSQL: " + std::string(waited.status().message())));
        connection.reset();
      }
    } else {
      pollfd wake = {wake_, POLLIN, 0};
      poll(&wake, 1, static_cast<int>(wait.count()));
    }
    eventfd_t wakes = 0;
    eventfd_read(wake_, &wakes);
  }
}

}  // namespace junctor::engine
