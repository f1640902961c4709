// ControlTransaction's gateways.
#include <string>
#include <utility>

#include "engine/store/control_columns.h"
#include "engine/store/control_store.h"

namespace junctor::engine {
namespace {

constexpr std::string_view kGatewayColumns = "id, settings, is_default, created_ms, modified_ms";

GatewayRow ReadGateway(SqlRow& row) {
  GatewayRow gateway;
  gateway.id = row.Text();
  gateway.settings = row.Text();
  gateway.is_default = row.Flag();
  gateway.created_ms = row.Integer();
  gateway.modified_ms = row.Integer();
  return gateway;
}

std::string MissingGateway(std::string_view id) {
  return "there is no gateway `" + std::string(id) + "`";
}

}  // namespace

absl::StatusOr<std::optional<GatewayRow>> ControlTransaction::FindGateway(std::string_view id) {
  return SelectOne(session_,
                   "SELECT " + std::string(kGatewayColumns) + " FROM gateways WHERE id = ?",
                   {SqlText(id)}, ReadGateway);
}

absl::StatusOr<Page<GatewayRow>> ControlTransaction::ListGateways(std::string_view search,
                                                                  PageOf page) {
  return SelectPage(session_, kGatewayColumns, R"(gateways WHERE LOWER(id) LIKE ? ESCAPE '\')",
                    "id", {LikePattern(search)}, page, ReadGateway);
}

absl::StatusOr<std::vector<GatewayRow>> ControlTransaction::AllGateways() {
  return SelectAll(session_,
                   "SELECT " + std::string(kGatewayColumns) + " FROM gateways ORDER BY id", {},
                   ReadGateway);
}

absl::Status ControlTransaction::InsertGateway(const GatewayRow& row) {
  return Insert(session_,
                "INSERT INTO gateways (id, settings, is_default, created_ms, modified_ms) "
                "VALUES (?, ?, ?, ?, ?)",
                {SqlText(row.id), SqlText(row.settings), SqlFlag(row.is_default), row.created_ms,
                 row.modified_ms},
                "there is a gateway `" + row.id + "` already");
}

absl::Status ControlTransaction::UpdateGateway(const GatewayRow& row) {
  return ChangeOne(
      session_, "UPDATE gateways SET settings = ?, is_default = ?, modified_ms = ? WHERE id = ?",
      {SqlText(row.settings), SqlFlag(row.is_default), row.modified_ms, SqlText(row.id)},
      MissingGateway(row.id));
}

absl::Status ControlTransaction::DeleteGateway(std::string_view id) {
  const absl::Status deleted =
      ChangeOne(session_, "DELETE FROM gateways WHERE id = ?", {SqlText(id)}, MissingGateway(id));
  return deleted.ok() ? DeleteUnusedSecrets() : deleted;
}

}  // namespace junctor::engine
