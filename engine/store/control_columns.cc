#include "engine/store/control_columns.h"

#include <algorithm>
#include <limits>

namespace junctor::engine {
namespace {

std::string Columns(std::string_view alias, std::initializer_list<std::string_view> names) {
  std::string columns;
  for (const std::string_view name : names) {
    if (!columns.empty()) columns += ", ";
    columns.append(alias).append(".").append(name);
  }
  return columns;
}

absl::Status Named(const absl::Status& status, const std::string& taken) {
  if (!absl::IsAlreadyExists(status) || taken.empty()) return status;
  return absl::AlreadyExistsError(taken);
}

}  // namespace

RouteRow ReadRoute(SqlRow& row) {
  RouteRow route;
  route.id = row.Text();
  route.gateway_id = row.Text();
  route.name = row.Text();
  route.live_version_id = row.Text();
  route.created_ms = row.Integer();
  route.modified_ms = row.Integer();
  return route;
}

std::string VersionColumns(std::string_view alias, bool with_program) {
  std::string columns =
      Columns(alias, {"id", "route_id", "number", "elements", "deadline", "source_hash", "comment",
                      "author", "program_format", "created_ms"});
  if (with_program) columns.append(", ").append(alias).append(".program");
  return columns;
}

VersionRow ReadVersion(SqlRow& row, bool with_program) {
  VersionRow version;
  version.id = row.Text();
  version.route_id = row.Text();
  version.number = row.Integer();
  version.elements = row.Text();
  version.deadline = row.Text();
  version.source_hash = row.Text();
  version.comment = row.Text();
  version.author = row.Text();
  version.program_format = row.Integer();
  version.created_ms = row.Integer();
  if (with_program) version.program = row.Bytes();
  return version;
}

std::string DeploymentColumns(std::string_view alias) {
  return Columns(alias, {"id", "route_id", "version_id", "kind", "share_millionths", "key_field",
                         "created_ms", "ended_ms"});
}

DeploymentRow ReadDeployment(SqlRow& row) {
  DeploymentRow deployment;
  deployment.id = row.Text();
  deployment.route_id = row.Text();
  deployment.version_id = row.Text();
  deployment.kind = static_cast<DeploymentKind>(row.Integer());
  deployment.share_millionths = row.Integer();
  deployment.key = row.Text();
  deployment.created_ms = row.Integer();
  deployment.ended_ms = row.Integer();
  return deployment;
}

absl::StatusOr<int64_t> SelectNumber(SqlSession* session, std::string_view sql,
                                     const SqlParameters& parameters) {
  absl::StatusOr<SqlResult> result = session->Execute(sql, parameters);
  if (!result.ok()) return result.status();
  return result->rows.empty() ? 0 : result->rows[0].Integer();
}

void AppendPage(PageOf page, std::string* sql, SqlParameters* parameters) {
  const int64_t size = std::max<int64_t>(page.per_page, 1);
  const int64_t before = std::max<int64_t>(page.page, 1) - 1;
  constexpr int64_t kMost = std::numeric_limits<int64_t>::max();
  sql->append(" LIMIT ? OFFSET ?");
  parameters->emplace_back(size);
  parameters->emplace_back(before > kMost / size ? kMost : before * size);
}

absl::Status Insert(SqlSession* session, std::string_view sql, const SqlParameters& parameters,
                    const std::string& taken) {
  return Named(session->Execute(sql, parameters).status(), taken);
}

absl::Status ChangeOne(SqlSession* session, std::string_view sql, const SqlParameters& parameters,
                       const std::string& missing, const std::string& taken) {
  const absl::StatusOr<SqlResult> result = session->Execute(sql, parameters);
  if (!result.ok()) return Named(result.status(), taken);
  return result->changed > 0 ? absl::OkStatus() : absl::NotFoundError(missing);
}

}  // namespace junctor::engine
