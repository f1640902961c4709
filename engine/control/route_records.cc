#include "engine/control/route_records.h"

#include <utility>

#include "compiler/diag/sink.h"
#include "compiler/source/source.h"
#include "compiler/syntax/compact_json.h"
#include "compiler/syntax/parser.h"
#include "engine/control/route_text.h"
#include "engine/observe/json_text.h"
#include "engine/prices/price_table.h"
#include "runtime/program/program_file.h"

namespace junctor::engine {
namespace {

std::string Quoted(std::string_view text) { return "`" + std::string(text) + "`"; }

ControlErrors NoSuchRoute(std::string_view gateway, std::string_view id) {
  return ControlErrors::NotFound("there is no route " + Quoted(id) + " in the gateway " +
                                 Quoted(gateway));
}

// What a route file says, without its comments; no elements where it is no route.
VersionText TextOfFile(const FileRoute& file) {
  VersionText text;
  const compiler::Source source(file.file, file.text);
  compiler::DiagnosticSink sink(source);
  const std::unique_ptr<compiler::RouteSyntax> route =
      compiler::ParseRoute(source, {.allow_comments = true}, &sink);
  text.elements = route == nullptr || route->elements_value == nullptr
                      ? "[]"
                      : compiler::CompactJson(*route->elements_value, source);
  if (route != nullptr && route->deadline != nullptr) {
    text.deadline = compiler::CompactJson(*route->deadline, source);
  }
  return text;
}

}  // namespace

std::optional<FileRoute> FindFileRoute(const ControlPlane& control, std::string_view id) {
  const FileRoutes* const files = control.parts().files;
  if (files == nullptr) return std::nullopt;
  if (id.starts_with(kFileIdPrefix)) id.remove_prefix(kFileIdPrefix.size());
  return files->Find(id);
}

ControlErrors FromFile(std::string_view name, std::string_view file) {
  return ControlErrors::One(
      409, kCodeConflict,
      "route " + Quoted(name) + " comes from the file " + Quoted(file) + ": change the file");
}

ControlResult<std::monostate> Finished(const absl::Status& status) {
  if (!status.ok()) return ControlPlane::FromStatus(status);
  return std::monostate();
}

ControlResult<std::monostate> RequireGateway(ControlTransaction& transaction,
                                             std::string_view gateway) {
  const absl::StatusOr<std::optional<GatewayRow>> row = transaction.FindGateway(gateway);
  if (!row.ok()) return ControlPlane::FromStatus(row.status());
  if (!row->has_value()) {
    return ControlErrors::NotFound("there is no gateway " + Quoted(gateway));
  }
  return std::monostate();
}

ControlResult<RouteRow> FindStoredRoute(ControlTransaction& transaction, std::string_view gateway,
                                        std::string_view id) {
  if (auto found = RequireGateway(transaction, gateway); !found.ok()) return found.errors();
  absl::StatusOr<std::optional<RouteRow>> route = transaction.FindRoute(gateway, id);
  if (!route.ok()) return ControlPlane::FromStatus(route.status());
  if (!route->has_value()) return NoSuchRoute(gateway, id);
  return **std::move(route);
}

ControlResult<RouteRow> FindRouteToChange(const ControlPlane& control,
                                          ControlTransaction& transaction, std::string_view gateway,
                                          std::string_view id) {
  ControlResult<RouteRow> route = FindStoredRoute(transaction, gateway, id);
  if (route.ok()) return route;
  if (route.errors().status != 404) return route;
  if (auto found = RequireGateway(transaction, gateway); !found.ok()) return found.errors();
  const std::optional<FileRoute> file = FindFileRoute(control, id);
  if (file.has_value()) return FromFile(file->name, file->file);
  return route;
}

ControlResult<VersionRow> FindRouteVersion(ControlTransaction& transaction, const RouteRow& route,
                                           std::string_view version_id) {
  absl::StatusOr<std::optional<VersionRow>> version = transaction.FindVersion(route.id, version_id);
  if (!version.ok()) return ControlPlane::FromStatus(version.status());
  if (!version->has_value()) {
    return ControlErrors::NotFound("the route " + Quoted(route.name) + " has no version " +
                                   Quoted(version_id));
  }
  return **std::move(version);
}

compiler::CompileOptions NewVersionOptions(const ControlPlane& control, std::string_view gateway) {
  const ControlParts& parts = control.parts();
  const std::shared_ptr<const Directory> directory = parts.directory->Get();
  compiler::CompileOptions options = StoredRouteOptions(*parts.config, directory.get());
  const GatewayView* const view = directory->FindGateway(gateway);
  // Whole tables are never changed: the directory's lives as long as somebody holds it.
  const std::shared_ptr<const PriceTable> own = view == nullptr ? nullptr : view->prices;
  options.is_priced = [own, &parts](std::string_view provider, std::string_view model) {
    const PriceTable& prices = own == nullptr ? *parts.prices.table : *own;
    return prices.Find(SlugOf(parts.config->providers, provider), model) != nullptr;
  };
  return options;
}

ControlResult<CompiledVersion> CompileVersion(const ControlPlane& control, const Actor& actor,
                                              std::string_view gateway, std::string_view name,
                                              const VersionText& text) {
  const VersionSource source{text.elements, text.deadline};
  const compiler::CompileResult compiled =
      CompileElements(name, source, NewVersionOptions(control, gateway));
  std::vector<ControlError> said = ToControlErrors(compiled.diagnostics, name, text.elements);
  if (!compiled.ok()) return ControlErrors{400, std::move(said)};
  CompiledVersion version;
  version.row.id = NewUuid();
  version.row.elements = text.elements;
  version.row.deadline = text.deadline;
  version.row.source_hash = SourceHash(source);
  version.row.comment = text.comment;
  version.row.author = actor.name;
  version.row.program = EncodeProgram(*compiled.program);
  version.row.program_format = kProgramFormat;
  version.row.created_ms = control.now_ms();
  version.warnings = std::move(said);
  return version;
}

RouteView ViewOfFile(std::string_view gateway, const FileRoute& file) {
  RouteView view;
  view.file = file.file;
  view.route.id = std::string(kFileIdPrefix) + file.name;
  view.route.gateway_id = gateway;
  view.route.name = file.name;
  view.route.live_version_id = view.route.id;
  view.route.created_ms = file.modified_ms;
  view.route.modified_ms = file.modified_ms;
  view.version.id = view.route.id;
  view.version.route_id = view.route.id;
  view.version.number = file.version;
  VersionText text = TextOfFile(file);
  view.version.elements = std::move(text.elements);
  view.version.deadline = std::move(text.deadline);
  view.version.source_hash = SourceHash(SourceOf(view.version));
  view.version.created_ms = file.modified_ms;
  view.deployment.id = view.route.id;
  view.deployment.route_id = view.route.id;
  view.deployment.version_id = view.route.id;
  view.deployment.created_ms = file.modified_ms;
  return view;
}

std::string RouteForAudit(const RouteRow& route, const VersionRow* version) {
  std::string out = "{\"name\":";
  AppendJsonString(&out, route.name);
  if (version != nullptr) {
    out += ",\"version\":";
    AppendJsonInteger(&out, version->number);
    out += ",\"version_id\":";
    AppendJsonString(&out, version->id);
    out += ",\"source_hash\":";
    AppendJsonString(&out, version->source_hash);
    if (!version->comment.empty()) {
      out += ",\"comment\":";
      AppendJsonString(&out, version->comment);
    }
  }
  return out + "}";
}

}  // namespace junctor::engine
