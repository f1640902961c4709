#include "engine/store/sqlite_connection.h"

#include <fcntl.h>
#include <sqlite3.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstring>
#include <filesystem>
#include <mutex>
#include <thread>
#include <utility>
#include <variant>
#include <vector>

namespace junctor::engine {
namespace {

// How long a statement waits for another process's transaction: longer than any of ours takes.
constexpr int kBusyMilliseconds = 5000;
// More statements than all that are written in our sources: only their combinations of filters
// could pass it.
constexpr size_t kMaxStatements = 512;
// A write-ahead log that grew during a long read is cut back to this.
constexpr const char* kJournalSizeLimit = "PRAGMA journal_size_limit = 67108864";

// Makes the file, where it is not there, with a mode of its own (SQLite would take 0644), and its
// name durable. A file that is there is not even opened: closing it would drop every lock that this
// process has on it, as POSIX has it.
absl::Status CreateFile(const std::string& file) {
  // So that nobody here opens the new file before it is closed.
  static std::mutex mutex;
  const std::lock_guard lock(mutex);
  const int descriptor = open(file.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  if (descriptor < 0) {
    if (errno == EEXIST) return absl::OkStatus();
    return absl::UnavailableError("can't create it: " + std::string(strerror(errno)));
  }
  close(descriptor);
  const std::filesystem::path folder = std::filesystem::path(file).parent_path();
  const int folder_descriptor =
      open(folder.empty() ? "." : folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (folder_descriptor >= 0) {
    fsync(folder_descriptor);
    close(folder_descriptor);
  }
  return absl::OkStatus();
}

int Bind(sqlite3_stmt* statement, int index, const SqlValue& value) {
  if (const auto* number = std::get_if<int64_t>(&value)) {
    return sqlite3_bind_int64(statement, index, *number);
  }
  // What is bound outlives the run.
  if (const auto* text = std::get_if<std::string>(&value)) {
    return sqlite3_bind_text64(statement, index, text->data(), text->size(), SQLITE_STATIC,
                               SQLITE_UTF8);
  }
  if (const auto* blob = std::get_if<SqlBlob>(&value)) {
    // A null pointer would bind NULL.
    if (blob->bytes.empty()) return sqlite3_bind_zeroblob(statement, index, 0);
    return sqlite3_bind_blob64(statement, index, blob->bytes.data(), blob->bytes.size(),
                               SQLITE_STATIC);
  }
  return sqlite3_bind_null(statement, index);
}

SqlValue ColumnOf(sqlite3_stmt* statement, int column) {
  const auto size = [&] { return static_cast<size_t>(sqlite3_column_bytes(statement, column)); };
  switch (sqlite3_column_type(statement, column)) {
    case SQLITE_INTEGER:
      return int64_t{sqlite3_column_int64(statement, column)};
    case SQLITE_TEXT: {
      const auto* text = reinterpret_cast<const char*>(sqlite3_column_text(statement, column));
      return std::string(text, size());
    }
    case SQLITE_BLOB: {
      const auto* bytes = static_cast<const char*>(sqlite3_column_blob(statement, column));
      return bytes == nullptr ? SqlBlob{} : SqlBlob{std::string(bytes, size())};
    }
    default:
      return SqlNull();
  }
}

// Leaves a statement ready for its next use.
class Resetter {
 public:
  explicit Resetter(sqlite3_stmt* statement) : statement_(statement) {}
  Resetter(const Resetter&) = delete;
  Resetter& operator=(const Resetter&) = delete;
  ~Resetter() {
    sqlite3_reset(statement_);
    sqlite3_clear_bindings(statement_);
  }

 private:
  sqlite3_stmt* statement_;
};

}  // namespace

absl::StatusOr<std::unique_ptr<SqliteConnection>> SqliteConnection::Open(const std::string& file,
                                                                         Mode mode) {
  if (mode == Mode::kWrite) {
    const absl::Status created = CreateFile(file);
    if (!created.ok()) return created;
  }
  sqlite3* database = nullptr;
  const int code = sqlite3_open_v2(file.c_str(), &database,
                                   SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, nullptr);
  if (database == nullptr) return absl::ResourceExhaustedError("no memory for a connection");
  std::unique_ptr<SqliteConnection> connection(new SqliteConnection(database));
  if (code != SQLITE_OK) return connection->ErrorOf(code);
  sqlite3_extended_result_codes(database, 1);
  sqlite3_busy_timeout(database, kBusyMilliseconds);
  const absl::Status configured = connection->Configure(mode);
  if (!configured.ok()) return configured;
  return connection;
}

absl::Status SqliteConnection::Configure(Mode mode) {
  if (mode == Mode::kRead) {
    const absl::Status status = Run("PRAGMA query_only = ON").status();
    if (!status.ok()) return status;
  } else {
    const absl::Status status = EnterWal();
    if (!status.ok()) return status;
  }
  for (const std::string_view pragma : {"PRAGMA foreign_keys = ON", "PRAGMA trusted_schema = OFF",
                                        "PRAGMA synchronous = FULL", kJournalSizeLimit}) {
    const absl::Status status = Run(pragma).status();
    if (!status.ok()) return status;
  }
  return absl::OkStatus();
}

absl::Status SqliteConnection::EnterWal() {
  // Where several processes create a file at once, SQLite refuses all but one without waiting.
  constexpr int kPauseMilliseconds = 10;
  absl::Status status;
  for (int waited = 0; waited < kBusyMilliseconds; waited += kPauseMilliseconds) {
    status = Run("PRAGMA journal_mode = WAL").status();
    if (!absl::IsUnavailable(status)) break;
    std::this_thread::sleep_for(std::chrono::milliseconds(kPauseMilliseconds));
  }
  return status;
}

SqliteConnection::~SqliteConnection() {
  for (const auto& [sql, statement] : statements_) sqlite3_finalize(statement);
  sqlite3_close(database_);
}

absl::Status SqliteConnection::ErrorOf(int code) const {
  const std::string message = sqlite3_errmsg(database_);
  switch (code) {
    case SQLITE_CONSTRAINT_UNIQUE:
    case SQLITE_CONSTRAINT_PRIMARYKEY:
      return absl::AlreadyExistsError(message);
    case SQLITE_CONSTRAINT_FOREIGNKEY:
      return absl::NotFoundError("it refers to something that is not there: " + message);
  }
  switch (code & 0xff) {
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
      return absl::UnavailableError("another process has held the database for " +
                                    std::to_string(kBusyMilliseconds / 1000) +
                                    " seconds: " + message);
    case SQLITE_CANTOPEN:
    case SQLITE_FULL:
    case SQLITE_IOERR:
    case SQLITE_PERM:
    case SQLITE_READONLY:
      return absl::UnavailableError(message);
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
      return absl::DataLossError(message);
    case SQLITE_TOOBIG:
      return absl::InvalidArgumentError(message);
    default:
      return absl::InternalError("SQLite error " + std::to_string(code) + ": " + message);
  }
}

absl::StatusOr<sqlite3_stmt*> SqliteConnection::Prepare(std::string_view sql) {
  std::string key(sql);
  const auto found = statements_.find(key);
  if (found != statements_.end()) return found->second;
  sqlite3_stmt* statement = nullptr;
  const int code = sqlite3_prepare_v3(database_, sql.data(), static_cast<int>(sql.size()),
                                      SQLITE_PREPARE_PERSISTENT, &statement, nullptr);
  if (code != SQLITE_OK) return ErrorOf(code);
  if (statements_.size() >= kMaxStatements) {
    for (const auto& [text, old] : statements_) sqlite3_finalize(old);
    statements_.clear();
  }
  statements_.emplace(std::move(key), statement);
  return statement;
}

absl::StatusOr<SqlResult> SqliteConnection::Run(std::string_view sql,
                                                const SqlParameters& parameters) {
  const absl::StatusOr<sqlite3_stmt*> prepared = Prepare(sql);
  if (!prepared.ok()) return prepared.status();
  sqlite3_stmt* statement = *prepared;
  const Resetter resetter(statement);
  for (size_t i = 0; i < parameters.size(); ++i) {
    const int code = Bind(statement, static_cast<int>(i) + 1, parameters[i]);
    if (code != SQLITE_OK) return ErrorOf(code);
  }
  SqlResult result;
  const int columns = sqlite3_column_count(statement);
  int code = sqlite3_step(statement);
  for (; code == SQLITE_ROW; code = sqlite3_step(statement)) {
    std::vector<SqlValue> values;
    values.reserve(static_cast<size_t>(columns));
    for (int column = 0; column < columns; ++column) values.push_back(ColumnOf(statement, column));
    result.rows.emplace_back(std::move(values));
  }
  if (code != SQLITE_DONE) return ErrorOf(code);
  if (sqlite3_stmt_readonly(statement) == 0) result.changed = sqlite3_changes64(database_);
  return result;
}

void SqliteConnection::Rollback() {
  // Some errors have ended it already.
  if (sqlite3_get_autocommit(database_) == 0) {
    sqlite3_exec(database_, "ROLLBACK", nullptr, nullptr, nullptr);
  }
}

}  // namespace junctor::engine
