// One connection to a SQLite file, and the statements that it has prepared.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "engine/store/sql_value.h"

struct sqlite3;
struct sqlite3_stmt;

namespace junctor::engine {

// Used by one thread at a time.
class SqliteConnection {
 public:
  enum class Mode { kWrite, kRead };

  // Opens `file`, which a kWrite connection creates (mode 0600) where it is not there.
  static absl::StatusOr<std::unique_ptr<SqliteConnection>> Open(const std::string& file, Mode mode);
  ~SqliteConnection();
  SqliteConnection(const SqliteConnection&) = delete;
  SqliteConnection& operator=(const SqliteConnection&) = delete;

  // Runs one statement; errors as SqlSession::Execute.
  absl::StatusOr<SqlResult> Run(std::string_view sql, const SqlParameters& parameters = {});

  // Ends the transaction that is open, if one is, without its changes.
  void Rollback();

 private:
  explicit SqliteConnection(sqlite3* database) : database_(database) {}
  absl::Status Configure(Mode mode);
  absl::Status EnterWal();
  absl::StatusOr<sqlite3_stmt*> Prepare(std::string_view sql);
  absl::Status ErrorOf(int code) const;

  sqlite3* const database_;
  std::unordered_map<std::string, sqlite3_stmt*> statements_;
};

}  // namespace junctor::engine
