// Routes themselves: create, look, rename, delete. Versions and deployments: version_operations.cc,
// deployment_operations.cc.
#include "engine/control/route_operations.h"

#include <algorithm>
#include <utility>

#include "engine/control/route_records.h"
#include "engine/control/route_text.h"
#include "engine/control/stored_program.h"
#include "runtime/program/program_file.h"

namespace junctor::engine {
namespace {

constexpr std::string_view kRouteResource = "ai_gateway.route";

// What an `action_info` and its kin say of one change of a route.
AuditEntry RouteAudit(std::string_view type, std::string_view info, const RouteRow& route) {
  AuditEntry entry;
  entry.action_type = type;
  entry.action_info = info;
  entry.resource_type = kRouteResource;
  entry.resource_id = route.id;
  entry.gateway_id = route.gateway_id;
  return entry;
}

// 409 where a file has the name.
ControlResult<std::monostate> RefuseNameOfFile(const ControlPlane& control,
                                               const std::string& name) {
  const FileRoutes* const files = control.parts().files;
  if (files == nullptr) return std::monostate();
  const std::optional<FileRoute> file = files->Find(name);
  if (!file.has_value()) return std::monostate();
  return ControlErrors::One(409, kCodeConflict,
                            "the name `" + name + "` is taken: the route `" + name +
                                "` comes from the file `" + file->file + "`",
                            {"body", "name"});
}

ControlResult<RouteView> ViewOf(ControlTransaction& transaction, const RouteRow& route) {
  absl::StatusOr<std::optional<ServingRoute>> serving = transaction.FindServingRoute(route.id);
  if (!serving.ok()) return ControlPlane::FromStatus(serving.status());
  if (!serving->has_value()) {
    return ControlErrors::NotFound("there is no route `" + route.name + "`");
  }
  RouteView view;
  view.route = std::move((*serving)->route);
  view.version = std::move((*serving)->live);
  view.version.program.clear();
  if ((*serving)->live_deployment.has_value()) {
    view.deployment = *std::move((*serving)->live_deployment);
  }
  return view;
}

// The bytecode of the live version under the route's new name; empty where it does not compile.
// Refused where the name is none.
ControlResult<std::string> ProgramUnder(const ControlPlane& control, const std::string& name,
                                        const VersionRow& live) {
  const StoredProgram stored =
      ReadStoredProgram(name, live, StoredRouteOptions(*control.parts().config, nullptr));
  if (stored.program != nullptr) return stored.bytes;
  ControlErrors wrong_name;
  for (const ControlError& error : stored.errors.errors) {
    if (error.path == std::vector<std::string>{"body", "name"}) wrong_name.errors.push_back(error);
  }
  if (!wrong_name.errors.empty()) return wrong_name;
  return std::string();
}

}  // namespace

ControlResult<CreatedRoute> CreateRoute(ControlPlane& control, const Actor& actor,
                                        std::string_view gateway, const std::string& name,
                                        const VersionText& text) {
  ControlResult<CompiledVersion> compiled = CompileVersion(control, actor, gateway, name, text);
  if (!compiled.ok()) return compiled.errors();
  CreatedRoute created;
  created.warnings = std::move(compiled->warnings);
  RouteRow& route = created.view.route;
  VersionRow& version = created.view.version;
  DeploymentRow& deployment = created.view.deployment;
  version = std::move(compiled->row);
  route.id = NewUuid();
  route.gateway_id = gateway;
  route.name = name;
  route.live_version_id = version.id;
  route.created_ms = route.modified_ms = version.created_ms;
  version.route_id = route.id;
  version.number = 1;
  deployment.id = NewUuid();
  deployment.route_id = route.id;
  deployment.version_id = version.id;
  deployment.created_ms = version.created_ms;

  const auto work = [&](ControlTransaction& transaction) -> ControlResult<std::monostate> {
    if (auto found = RequireGateway(transaction, gateway); !found.ok()) return found;
    if (auto free = RefuseNameOfFile(control, name); !free.ok()) return free;
    absl::Status status = transaction.InsertRoute(route);
    if (absl::IsAlreadyExists(status)) {
      return ControlErrors::One(
          409, kCodeDuplicate,
          "the gateway `" + route.gateway_id + "` has a route `" + name + "` already",
          {"body", "name"});
    }
    if (status.ok()) status = transaction.InsertVersion(version);
    if (status.ok()) status = transaction.InsertDeployment(deployment);
    if (status.ok()) {
      AuditEntry entry = RouteAudit("create", "route created", route);
      entry.new_value = RouteForAudit(route, &version);
      status = WriteAudit(transaction, actor, route.created_ms, entry);
    }
    if (status.ok()) status = transaction.NoteChange(ChangeKind::kRoute, route.id);
    return Finished(status);
  };
  if (auto done = control.Change(work); !done.ok()) return done.errors();
  version.program.clear();
  return created;
}

ControlResult<Page<RouteView>> ListRoutes(ControlPlane& control, std::string_view gateway,
                                          PageOf page) {
  Page<RouteView> views;
  const auto work = [&](ControlTransaction& transaction) -> ControlResult<std::monostate> {
    views = {};
    if (auto found = RequireGateway(transaction, gateway); !found.ok()) return found;
    const absl::StatusOr<Page<RouteRow>> routes = transaction.ListRoutes(gateway, page);
    if (!routes.ok()) return ControlPlane::FromStatus(routes.status());
    views.total = routes->total;
    for (const RouteRow& route : routes->rows) {
      ControlResult<RouteView> view = ViewOf(transaction, route);
      if (!view.ok()) return view.errors();
      views.rows.push_back(*std::move(view));
    }
    return std::monostate();
  };
  if (auto done = control.Read(work); !done.ok()) return done.errors();
  const FileRoutes* const files = control.parts().files;
  if (files == nullptr) return views;
  const std::vector<FileRoute> of_files = files->All();
  // Those of files stand behind the stored ones.
  const int64_t first = std::max<int64_t>(0, (page.page - 1) * page.per_page - views.total);
  views.total += static_cast<int64_t>(of_files.size());
  for (size_t i = static_cast<size_t>(first);
       i < of_files.size() && views.rows.size() < static_cast<size_t>(page.per_page); ++i) {
    const std::optional<FileRoute> file = files->Find(of_files[i].name);
    if (file.has_value()) views.rows.push_back(ViewOfFile(gateway, *file));
  }
  return views;
}

ControlResult<RouteView> GetRoute(ControlPlane& control, std::string_view gateway,
                                  std::string_view id) {
  RouteView view;
  const auto work = [&](ControlTransaction& transaction) -> ControlResult<std::monostate> {
    const ControlResult<RouteRow> route = FindStoredRoute(transaction, gateway, id);
    if (!route.ok()) {
      if (auto found = RequireGateway(transaction, gateway); !found.ok()) return found;
      const std::optional<FileRoute> file = FindFileRoute(control, id);
      if (!file.has_value()) return route.errors();
      view = ViewOfFile(gateway, *file);
      return std::monostate();
    }
    ControlResult<RouteView> found = ViewOf(transaction, *route);
    if (!found.ok()) return found.errors();
    view = *std::move(found);
    return std::monostate();
  };
  if (auto done = control.Read(work); !done.ok()) return done.errors();
  return view;
}

ControlResult<RouteView> RenameRoute(ControlPlane& control, const Actor& actor,
                                     std::string_view gateway, std::string_view id,
                                     const std::string& name) {
  RouteView renamed;
  const int64_t now = control.now_ms();
  const auto work = [&](ControlTransaction& transaction) -> ControlResult<std::monostate> {
    ControlResult<RouteRow> found = FindRouteToChange(control, transaction, gateway, id);
    if (!found.ok()) return found.errors();
    const RouteRow before = *found;
    ControlResult<VersionRow> live = FindRouteVersion(transaction, before, before.live_version_id);
    if (!live.ok()) return live.errors();
    const ControlResult<std::string> program = ProgramUnder(control, name, *live);
    if (!program.ok()) return program.errors();
    if (auto free = RefuseNameOfFile(control, name); !free.ok()) return free;
    RouteRow& route = *found;
    route.name = name;
    route.modified_ms = now;
    absl::Status status = transaction.UpdateRoute(route);
    if (absl::IsAlreadyExists(status)) {
      return ControlErrors::One(
          409, kCodeDuplicate,
          "the gateway `" + route.gateway_id + "` has a route `" + name + "` already",
          {"body", "name"});
    }
    if (status.ok() && !program->empty()) {
      status = transaction.ReplaceProgram(live->id, *program, kProgramFormat);
    }
    if (status.ok()) {
      AuditEntry entry = RouteAudit("update", "route renamed", route);
      entry.old_value = RouteForAudit(before, nullptr);
      entry.new_value = RouteForAudit(route, nullptr);
      status = WriteAudit(transaction, actor, now, entry);
    }
    if (status.ok()) status = transaction.NoteChange(ChangeKind::kRoute, route.id);
    if (!status.ok()) return ControlPlane::FromStatus(status);
    ControlResult<RouteView> view = ViewOf(transaction, route);
    if (!view.ok()) return view.errors();
    renamed = *std::move(view);
    return std::monostate();
  };
  if (auto done = control.Change(work); !done.ok()) return done.errors();
  return renamed;
}

ControlResult<RouteView> DeleteRoute(ControlPlane& control, const Actor& actor,
                                     std::string_view gateway, std::string_view id) {
  RouteView deleted;
  const auto work = [&](ControlTransaction& transaction) -> ControlResult<std::monostate> {
    const ControlResult<RouteRow> route = FindRouteToChange(control, transaction, gateway, id);
    if (!route.ok()) return route.errors();
    ControlResult<RouteView> view = ViewOf(transaction, *route);
    if (!view.ok()) return view.errors();
    deleted = *std::move(view);
    absl::Status status = transaction.DeleteRoute(route->id);
    if (status.ok()) {
      AuditEntry entry = RouteAudit("delete", "route deleted", *route);
      entry.old_value = RouteForAudit(*route, &deleted.version);
      status = WriteAudit(transaction, actor, control.now_ms(), entry);
    }
    if (status.ok()) status = transaction.NoteChange(ChangeKind::kRoute, route->id);
    return Finished(status);
  };
  if (auto done = control.Change(work); !done.ok()) return done.errors();
  return deleted;
}

}  // namespace junctor::engine
