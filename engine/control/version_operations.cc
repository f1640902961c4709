// Versions of routes: save, list, look. See route_operations.h.
#include <utility>

#include "engine/control/route_operations.h"
#include "engine/control/route_records.h"
#include "engine/control/route_text.h"
#include "engine/control/stored_program.h"
#include "runtime/program/program_file.h"

namespace junctor::engine {
namespace {

// The one version that a route of a file has.
RouteVersion VersionOfFile(std::string_view gateway, const FileRoute& file) {
  RouteView view = ViewOfFile(gateway, file);
  RouteVersion version;
  version.route = std::move(view.route);
  version.version = std::move(view.version);
  version.active = true;
  return version;
}

RouteVersion AsRouteVersion(const ControlPlane& control, const RouteRow& route,
                            VersionRow version) {
  RouteVersion result;
  result.active = version.id == route.live_version_id;
  // What this junctor compiled, it compiles. What an older one compiled has to be tried.
  if (version.program_format != kProgramFormat) {
    result.is_valid = CompileElements(route.name, SourceOf(version),
                                      StoredRouteOptions(*control.parts().config, nullptr))
                          .ok();
  }
  version.program.clear();
  result.route = route;
  result.version = std::move(version);
  return result;
}

}  // namespace

ControlResult<RouteVersion> CreateVersion(ControlPlane& control, const Actor& actor,
                                          std::string_view gateway, std::string_view id,
                                          const VersionText& text) {
  // The name is part of what is compiled, and a compilation is too long for a transaction.
  const ControlResult<RouteView> view = GetRoute(control, gateway, id);
  if (!view.ok()) return view.errors();
  if (!view->file.empty()) return FromFile(view->route.name, view->file);
  ControlResult<CompiledVersion> compiled =
      CompileVersion(control, actor, gateway, view->route.name, text);
  if (!compiled.ok()) return compiled.errors();
  RouteVersion created;
  created.version = std::move(compiled->row);
  created.warnings = std::move(compiled->warnings);
  const auto work = [&](ControlTransaction& transaction) -> ControlResult<std::monostate> {
    ControlResult<RouteRow> route =
        FindRouteToChange(control, transaction, gateway, view->route.id);
    if (!route.ok()) return route.errors();
    created.route = *std::move(route);
    VersionRow& version = created.version;
    version.route_id = created.route.id;
    const absl::StatusOr<int64_t> number = transaction.NextVersionNumber(created.route.id);
    if (!number.ok()) return ControlPlane::FromStatus(number.status());
    version.number = *number;
    absl::Status status = transaction.InsertVersion(version);
    if (status.ok()) {
      AuditEntry entry;
      entry.action_type = "create";
      entry.action_info = "route version created";
      entry.resource_type = "ai_gateway.route_version";
      entry.resource_id = version.id;
      entry.gateway_id = created.route.gateway_id;
      entry.new_value = RouteForAudit(created.route, &version);
      status = WriteAudit(transaction, actor, version.created_ms, entry);
    }
    return Finished(status);
  };
  if (auto done = control.Change(work); !done.ok()) return done.errors();
  created.version.program.clear();
  return created;
}

ControlResult<Page<RouteVersion>> ListVersions(ControlPlane& control, std::string_view gateway,
                                               std::string_view id, PageOf page) {
  Page<RouteVersion> versions;
  const auto work = [&](ControlTransaction& transaction) -> ControlResult<std::monostate> {
    versions = {};
    const ControlResult<RouteRow> route = FindStoredRoute(transaction, gateway, id);
    if (!route.ok()) {
      if (auto found = RequireGateway(transaction, gateway); !found.ok()) return found;
      const std::optional<FileRoute> file = FindFileRoute(control, id);
      if (!file.has_value()) return route.errors();
      versions.total = 1;
      if (page.page == 1) versions.rows.push_back(VersionOfFile(gateway, *file));
      return std::monostate();
    }
    absl::StatusOr<Page<VersionRow>> rows = transaction.ListVersions(route->id, page);
    if (!rows.ok()) return ControlPlane::FromStatus(rows.status());
    versions.total = rows->total;
    for (VersionRow& row : rows->rows) {
      versions.rows.push_back(AsRouteVersion(control, *route, std::move(row)));
    }
    return std::monostate();
  };
  if (auto done = control.Read(work); !done.ok()) return done.errors();
  return versions;
}

ControlResult<RouteVersion> GetVersion(ControlPlane& control, std::string_view gateway,
                                       std::string_view id, std::string_view version_id) {
  RouteVersion result;
  const auto work = [&](ControlTransaction& transaction) -> ControlResult<std::monostate> {
    const ControlResult<RouteRow> route = FindStoredRoute(transaction, gateway, id);
    if (!route.ok()) {
      if (auto found = RequireGateway(transaction, gateway); !found.ok()) return found;
      const std::optional<FileRoute> file = FindFileRoute(control, id);
      if (!file.has_value()) return route.errors();
      result = VersionOfFile(gateway, *file);
      if (result.version.id == version_id) return std::monostate();
      return ControlErrors::NotFound("the route `" + file->name + "` has no version `" +
                                     std::string(version_id) + "`");
    }
    ControlResult<VersionRow> version = FindRouteVersion(transaction, *route, version_id);
    if (!version.ok()) return version.errors();
    result = AsRouteVersion(control, *route, *std::move(version));
    return std::monostate();
  };
  if (auto done = control.Read(work); !done.ok()) return done.errors();
  return result;
}

}  // namespace junctor::engine
