// One transaction of a database, as those see it who write SQL. The statements are written so that
// both engines understand them: `?` for parameters, BIGINT and TEXT, ON CONFLICT, RETURNING; what
// differs is in SqlDialect.
#pragma once

#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "engine/store/sql_value.h"

namespace junctor::engine {

// What tables are declared with. Texts compare by their bytes in both engines.
struct SqlDialect {
  std::string_view text;   // TEXT COLLATE …
  std::string_view bytes;  // BLOB or BYTEA
};

// Used by the thread that runs the transaction, while it runs.
//
// The first statement that fails ends the transaction: every later one returns the same error, and
// nothing is committed, whatever the work returns. (PostgreSQL works so; SQLite is made to.)
class SqlSession {
 public:
  SqlSession() = default;
  SqlSession(const SqlSession&) = delete;
  SqlSession& operator=(const SqlSession&) = delete;
  virtual ~SqlSession() = default;

  // Runs one statement. Errors: AlreadyExists for a value that must be unique, NotFound for a
  // reference to a row that is not there, InvalidArgument for a text that can't be kept (not UTF-8,
  // or with a NUL), Unavailable for a database that is away, full or too slow. A SELECT with such a
  // text finds no rows: nothing that is kept is equal to it.
  absl::StatusOr<SqlResult> Execute(std::string_view sql, const SqlParameters& parameters = {});

  // Has the listeners of the database called once this transaction is committed, in every process.
  virtual absl::Status Announce() = 0;

  virtual const SqlDialect& dialect() const = 0;

  // The error that ended the transaction, or OK.
  const absl::Status& failure() const { return failure_; }

 protected:
  virtual absl::StatusOr<SqlResult> Run(std::string_view sql, const SqlParameters& parameters) = 0;

 private:
  absl::Status failure_;
};

// `text` as a pattern for LIKE … ESCAPE '\' that finds it anywhere, without its ASCII letters' case
// (compare with LOWER(column)).
std::string LikePattern(std::string_view text);

// `sql` with `?` turned into `$1`, `$2`, … but in quoted texts.
std::string NumberPlaceholders(std::string_view sql);

}  // namespace junctor::engine
