#include "engine/store/limit_journal.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <limits>
#include <utility>

#include "engine/observe/log_event.h"
#include "engine/store/sqlite_connection.h"

namespace junctor::engine {
namespace {

// Windows of one commit: some 20 ms of work, so that none waits for 100.
constexpr size_t kMaxPerCommit = 4096;
// Rows that are read at a time at the start.
constexpr int64_t kRowsPerRead = 4096;
// Rows that are looked at for idle ones every kSweepEvery intervals: a million in a minute.
constexpr int64_t kRowsPerSweep = 8192;
constexpr int kSweepEvery = 10;

constexpr std::string_view kCreate =
    "CREATE TABLE IF NOT EXISTS limit_windows ("
    " id INTEGER PRIMARY KEY,"
    " type INTEGER NOT NULL,"
    " gateway TEXT NOT NULL,"
    " route TEXT NOT NULL,"
    " element TEXT NOT NULL,"
    " key BLOB NOT NULL,"
    " technique INTEGER NOT NULL,"
    " limit_amount INTEGER NOT NULL,"
    " window_ns INTEGER NOT NULL,"
    " state BLOB NOT NULL,"
    " granted INTEGER NOT NULL,"
    " granted_until_ns INTEGER NOT NULL,"
    " empty_at_ns INTEGER NOT NULL,"
    " UNIQUE (gateway, route, element, type, key)) STRICT";

constexpr std::string_view kWrite =
    "INSERT INTO limit_windows (type, gateway, route, element, key, technique, limit_amount,"
    " window_ns, state, granted, granted_until_ns, empty_at_ns)"
    " VALUES (?,?,?,?,?,?,?,?,?,?,?,?)"
    " ON CONFLICT (gateway, route, element, type, key) DO UPDATE SET"
    " technique = excluded.technique, limit_amount = excluded.limit_amount,"
    " window_ns = excluded.window_ns, state = excluded.state, granted = excluded.granted,"
    " granted_until_ns = excluded.granted_until_ns, empty_at_ns = excluded.empty_at_ns";

constexpr std::string_view kRead =
    "SELECT id, type, gateway, route, element, key, technique, limit_amount, window_ns, state,"
    " granted, granted_until_ns, empty_at_ns"
    " FROM limit_windows WHERE id > ? ORDER BY id LIMIT ?";

int64_t UnixNow() {
  return std::chrono::duration_cast<std::chrono::nanoseconds>(
             std::chrono::system_clock::now().time_since_epoch())
      .count();
}

// SQLite's integers are signed; the bits are kept.
int64_t Signed(uint64_t number) { return static_cast<int64_t>(number); }

LimitRecord RecordOf(SqlRow* row) {
  LimitRecord record;
  record.type = row->Integer() == 0 ? LimitType::kCount : LimitType::kCost;
  record.gateway = row->Text();
  record.route = row->Text();
  record.element = row->Text();
  record.key = row->Bytes();
  record.rule.technique = row->Integer() == 0 ? WindowTechnique::kFixed : WindowTechnique::kSliding;
  record.rule.limit = static_cast<uint64_t>(row->Integer());
  record.rule.window_ns = row->Integer();
  record.state = row->Bytes();
  record.granted = static_cast<uint64_t>(row->Integer());
  record.granted_until_ns = row->Integer();
  record.empty_at_ns = row->Integer();
  return record;
}

// A rule that a damaged file may hold must not divide by zero, nor overflow.
bool IsSound(const LimitRecord& record) {
  // What LimitSpec can say: a gateway's own windows may be longer than those of routes.
  constexpr int64_t kMaxWindowNs =
      int64_t{std::numeric_limits<uint32_t>::max()} * kNanosecondsPerSecond;
  return record.rule.limit > 0 && record.rule.window_ns >= kNanosecondsPerSecond &&
         record.rule.window_ns <= kMaxWindowNs;
}

}  // namespace

LimitJournal::LimitJournal(std::string file, LimitStore* store, Log* log)
    : file_(std::move(file)), store_(store), log_(log) {}

absl::StatusOr<std::unique_ptr<LimitJournal>> LimitJournal::Open(const std::string& file,
                                                                 LimitStore* store, Log* log,
                                                                 int64_t unix_nanoseconds) {
  std::unique_ptr<LimitJournal> journal(new LimitJournal(file, store, log));
  absl::Status status = journal->TakeLock();
  if (status.ok()) status = journal->Load(unix_nanoseconds);
  if (!status.ok()) {
    return absl::Status(status.code(),
                        "the file of limits `" + file + "`: " + std::string(status.message()));
  }
  store->Remember();
  journal->thread_ = std::thread(&LimitJournal::Run, journal.get());
  return journal;
}

LimitJournal::~LimitJournal() { Stop(); }

void LimitJournal::Stop() {
  {
    const std::lock_guard lock(mutex_);
    stops_ = true;
  }
  stop_changed_.notify_all();
  if (thread_.joinable()) thread_.join();
  connection_.reset();
  if (lock_ >= 0) close(lock_);
}

// A file of its own, not the database: closing that would drop the locks that SQLite has on it.
absl::Status LimitJournal::TakeLock() {
  const std::string name = file_ + ".lock";
  lock_ = open(name.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (lock_ < 0) {
    return absl::UnavailableError("can't open `" + name + "`: " + std::string(strerror(errno)));
  }
  if (flock(lock_, LOCK_EX | LOCK_NB) == 0) return absl::OkStatus();
  if (errno != EWOULDBLOCK) {
    return absl::UnavailableError("can't lock `" + name + "`: " + std::string(strerror(errno)));
  }
  return absl::FailedPreconditionError(
      "another process writes it, and each would overwrite what the other counts; give each a file "
      "of its own (`limit_state.sqlite`), or let them share a Redis server (`limit_state.redis`)");
}

std::vector<std::string> LimitJournal::Troubles() const {
  std::vector<std::string> troubles;
  if (is_failing_) {
    troubles.push_back("limits: `" + file_ + "` can't be written; windows are in memory alone");
  }
  if (refused_ > 0) {
    troubles.push_back("limits: " + std::to_string(refused_) + " windows of `" + file_ +
                       "` could not be restored at the start");
  }
  return troubles;
}

LimitJournal::Counters LimitJournal::counters() const {
  return {restored_, refused_, written_, commits_, failures_, behind_};
}

absl::Status LimitJournal::Load(int64_t unix_nanoseconds) {
  absl::StatusOr<std::unique_ptr<SqliteConnection>> connection =
      SqliteConnection::Open(file_, SqliteConnection::Mode::kWrite);
  if (!connection.ok()) return connection.status();
  connection_ = *std::move(connection);
  // A process that is killed loses nothing that was committed; a machine that loses its power may
  // lose the last commits.
  for (const std::string_view sql : {std::string_view("PRAGMA synchronous = NORMAL"), kCreate}) {
    if (absl::Status status = connection_->Run(sql).status(); !status.ok()) return status;
  }
  int64_t last = 0;
  while (true) {
    absl::StatusOr<SqlResult> read = connection_->Run(kRead, {last, kRowsPerRead});
    if (!read.ok()) return read.status();
    if (read->rows.empty()) break;
    for (SqlRow& row : read->rows) {
      last = row.Integer();
      const LimitRecord record = RecordOf(&row);
      if (record.empty_at_ns <= unix_nanoseconds) continue;
      const bool restored = IsSound(record) && store_->Restore(record, unix_nanoseconds);
      ++(restored ? restored_ : refused_);
    }
  }
  if (refused_ > 0) {
    LogEvent(log_, LogLevel::kError, "limits_not_restored")
        .Text("file", file_)
        .Unsigned("count", refused_);
  }
  return absl::OkStatus();
}

void LimitJournal::Run() {
  int intervals = 0;
  auto next = std::chrono::steady_clock::now();
  while (true) {
    next = std::max(next + kJournalInterval, std::chrono::steady_clock::now());
    bool stops = false;
    {
      std::unique_lock lock(mutex_);
      stop_changed_.wait_until(lock, next, [this] { return stops_; });
      stops = stops_;
    }
    while (WriteChanges() > 0 && !is_failing_) {
    }
    if (stops) return;
    if (++intervals % kSweepEvery == 0 && !is_failing_) Sweep();
  }
}

size_t LimitJournal::WriteChanges() {
  size_t left = 0;
  // Whatever is newer comes behind what could not be written, and wins.
  if (pending_.empty()) left = store_->TakeChanges(kMaxPerCommit, &pending_);
  behind_ = left;
  if (pending_.empty()) return 0;
  const absl::Status status = Write(pending_);
  NoteResult(status);
  if (!status.ok()) return pending_.size() + left;
  written_ += pending_.size();
  ++commits_;
  pending_.clear();
  return left;
}

absl::Status LimitJournal::Write(const std::vector<LimitRecord>& records) {
  absl::Status status = connection_->Run("BEGIN IMMEDIATE").status();
  for (size_t i = 0; status.ok() && i < records.size(); ++i) status = WriteRecord(records[i]);
  if (status.ok()) status = connection_->Run("COMMIT").status();
  if (!status.ok()) connection_->Rollback();
  return status;
}

absl::Status LimitJournal::WriteRecord(const LimitRecord& record) {
  return connection_
      ->Run(kWrite, {int64_t{record.type == LimitType::kCost}, SqlText(record.gateway),
                     SqlText(record.route), SqlText(record.element), SqlBytes(record.key),
                     int64_t{record.rule.technique == WindowTechnique::kSliding},
                     Signed(record.rule.limit), record.rule.window_ns, SqlBytes(record.state),
                     Signed(record.granted), record.granted_until_ns, record.empty_at_ns})
      .status();
}

void LimitJournal::Sweep() {
  absl::StatusOr<SqlResult> range = connection_->Run(
      "SELECT max(id) FROM (SELECT id FROM limit_windows WHERE id > ? ORDER BY id LIMIT ?)",
      {sweep_row_, kRowsPerSweep});
  if (!range.ok()) return NoteResult(range.status());
  if (range->rows.empty() || range->rows[0].NextIsNull()) {
    sweep_row_ = 0;
    return;
  }
  const int64_t last = range->rows[0].Integer();
  NoteResult(connection_
                 ->Run("DELETE FROM limit_windows WHERE id > ? AND id <= ? AND empty_at_ns <= ?",
                       {sweep_row_, last, UnixNow()})
                 .status());
  sweep_row_ = last;
}

void LimitJournal::NoteResult(const absl::Status& status) {
  if (!status.ok()) ++failures_;
  // Once for each time that it begins and ends: a full disk must not fill the log.
  if (status.ok() == !is_failing_) return;
  is_failing_ = !status.ok();
  if (is_failing_) {
    LogEvent(log_, LogLevel::kError, "limits_not_written")
        .Text("file", file_)
        .Text("error", std::string(status.message()));
  } else {
    LogEvent(log_, LogLevel::kInfo, "limits_written_again").Text("file", file_);
  }
}

}  // namespace junctor::engine
