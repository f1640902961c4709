// What the operations on routes, versions and deployments share: finding rows, refusing what comes
// from files, compiling.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "compiler/compile.h"
#include "engine/control/control_plane.h"
#include "engine/control/route_operations.h"
#include "engine/store/control_store.h"
#include "engine/store/file_routes.h"
#include "runtime/program/program.h"

namespace junctor::engine {

// The file's route that `id` means: `file:<name>`, or the name of one. Nothing: none does.
std::optional<FileRoute> FindFileRoute(const ControlPlane& control, std::string_view id);

// 409: `name` comes from `file`.
ControlErrors FromFile(std::string_view name, std::string_view file);

// The stored route that `id` means, or 404; for a change also 409 where a file's route is meant.
ControlResult<RouteRow> FindStoredRoute(ControlTransaction& transaction, std::string_view gateway,
                                        std::string_view id);
ControlResult<RouteRow> FindRouteToChange(const ControlPlane& control,
                                          ControlTransaction& transaction, std::string_view gateway,
                                          std::string_view id);
// Not found, where the gateway is not there.
ControlResult<std::monostate> RequireGateway(ControlTransaction& transaction,
                                             std::string_view gateway);
// The version, with its program, or 404.
ControlResult<VersionRow> FindRouteVersion(ControlTransaction& transaction, const RouteRow& route,
                                           std::string_view version_id);

// A new version's row, compiled; its number and its route are not set yet. 400 with every
// diagnostic where it does not compile.
struct CompiledVersion {
  VersionRow row;
  std::vector<ControlError> warnings;
};
// How a version that is about to be saved in `gateway` is compiled: with what this installation
// knows of providers, and what is known of prices there.
compiler::CompileOptions NewVersionOptions(const ControlPlane& control, std::string_view gateway);

ControlResult<CompiledVersion> CompileVersion(const ControlPlane& control, const Actor& actor,
                                              std::string_view gateway, std::string_view name,
                                              const VersionText& text);

// The route of a file in the form of stored ones.
RouteView ViewOfFile(std::string_view gateway, const FileRoute& file);

// `{"name": …, "version": 3, "version_id": …, …}`: a route or version in the audit log.
std::string RouteForAudit(const RouteRow& route, const VersionRow* version);

// OK, or what a client is told of `status`.
ControlResult<std::monostate> Finished(const absl::Status& status);

}  // namespace junctor::engine
