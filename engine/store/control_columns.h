// How ControlTransaction's parts read rows, and what their statements have in common. For the
// control_*.cc files of this folder alone.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "engine/store/control_rows.h"
#include "engine/store/sql_session.h"

namespace junctor::engine {

// The columns of a table in the order in which the reader beside them takes them.
inline constexpr std::string_view kRouteColumns =
    "r.id, r.gateway_id, r.name, r.live_version_id, r.created_ms, r.modified_ms";
RouteRow ReadRoute(SqlRow& row);

// `alias` is the table's in the statement.
std::string VersionColumns(std::string_view alias, bool with_program);
VersionRow ReadVersion(SqlRow& row, bool with_program);

std::string DeploymentColumns(std::string_view alias);
DeploymentRow ReadDeployment(SqlRow& row);

// The rows that `sql` selects.
template <typename Row>
absl::StatusOr<std::vector<Row>> SelectAll(SqlSession* session, std::string_view sql,
                                           const SqlParameters& parameters, Row (*read)(SqlRow&)) {
  absl::StatusOr<SqlResult> result = session->Execute(sql, parameters);
  if (!result.ok()) return result.status();
  std::vector<Row> rows;
  rows.reserve(result->rows.size());
  for (SqlRow& row : result->rows) rows.push_back(read(row));
  return rows;
}

// The row that `sql` selects, or none.
template <typename Row>
absl::StatusOr<std::optional<Row>> SelectOne(SqlSession* session, std::string_view sql,
                                             const SqlParameters& parameters,
                                             Row (*read)(SqlRow&)) {
  absl::StatusOr<std::vector<Row>> rows = SelectAll(session, sql, parameters, read);
  if (!rows.ok()) return rows.status();
  if (rows->empty()) return std::optional<Row>();
  return std::optional<Row>(std::move(rows->front()));
}

// The number that `sql` selects; 0 where it selects none.
absl::StatusOr<int64_t> SelectNumber(SqlSession* session, std::string_view sql,
                                     const SqlParameters& parameters);

// Adds `LIMIT` and `OFFSET` to a statement. A page beyond all numbers is past the end.
void AppendPage(PageOf page, std::string* sql, SqlParameters* parameters);

// A page of `SELECT columns FROM from ORDER BY order`, and how many rows there are in all.
template <typename Row>
absl::StatusOr<Page<Row>> SelectPage(SqlSession* session, std::string_view columns,
                                     std::string_view from, std::string_view order,
                                     SqlParameters parameters, PageOf page, Row (*read)(SqlRow&)) {
  Page<Row> found;
  const absl::StatusOr<int64_t> total =
      SelectNumber(session, "SELECT COUNT(*) FROM " + std::string(from), parameters);
  if (!total.ok()) return total.status();
  found.total = *total;
  std::string sql = "SELECT ";
  sql.append(columns).append(" FROM ").append(from).append(" ORDER BY ").append(order);
  AppendPage(page, &sql, &parameters);
  absl::StatusOr<std::vector<Row>> rows = SelectAll(session, sql, parameters, read);
  if (!rows.ok()) return rows.status();
  found.rows = *std::move(rows);
  return found;
}

// Runs a statement that inserts. A value that must be unique and is not becomes AlreadyExists with
// `taken` as its message.
absl::Status Insert(SqlSession* session, std::string_view sql, const SqlParameters& parameters,
                    const std::string& taken);

// Runs a statement that must change a row; NotFound with `missing` where it changes none, and
// AlreadyExists as Insert.
absl::Status ChangeOne(SqlSession* session, std::string_view sql, const SqlParameters& parameters,
                       const std::string& missing, const std::string& taken = "");

}  // namespace junctor::engine
