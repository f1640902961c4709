// Deployments of versions: live, gradual, shadow. See route_operations.h.
#include <utility>

#include "engine/control/route_operations.h"
#include "engine/control/route_records.h"
#include "engine/control/route_text.h"
#include "engine/control/stored_program.h"
#include "engine/observe/json_text.h"
#include "runtime/program/program_file.h"

namespace junctor::engine {
namespace {

constexpr std::string_view kDeploymentResource = "ai_gateway.route_deployment";

std::string DeploymentForAudit(const RouteRow& route, const DeploymentRow& deployment) {
  std::string out = "{\"name\":";
  AppendJsonString(&out, route.name);
  out += ",\"route_id\":";
  AppendJsonString(&out, route.id);
  out += ",\"version_id\":";
  AppendJsonString(&out, deployment.version_id);
  out += ",\"kind\":";
  AppendJsonString(&out, DeploymentKindName(deployment.kind));
  if (deployment.kind == DeploymentKind::kGradual) {
    out += ",\"percentage\":";
    AppendJsonReal(&out, static_cast<double>(deployment.share_millionths) / 10'000);
    if (!deployment.key.empty()) {
      out += ",\"key\":";
      AppendJsonString(&out, deployment.key);
    }
  }
  return out + "}";
}

// Ends the deployment of `kind` that acts, and returns it.
absl::StatusOr<std::optional<DeploymentRow>> EndActing(ControlTransaction& transaction,
                                                       const RouteRow& route, DeploymentKind kind,
                                                       int64_t now) {
  absl::StatusOr<std::optional<DeploymentRow>> acting =
      transaction.FindActingDeployment(route.id, kind);
  if (!acting.ok() || !acting->has_value()) return acting;
  if (const absl::Status status = transaction.EndDeployment((*acting)->id, now); !status.ok()) {
    return status;
  }
  return acting;
}

ControlResult<DeploymentRow> FindRouteDeployment(ControlTransaction& transaction,
                                                 const RouteRow& route,
                                                 std::string_view deployment_id) {
  absl::StatusOr<std::optional<DeploymentRow>> row =
      transaction.FindDeployment(route.id, deployment_id);
  if (!row.ok()) return ControlPlane::FromStatus(row.status());
  if (!row->has_value()) {
    return ControlErrors::NotFound("the route `" + route.name + "` has no deployment `" +
                                   std::string(deployment_id) + "`");
  }
  return **std::move(row);
}

// Makes sure that the version has a program that this junctor runs.
ControlResult<std::monostate> EnsureProgram(const ControlPlane& control,
                                            ControlTransaction& transaction, const RouteRow& route,
                                            const VersionRow& version) {
  StoredProgram stored =
      ReadStoredProgram(route.name, version, StoredRouteOptions(*control.parts().config, nullptr));
  if (stored.program == nullptr) {
    stored.errors.status = 400;
    ControlError first;
    first.message = "version " + std::to_string(version.number) + " of the route `" + route.name +
                    "` does not compile any more, so it can't be deployed";
    first.path = {"body", "version_id"};
    stored.errors.errors.insert(stored.errors.errors.begin(), std::move(first));
    return stored.errors;
  }
  if (!stored.recompiled) return std::monostate();
  return Finished(transaction.ReplaceProgram(version.id, stored.bytes, kProgramFormat));
}

}  // namespace

std::string_view DeploymentKindName(DeploymentKind kind) {
  switch (kind) {
    case DeploymentKind::kLive:
      return "live";
    case DeploymentKind::kGradual:
      return "gradual";
    case DeploymentKind::kShadow:
      return "shadow";
  }
  return "";
}

ControlResult<MadeDeployment> CreateDeployment(ControlPlane& control, const Actor& actor,
                                               std::string_view gateway, std::string_view id,
                                               const DeploymentOrder& order) {
  MadeDeployment made;
  DeploymentRow& deployment = made.deployment;
  deployment.id = NewUuid();
  deployment.kind = order.kind;
  deployment.share_millionths = order.share_millionths;
  deployment.key = order.key;
  deployment.created_ms = control.now_ms();
  const auto work = [&](ControlTransaction& transaction) -> ControlResult<std::monostate> {
    ControlResult<RouteRow> route = FindRouteToChange(control, transaction, gateway, id);
    if (!route.ok()) return route.errors();
    ControlResult<VersionRow> version = FindRouteVersion(transaction, *route, order.version_id);
    if (!version.ok()) return version.errors();
    if (order.kind != DeploymentKind::kLive && route->live_version_id == version->id) {
      return ControlErrors::BadField(
          "version `" + version->id + "` is live already: there is nothing to serve beside it",
          "version_id");
    }
    if (auto done = EnsureProgram(control, transaction, *route, *version); !done.ok()) return done;
    deployment.route_id = route->id;
    deployment.version_id = version->id;
    absl::StatusOr<std::optional<DeploymentRow>> replaced =
        EndActing(transaction, *route, order.kind, deployment.created_ms);
    absl::Status status = replaced.status();
    if (order.kind == DeploymentKind::kLive) {
      for (const DeploymentKind kind : {DeploymentKind::kGradual, DeploymentKind::kShadow}) {
        if (status.ok()) {
          status = EndActing(transaction, *route, kind, deployment.created_ms).status();
        }
      }
      route->live_version_id = version->id;
    }
    route->modified_ms = deployment.created_ms;
    if (status.ok()) status = transaction.UpdateRoute(*route);
    if (status.ok()) status = transaction.InsertDeployment(deployment);
    if (status.ok()) {
      AuditEntry entry;
      entry.action_type = "deploy";
      entry.action_info = "route version " + std::to_string(version->number) + " deployed (" +
                          std::string(DeploymentKindName(order.kind)) + ")";
      entry.resource_type = kDeploymentResource;
      entry.resource_id = deployment.id;
      entry.gateway_id = route->gateway_id;
      if (replaced->has_value()) entry.old_value = DeploymentForAudit(*route, **replaced);
      entry.new_value = DeploymentForAudit(*route, deployment);
      status = WriteAudit(transaction, actor, deployment.created_ms, entry);
    }
    if (status.ok()) status = transaction.NoteChange(ChangeKind::kRoute, route->id);
    version->program.clear();
    made.route = *std::move(route);
    made.version = *std::move(version);
    return Finished(status);
  };
  if (auto done = control.Change(work); !done.ok()) return done.errors();
  return made;
}

ControlResult<Page<DeploymentRow>> ListDeployments(ControlPlane& control, std::string_view gateway,
                                                   std::string_view id, PageOf page) {
  Page<DeploymentRow> deployments;
  const auto work = [&](ControlTransaction& transaction) -> ControlResult<std::monostate> {
    deployments = {};
    const ControlResult<RouteRow> route = FindStoredRoute(transaction, gateway, id);
    if (!route.ok()) {
      if (auto found = RequireGateway(transaction, gateway); !found.ok()) return found;
      const std::optional<FileRoute> file = FindFileRoute(control, id);
      if (!file.has_value()) return route.errors();
      deployments.total = 1;
      if (page.page == 1) deployments.rows.push_back(ViewOfFile(gateway, *file).deployment);
      return std::monostate();
    }
    absl::StatusOr<Page<DeploymentRow>> rows = transaction.ListDeployments(route->id, page);
    if (!rows.ok()) return ControlPlane::FromStatus(rows.status());
    deployments = *std::move(rows);
    return std::monostate();
  };
  if (auto done = control.Read(work); !done.ok()) return done.errors();
  return deployments;
}

ControlResult<DeploymentRow> GetDeployment(ControlPlane& control, std::string_view gateway,
                                           std::string_view id, std::string_view deployment_id) {
  DeploymentRow deployment;
  const auto work = [&](ControlTransaction& transaction) -> ControlResult<std::monostate> {
    const ControlResult<RouteRow> route = FindStoredRoute(transaction, gateway, id);
    if (!route.ok()) return route.errors();
    ControlResult<DeploymentRow> row = FindRouteDeployment(transaction, *route, deployment_id);
    if (!row.ok()) return row.errors();
    deployment = *std::move(row);
    return std::monostate();
  };
  if (auto done = control.Read(work); !done.ok()) return done.errors();
  return deployment;
}

ControlResult<DeploymentRow> DeleteDeployment(ControlPlane& control, const Actor& actor,
                                              std::string_view gateway, std::string_view id,
                                              std::string_view deployment_id) {
  DeploymentRow ended;
  const int64_t now = control.now_ms();
  const auto work = [&](ControlTransaction& transaction) -> ControlResult<std::monostate> {
    const ControlResult<RouteRow> route = FindRouteToChange(control, transaction, gateway, id);
    if (!route.ok()) return route.errors();
    ControlResult<DeploymentRow> row = FindRouteDeployment(transaction, *route, deployment_id);
    if (!row.ok()) return row.errors();
    ended = *std::move(row);
    if (ended.ended_ms != 0) {
      return ControlErrors::One(409, kCodeConflict,
                                "the deployment `" + ended.id + "` has ended already");
    }
    if (ended.kind == DeploymentKind::kLive) {
      return ControlErrors::One(
          409, kCodeConflict,
          "the deployment `" + ended.id + "` is live: deploy another version, or delete the route");
    }
    ended.ended_ms = now;
    absl::Status status = transaction.EndDeployment(ended.id, now);
    if (status.ok()) {
      AuditEntry entry;
      entry.action_type = "delete";
      entry.action_info =
          std::string(DeploymentKindName(ended.kind)) + " deployment of a route ended";
      entry.resource_type = kDeploymentResource;
      entry.resource_id = ended.id;
      entry.gateway_id = route->gateway_id;
      entry.old_value = DeploymentForAudit(*route, ended);
      status = WriteAudit(transaction, actor, now, entry);
    }
    if (status.ok()) status = transaction.NoteChange(ChangeKind::kRoute, route->id);
    return Finished(status);
  };
  if (auto done = control.Change(work); !done.ok()) return done.errors();
  return ended;
}

}  // namespace junctor::engine
