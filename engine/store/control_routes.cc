// ControlTransaction's routes, and what serves them.
#include <string>
#include <utility>

#include "engine/store/control_columns.h"
#include "engine/store/control_store.h"

namespace junctor::engine {
namespace {

// Rows of ForEachServingRoute that are in memory at once.
constexpr int64_t kServingBatch = 100;

std::string SelectRoute(std::string_view where) {
  return "SELECT " + std::string(kRouteColumns) + " FROM routes r WHERE " + std::string(where);
}

std::string ReadName(SqlRow& row) { return row.Text(); }

std::string MissingRoute(std::string_view id) {
  return "there is no route `" + std::string(id) + "`";
}

std::string Taken(const RouteRow& row) {
  return "the gateway `" + row.gateway_id + "` has a route called `" + row.name + "` already";
}

std::string SelectServing() {
  std::string sql = "SELECT ";
  sql.append(kRouteColumns).append(", ");
  sql.append(VersionColumns("v", true)).append(", ");
  sql.append(DeploymentColumns("d")).append(", ");
  sql.append(DeploymentColumns("g")).append(", ");
  sql.append(VersionColumns("gv", true)).append(", ");
  sql.append(DeploymentColumns("s")).append(", ");
  sql.append(VersionColumns("sv", true));
  sql.append(
      " FROM routes r JOIN versions v ON v.id = r.live_version_id"
      " LEFT JOIN deployments d ON d.route_id = r.id AND d.kind = 1 AND d.ended_ms = 0"
      " LEFT JOIN deployments g ON g.route_id = r.id AND g.kind = 2 AND g.ended_ms = 0"
      " LEFT JOIN versions gv ON gv.id = g.version_id"
      " LEFT JOIN deployments s ON s.route_id = r.id AND s.kind = 3 AND s.ended_ms = 0"
      " LEFT JOIN versions sv ON sv.id = s.version_id");
  return sql;
}

std::optional<DeploymentRow> ReadOptionalDeployment(SqlRow& row) {
  const bool there = !row.NextIsNull();
  DeploymentRow deployment = ReadDeployment(row);
  if (!there) return std::nullopt;
  return deployment;
}

std::optional<VersionRow> ReadOptionalVersion(SqlRow& row) {
  const bool there = !row.NextIsNull();
  VersionRow version = ReadVersion(row, true);
  if (!there) return std::nullopt;
  return version;
}

ServingRoute ReadServing(SqlRow& row) {
  ServingRoute serving;
  serving.route = ReadRoute(row);
  serving.live = ReadVersion(row, true);
  serving.live_deployment = ReadOptionalDeployment(row);
  serving.gradual = ReadOptionalDeployment(row);
  serving.gradual_version = ReadOptionalVersion(row);
  serving.shadow = ReadOptionalDeployment(row);
  serving.shadow_version = ReadOptionalVersion(row);
  return serving;
}

}  // namespace

absl::StatusOr<std::optional<RouteRow>> ControlTransaction::FindRoute(std::string_view gateway_id,
                                                                      std::string_view id_or_name) {
  auto found = SelectOne(session_, SelectRoute("r.gateway_id = ? AND r.id = ?"),
                         {SqlText(gateway_id), SqlText(id_or_name)}, ReadRoute);
  if (!found.ok() || found->has_value()) return found;
  return SelectOne(session_, SelectRoute("r.gateway_id = ? AND r.name = ?"),
                   {SqlText(gateway_id), SqlText(id_or_name)}, ReadRoute);
}

absl::StatusOr<Page<RouteRow>> ControlTransaction::ListRoutes(std::string_view gateway_id,
                                                              PageOf page) {
  return SelectPage(session_, kRouteColumns, "routes r WHERE r.gateway_id = ?",
                    "r.created_ms DESC, r.name", {SqlText(gateway_id)}, page, ReadRoute);
}

absl::StatusOr<std::vector<std::string>> ControlTransaction::GatewaysWithRoute(
    std::string_view name) {
  return SelectAll(session_, "SELECT gateway_id FROM routes WHERE name = ? ORDER BY gateway_id",
                   {SqlText(name)}, ReadName);
}

absl::Status ControlTransaction::InsertRoute(const RouteRow& row) {
  return Insert(
      session_,
      "INSERT INTO routes (id, gateway_id, name, live_version_id, created_ms, modified_ms) "
      "VALUES (?, ?, ?, ?, ?, ?)",
      {SqlText(row.id), SqlText(row.gateway_id), SqlText(row.name), SqlText(row.live_version_id),
       row.created_ms, row.modified_ms},
      Taken(row));
}

absl::Status ControlTransaction::UpdateRoute(const RouteRow& row) {
  return ChangeOne(
      session_, "UPDATE routes SET name = ?, live_version_id = ?, modified_ms = ? WHERE id = ?",
      {SqlText(row.name), SqlText(row.live_version_id), row.modified_ms, SqlText(row.id)},
      MissingRoute(row.id), Taken(row));
}

absl::Status ControlTransaction::DeleteRoute(std::string_view id) {
  return ChangeOne(session_, "DELETE FROM routes WHERE id = ?", {SqlText(id)}, MissingRoute(id));
}

absl::StatusOr<std::optional<ServingRoute>> ControlTransaction::FindServingRoute(
    std::string_view route_id) {
  return SelectOne(session_, SelectServing() + " WHERE r.id = ?", {SqlText(route_id)}, ReadServing);
}

absl::Status ControlTransaction::ForEachServingRoute(
    const std::function<bool(ServingRoute)>& visit) {
  const std::string sql = SelectServing() + " WHERE r.id > ? ORDER BY r.id LIMIT ?";
  std::string last;
  while (true) {
    auto batch = SelectAll(session_, sql, {SqlText(last), kServingBatch}, ReadServing);
    if (!batch.ok()) return batch.status();
    if (batch->empty()) return absl::OkStatus();
    last = batch->back().route.id;
    for (ServingRoute& serving : *batch) {
      if (!visit(std::move(serving))) return absl::OkStatus();
    }
  }
}

}  // namespace junctor::engine
