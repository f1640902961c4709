// ControlTransaction's versions and deployments.
#include <string>
#include <utility>

#include "engine/store/control_columns.h"
#include "engine/store/control_store.h"

namespace junctor::engine {
namespace {

VersionRow ReadWithProgram(SqlRow& row) { return ReadVersion(row, true); }
VersionRow ReadSummary(SqlRow& row) { return ReadVersion(row, false); }

std::string SelectDeployment(std::string_view where) {
  return "SELECT " + DeploymentColumns("d") + " FROM deployments d WHERE " + std::string(where);
}

std::string_view NameOf(DeploymentKind kind) {
  switch (kind) {
    case DeploymentKind::kLive:
      return "live";
    case DeploymentKind::kGradual:
      return "gradual";
    case DeploymentKind::kShadow:
      return "shadow";
  }
  return "unknown";
}

}  // namespace

absl::StatusOr<int64_t> ControlTransaction::NextVersionNumber(std::string_view route_id) {
  return SelectNumber(session_,
                      "SELECT COALESCE(MAX(number), 0) + 1 FROM versions WHERE route_id = ?",
                      {SqlText(route_id)});
}

absl::Status ControlTransaction::InsertVersion(const VersionRow& row) {
  return Insert(
      session_,
      "INSERT INTO versions (id, route_id, number, elements, deadline, source_hash, comment, "
      "author, program, program_format, created_ms) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
      {SqlText(row.id), SqlText(row.route_id), row.number, SqlText(row.elements),
       SqlText(row.deadline), SqlText(row.source_hash), SqlText(row.comment), SqlText(row.author),
       SqlBytes(row.program), row.program_format, row.created_ms},
      "the route `" + row.route_id + "` has a version `" + row.id + "`, or a version " +
          std::to_string(row.number) + ", already");
}

absl::StatusOr<std::optional<VersionRow>> ControlTransaction::FindVersion(
    std::string_view route_id, std::string_view version_id) {
  return SelectOne(
      session_,
      "SELECT " + VersionColumns("v", true) + " FROM versions v WHERE v.route_id = ? AND v.id = ?",
      {SqlText(route_id), SqlText(version_id)}, ReadWithProgram);
}

absl::StatusOr<Page<VersionRow>> ControlTransaction::ListVersions(std::string_view route_id,
                                                                  PageOf page) {
  return SelectPage(session_, VersionColumns("v", false), "versions v WHERE v.route_id = ?",
                    "v.number DESC", {SqlText(route_id)}, page, ReadSummary);
}

absl::Status ControlTransaction::ReplaceProgram(std::string_view version_id,
                                                std::string_view program, int64_t program_format) {
  return ChangeOne(session_, "UPDATE versions SET program = ?, program_format = ? WHERE id = ?",
                   {SqlBytes(program), program_format, SqlText(version_id)},
                   "there is no version `" + std::string(version_id) + "`");
}

absl::Status ControlTransaction::InsertDeployment(const DeploymentRow& row) {
  return Insert(session_,
                "INSERT INTO deployments (id, route_id, number, version_id, kind, "
                "share_millionths, key_field, created_ms, ended_ms) VALUES (?, ?, "
                "(SELECT COALESCE(MAX(number), 0) + 1 FROM deployments WHERE route_id = ?), "
                "?, ?, ?, ?, ?, ?)",
                {SqlText(row.id), SqlText(row.route_id), SqlText(row.route_id),
                 SqlText(row.version_id), static_cast<int64_t>(row.kind), row.share_millionths,
                 SqlText(row.key), row.created_ms, row.ended_ms},
                "there is a deployment `" + row.id + "` already, or the route `" + row.route_id +
                    "` has a " + std::string(NameOf(row.kind)) + " deployment that acts");
}

absl::StatusOr<std::optional<DeploymentRow>> ControlTransaction::FindDeployment(
    std::string_view route_id, std::string_view deployment_id) {
  return SelectOne(session_, SelectDeployment("d.route_id = ? AND d.id = ?"),
                   {SqlText(route_id), SqlText(deployment_id)}, ReadDeployment);
}

absl::StatusOr<Page<DeploymentRow>> ControlTransaction::ListDeployments(std::string_view route_id,
                                                                        PageOf page) {
  return SelectPage(session_, DeploymentColumns("d"), "deployments d WHERE d.route_id = ?",
                    "d.number DESC", {SqlText(route_id)}, page, ReadDeployment);
}

absl::StatusOr<std::optional<DeploymentRow>> ControlTransaction::FindActingDeployment(
    std::string_view route_id, DeploymentKind kind) {
  return SelectOne(session_, SelectDeployment("d.route_id = ? AND d.kind = ? AND d.ended_ms = 0"),
                   {SqlText(route_id), static_cast<int64_t>(kind)}, ReadDeployment);
}

absl::Status ControlTransaction::EndDeployment(std::string_view deployment_id, int64_t ended_ms) {
  return ChangeOne(session_, "UPDATE deployments SET ended_ms = ? WHERE id = ? AND ended_ms = 0",
                   {ended_ms, SqlText(deployment_id)},
                   "there is no deployment `" + std::string(deployment_id) + "` that acts");
}

}  // namespace junctor::engine
