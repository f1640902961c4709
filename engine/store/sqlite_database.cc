#include "engine/store/sqlite_database.h"

#include <chrono>
#include <utility>

namespace junctor::engine {
namespace {

// Reads beside each other: the admin API's threads seldom meet.
constexpr size_t kMaxReaders = 4;
// How often commits of other processes are looked for. The look costs one read of shared memory.
constexpr std::chrono::milliseconds kLookEvery(250);

class SqliteSession : public SqlSession {
 public:
  explicit SqliteSession(SqliteConnection* connection) : connection_(connection) {}

  absl::Status Announce() override {
    announced_ = true;
    return absl::OkStatus();
  }
  const SqlDialect& dialect() const override {
    static constexpr SqlDialect kDialect = {"TEXT COLLATE BINARY", "BLOB"};
    return kDialect;
  }
  bool announced() const { return announced_; }

 protected:
  absl::StatusOr<SqlResult> Run(std::string_view sql, const SqlParameters& parameters) override {
    return connection_->Run(sql, parameters);
  }

 private:
  SqliteConnection* const connection_;
  bool announced_ = false;
};

absl::Status Transact(SqliteConnection* connection, std::string_view begin, SqliteSession* session,
                      const SqlDatabase::Work& work) {
  absl::Status status = connection->Run(begin).status();
  if (status.ok()) status = work(*session);
  if (!session->failure().ok() && status.ok()) status = session->failure();
  if (status.ok()) status = connection->Run("COMMIT").status();
  if (!status.ok()) connection->Rollback();
  return status;
}

}  // namespace

absl::StatusOr<std::unique_ptr<SqliteDatabase>> SqliteDatabase::Open(const std::string& file) {
  absl::StatusOr<std::unique_ptr<SqliteConnection>> writer =
      SqliteConnection::Open(file, SqliteConnection::Mode::kWrite);
  if (!writer.ok()) {
    return absl::Status(writer.status().code(), "the SQLite database `" + file +
                                                    "`: " + std::string(writer.status().message()));
  }
  return std::unique_ptr<SqliteDatabase>(new SqliteDatabase(file, *std::move(writer)));
}

SqliteDatabase::SqliteDatabase(std::string file, std::unique_ptr<SqliteConnection> writer)
    : file_(std::move(file)), writer_(std::move(writer)) {}

SqliteDatabase::~SqliteDatabase() {
  {
    const std::lock_guard lock(watch_mutex_);
    stop_ = true;
  }
  watch_wake_.notify_all();
  if (watcher_.joinable()) watcher_.join();
}

absl::Status SqliteDatabase::WithFile(const absl::Status& status) const {
  if (!absl::IsUnavailable(status) && !absl::IsDataLoss(status)) return status;
  return absl::Status(status.code(),
                      "the SQLite database `" + file_ + "`: " + std::string(status.message()));
}

void SqliteDatabase::NoteHealth(std::string* trouble, const absl::Status& status) {
  const bool away = absl::IsUnavailable(status) || absl::IsDataLoss(status);
  const std::lock_guard lock(watch_mutex_);
  if (away) {
    *trouble = std::string(status.message());
  } else if (!trouble->empty()) {
    trouble->clear();
    came_back_ = true;
    watch_wake_.notify_all();
  }
}

absl::Status SqliteDatabase::Write(const Work& work) {
  const std::lock_guard lock(writer_mutex_);
  SqliteSession session(writer_.get());
  const absl::Status status = WithFile(Transact(writer_.get(), "BEGIN IMMEDIATE", &session, work));
  NoteHealth(&write_trouble_, status);
  if (status.ok() && session.announced()) {
    const std::lock_guard watch_lock(watch_mutex_);
    announced_ = true;
    watch_wake_.notify_all();
  }
  return status;
}

absl::StatusOr<std::unique_ptr<SqliteConnection>> SqliteDatabase::TakeReader() {
  std::unique_lock lock(readers_mutex_);
  reader_free_.wait(lock, [this] { return !idle_readers_.empty() || readers_ < kMaxReaders; });
  if (!idle_readers_.empty()) {
    std::unique_ptr<SqliteConnection> reader = std::move(idle_readers_.back());
    idle_readers_.pop_back();
    return reader;
  }
  auto reader = SqliteConnection::Open(file_, SqliteConnection::Mode::kRead);
  if (reader.ok()) ++readers_;
  return reader;
}

void SqliteDatabase::GiveBack(std::unique_ptr<SqliteConnection> reader) {
  const std::lock_guard lock(readers_mutex_);
  idle_readers_.push_back(std::move(reader));
  reader_free_.notify_one();
}

absl::Status SqliteDatabase::Read(const Work& work) {
  absl::StatusOr<std::unique_ptr<SqliteConnection>> reader = TakeReader();
  if (!reader.ok()) {
    const absl::Status status = WithFile(reader.status());
    NoteHealth(&read_trouble_, status);
    return status;
  }
  SqliteSession session(reader->get());
  const absl::Status status = WithFile(Transact(reader->get(), "BEGIN", &session, work));
  GiveBack(*std::move(reader));
  NoteHealth(&read_trouble_, status);
  return status;
}

std::string SqliteDatabase::Trouble() const {
  const std::lock_guard lock(watch_mutex_);
  return write_trouble_.empty() ? read_trouble_ : write_trouble_;
}

void SqliteDatabase::Listen(std::string number_sql, std::function<void()> listener) {
  watcher_ = std::thread(
      [this, sql = std::move(number_sql), call = std::move(listener)] { Watch(sql, call); });
}

void SqliteDatabase::Watch(const std::string& number_sql, const std::function<void()>& listener) {
  // `data_version` is a connection's view of what all others commit, so it takes one of its own.
  std::unique_ptr<SqliteConnection> connection;
  int64_t seen_version = -1;
  int64_t seen_number = -1;
  std::unique_lock lock(watch_mutex_);
  while (!stop_) {
    bool tell = std::exchange(announced_, false);
    tell = std::exchange(came_back_, false) || tell;
    lock.unlock();
    if (connection == nullptr) {
      auto opened = SqliteConnection::Open(file_, SqliteConnection::Mode::kRead);
      if (opened.ok()) connection = *std::move(opened);
    }
    if (connection != nullptr) {
      absl::StatusOr<SqlResult> version = connection->Run("PRAGMA data_version");
      const int64_t now = version.ok() && !version->rows.empty() ? version->rows[0].Integer() : -1;
      if (now != seen_version) {
        absl::StatusOr<SqlResult> number = connection->Run(number_sql);
        if (number.ok() && !number->rows.empty()) {
          seen_version = now;
          tell = std::exchange(seen_number, number->rows[0].Integer()) != seen_number || tell;
        }
      }
    }
    if (tell) listener();
    lock.lock();
    watch_wake_.wait_for(lock, kLookEvery, [this] { return stop_ || announced_ || came_back_; });
  }
}

}  // namespace junctor::engine
