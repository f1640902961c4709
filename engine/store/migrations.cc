#include "engine/store/migrations.h"

#include <cstdint>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/str_replace.h"

namespace junctor::engine {
namespace {

absl::StatusOr<int64_t> VersionOf(SqlSession& session, std::string_view component) {
  const std::string table(session.dialect().text);
  absl::StatusOr<SqlResult> result =
      session.Execute("CREATE TABLE IF NOT EXISTS schema_versions (component " + table +
                      " PRIMARY KEY, version BIGINT NOT NULL)");
  if (!result.ok()) return result.status();
  result = session.Execute("SELECT version FROM schema_versions WHERE component = ?",
                           {SqlText(component)});
  if (!result.ok()) return result.status();
  return result->rows.empty() ? 0 : result->rows[0].Integer();
}

absl::Status Apply(SqlSession& session, std::string_view script) {
  while (!script.empty()) {
    const size_t end = script.find(";\n");
    const std::string_view statement = script.substr(0, end);
    script.remove_prefix(end == std::string_view::npos ? script.size() : end + 2);
    if (statement.find_first_not_of(" \n") == std::string_view::npos) continue;
    const SqlDialect& dialect = session.dialect();
    const std::string sql = absl::StrReplaceAll(
        std::string(statement),
        {{"{TEXT}", std::string(dialect.text)}, {"{BYTES}", std::string(dialect.bytes)}});
    const absl::StatusOr<SqlResult> result = session.Execute(sql);
    if (!result.ok()) return result.status();
  }
  return absl::OkStatus();
}

}  // namespace

absl::Status Migrate(SqlDatabase* database, std::string_view component,
                     std::span<const Migration> migrations) {
  return database->Write([&](SqlSession& session) -> absl::Status {
    const absl::StatusOr<int64_t> version = VersionOf(session, component);
    if (!version.ok()) return version.status();
    const auto known = static_cast<int64_t>(migrations.size());
    if (*version == known) return absl::OkStatus();
    if (*version > known) {
      return absl::FailedPreconditionError(
          "the database was made by a newer junctor: its " + std::string(component) +
          " tables have version " + std::to_string(*version) +
          ", this junctor knows versions up to " + std::to_string(known) +
          "; use the newer junctor, or a database of its own");
    }
    for (int64_t number = *version; number < known; ++number) {
      const absl::Status applied = Apply(session, migrations[static_cast<size_t>(number)].sql);
      if (!applied.ok()) {
        return absl::Status(applied.code(), "migration " + std::to_string(number + 1) + " of the " +
                                                std::string(component) +
                                                " tables: " + std::string(applied.message()));
      }
    }
    return session
        .Execute(
            "INSERT INTO schema_versions (component, version) VALUES (?, ?) "
            "ON CONFLICT (component) DO UPDATE SET version = excluded.version",
            {SqlText(component), known})
        .status();
  });
}

}  // namespace junctor::engine
