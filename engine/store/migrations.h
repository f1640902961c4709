// Brings a database's tables up to date. Migrations are numbered from 1 and never change once they
// were released: what must differ is a further one.
#pragma once

#include <span>
#include <string_view>

#include "absl/status/status.h"
#include "engine/store/sql_database.h"

namespace junctor::engine {

// Statements that are separated by `;` at the ends of lines. `{TEXT}` and `{BYTES}` stand for the
// engine's types.
struct Migration {
  std::string_view sql;
};

// Applies to `database` those of `migrations` that it has not had, in one transaction: several
// processes may do so at once, and a crash in between leaves what was. `component` names the tables
// that they are of, since each part of junctor that keeps something counts its own versions.
// FailedPrecondition where the database has had more of them than there are: a newer junctor made
// it.
absl::Status Migrate(SqlDatabase* database, std::string_view component,
                     std::span<const Migration> migrations);

}  // namespace junctor::engine
