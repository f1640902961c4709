// Dynamic routes, their versions and deployments over HTTP. What can be tried out without saving
// it: route_tool_endpoints.cc.
#include <array>
#include <cmath>
#include <optional>
#include <utility>

#include "engine/admin/admin_endpoints.h"
#include "engine/admin/json_object.h"
#include "engine/admin/request_body.h"
#include "engine/admin/route_json.h"
#include "engine/admin/route_tool_endpoints.h"
#include "engine/control/route_operations.h"
#include "engine/control/route_text.h"
#include "engine/observe/json_text.h"
#include "runtime/program/field.h"

namespace junctor::engine {
namespace {

// Below every answer's `data`: the page, and how it is ordered.
std::string PageMembers(PageOf page, int64_t total, std::string_view order_by,
                        std::string_view direction) {
  JsonObject object;
  object.Integer("page", page.page)
      .Integer("per_page", page.per_page)
      .Integer("total_count", total)
      .Text("order_by", order_by)
      .Text("order_by_direction", direction);
  return object.members();
}

// An answer that the client does not unwrap: `data: {<name>: [rows], page, …}`.
AdminAnswer DataPage(std::string_view name, const std::string& rows, const std::string& page) {
  return SuccessBeside("\"data\":{\"" + std::string(name) + "\":[" + rows + "]," + page + "}");
}

void AppendRow(std::string* rows, const std::string& row) {
  if (!rows->empty()) *rows += ',';
  *rows += row;
}

// `elements`, `deadline` and `comment` of a body. Null is no deadline; whether one that is there is
// right is the compiler's to say.
VersionText ReadVersionText(RequestBody* body) {
  VersionText text;
  text.elements = body->Array("elements", Presence::kRequired).value_or(std::string_view());
  if (!body->IsNull("deadline")) text.deadline = body->Raw("deadline").value_or(std::string_view());
  text.comment =
      body->String("comment", Presence::kOptional, kMaxVersionComment).value_or(std::string());
  return text;
}

// The answer to a body that is not JSON: what the compiler has to say of its elements, where there
// are any (comments, for one), or else what is wrong with the body.
AdminAnswer RefuseBody(const ControlPlane& control, const AdminRequest& request,
                       const ControlErrors& errors) {
  const std::optional<LenientRoute> route = ReadLeniently(request.body);
  if (!route.has_value()) return Failure(errors);
  const std::string name = route->name.empty() ? std::string(kUnnamedRoute) : route->name;
  const compiler::CompileResult compiled =
      CompileElements(name, {route->elements, route->deadline},
                      StoredRouteOptions(*control.parts().config, nullptr));
  if (compiled.ok()) return Failure(errors);
  return Failure(ControlErrors{400, ToControlErrors(compiled.diagnostics, name, route->elements)});
}

AdminAnswer HandleCreate(ControlPlane& control, const AdminRequest& request) {
  ControlResult<RequestBody> body = RequestBody::Parse(request.body);
  if (!body.ok()) return RefuseBody(control, request, body.errors());
  const std::string name = body->String("name", Presence::kRequired).value_or(std::string());
  const VersionText text = ReadVersionText(&*body);
  if (!body->ok()) return Failure(body->errors());
  const ControlResult<CreatedRoute> created =
      CreateRoute(control, request.actor, request.values[0], name, text);
  if (!created.ok()) return Failure(created.errors());
  JsonObject object = RouteWithLive(created->view);
  object.Text("version_id", created->view.version.id)
      .Text("deployment_id", created->view.deployment.id);
  return Success(object.Take(), created->warnings);
}

AdminAnswer HandleList(ControlPlane& control, const AdminRequest& request) {
  const ControlResult<PageOf> page = ReadPage(request);
  if (!page.ok()) return Failure(page.errors());
  const ControlResult<Page<RouteView>> routes = ListRoutes(control, request.values[0], *page);
  if (!routes.ok()) return Failure(routes.errors());
  std::string rows;
  for (const RouteView& view : routes->rows) {
    AppendRow(&rows, RouteWithLive(view).Text("account_tag", request.account).Take());
  }
  return DataPage("routes", rows, PageMembers(*page, routes->total, "created_at", "desc"));
}

AdminAnswer HandleGet(ControlPlane& control, const AdminRequest& request) {
  const ControlResult<RouteView> view = GetRoute(control, request.values[0], request.values[1]);
  if (!view.ok()) return Failure(view.errors());
  return Success(RouteWithLive(*view).Take());
}

AdminAnswer HandleRename(ControlPlane& control, const AdminRequest& request) {
  ControlResult<RequestBody> body = RequestBody::Parse(request.body);
  if (!body.ok()) return Failure(body.errors());
  const std::string name = body->String("name", Presence::kRequired).value_or(std::string());
  if (!body->ok()) return Failure(body->errors());
  const ControlResult<RouteView> view =
      RenameRoute(control, request.actor, request.values[0], request.values[1], name);
  if (!view.ok()) return Failure(view.errors());
  const std::string route = RouteWithLive(*view).Text("account_tag", request.account).Take();
  std::vector<ControlError> warnings;
  for (const char* const part : {"elements", "deadline"}) {
    if (!body->Has(part)) continue;
    ControlError warning;
    warning.message = "`" + std::string(part) +
                      "` is not changed by this call, which renames: save a version "
                      "(`POST …/versions`) and deploy it";
    warning.path = {"body", part};
    warning.is_warning = true;
    warnings.push_back(std::move(warning));
  }
  return SuccessBeside("\"route\":" + route, warnings);
}

AdminAnswer HandleDelete(ControlPlane& control, const AdminRequest& request) {
  const ControlResult<RouteView> view =
      DeleteRoute(control, request.actor, request.values[0], request.values[1]);
  if (!view.ok()) return Failure(view.errors());
  return Success(RouteObject(view->route, view->version).Take());
}

// The route with the version's elements, and the version's own members beside them.
JsonObject RouteOfVersion(const RouteVersion& version) {
  JsonObject object = RouteObject(version.route, version.version);
  AddVersion(version, &object);
  return object;
}

AdminAnswer HandleCreateVersion(ControlPlane& control, const AdminRequest& request) {
  ControlResult<RequestBody> body = RequestBody::Parse(request.body);
  if (!body.ok()) return RefuseBody(control, request, body.errors());
  const VersionText text = ReadVersionText(&*body);
  if (!body->ok()) return Failure(body->errors());
  const ControlResult<RouteVersion> created =
      CreateVersion(control, request.actor, request.values[0], request.values[1], text);
  if (!created.ok()) return Failure(created.errors());
  return Success(RouteOfVersion(*created).Take(), created->warnings);
}

AdminAnswer HandleListVersions(ControlPlane& control, const AdminRequest& request) {
  const ControlResult<PageOf> page = ReadPage(request);
  if (!page.ok()) return Failure(page.errors());
  const ControlResult<Page<RouteVersion>> versions =
      ListVersions(control, request.values[0], request.values[1], *page);
  if (!versions.ok()) return Failure(versions.errors());
  std::string rows;
  for (const RouteVersion& version : versions->rows) AppendRow(&rows, VersionJson(version));
  return DataPage("versions", rows, PageMembers(*page, versions->total, "created_at", "desc"));
}

AdminAnswer HandleGetVersion(ControlPlane& control, const AdminRequest& request) {
  const ControlResult<RouteVersion> version =
      GetVersion(control, request.values[0], request.values[1], request.values[2]);
  if (!version.ok()) return Failure(version.errors());
  return Success(RouteOfVersion(*version).Take());
}

// The share of a gradual deployment, in millionths: more than none and less than all.
uint32_t ReadShare(RequestBody* body) {
  const std::optional<double> percentage = body->Number("percentage", Presence::kOptional);
  if (!percentage.has_value()) return 0;
  const double millionths = std::round(*percentage * 10'000);
  if (*percentage > 0 && *percentage < 100 && millionths >= 1 && millionths < kShareTotal) {
    return static_cast<uint32_t>(millionths);
  }
  std::string found;
  AppendJsonReal(&found, *percentage);
  body->Refuse("percentage", "`percentage` must be at least 0.0001 and below 100, found " + found +
                                 " (to deploy to all requests, leave it out)");
  return 0;
}

DeploymentOrder ReadOrder(RequestBody* body) {
  DeploymentOrder order;
  order.version_id = body->String("version_id", Presence::kRequired).value_or(std::string());
  order.share_millionths = ReadShare(body);
  order.key = body->String("key", Presence::kOptional).value_or(std::string());
  if (order.share_millionths > 0) order.kind = DeploymentKind::kGradual;
  if (!order.key.empty()) {
    const absl::StatusOr<Field> field = ParseField(order.key);
    if (!field.ok()) {
      body->Refuse("key", "`key` must name a field of the request, such as `metadata.user_id`: " +
                              std::string(field.status().message()));
    } else if (order.kind != DeploymentKind::kGradual) {
      body->Refuse("key", "`key` belongs to a gradual deployment: it needs `percentage`");
    }
  }
  if (body->Bool("shadow", Presence::kOptional).value_or(false)) {
    if (order.kind == DeploymentKind::kGradual) {
      body->Refuse("shadow", "a deployment is either gradual (`percentage`) or a `shadow`");
    }
    order.kind = DeploymentKind::kShadow;
  }
  return order;
}

AdminAnswer HandleCreateDeployment(ControlPlane& control, const AdminRequest& request) {
  ControlResult<RequestBody> body = RequestBody::Parse(request.body);
  if (!body.ok()) return Failure(body.errors());
  const DeploymentOrder order = ReadOrder(&*body);
  if (!body->ok()) return Failure(body->errors());
  const ControlResult<MadeDeployment> made =
      CreateDeployment(control, request.actor, request.values[0], request.values[1], order);
  if (!made.ok()) return Failure(made.errors());
  JsonObject object = RouteObject(made->route, made->version);
  // `created_at` is the route's; the deployment's own is in the list of deployments.
  object.Text("deployment_id", made->deployment.id)
      .Text("version_id", made->deployment.version_id)
      .Integer("number", made->version.number)
      .Text("kind", DeploymentKindName(made->deployment.kind));
  return Success(object.Take());
}

AdminAnswer HandleListDeployments(ControlPlane& control, const AdminRequest& request) {
  const ControlResult<PageOf> page = ReadPage(request);
  if (!page.ok()) return Failure(page.errors());
  const ControlResult<Page<DeploymentRow>> deployments =
      ListDeployments(control, request.values[0], request.values[1], *page);
  if (!deployments.ok()) return Failure(deployments.errors());
  std::string rows;
  for (const DeploymentRow& row : deployments->rows) AppendRow(&rows, DeploymentObject(row).Take());
  return DataPage("deployments", rows,
                  PageMembers(*page, deployments->total, "created_at", "desc"));
}

AdminAnswer HandleDeleteDeployment(ControlPlane& control, const AdminRequest& request) {
  const ControlResult<DeploymentRow> ended = DeleteDeployment(
      control, request.actor, request.values[0], request.values[1], request.values[2]);
  if (!ended.ok()) return Failure(ended.errors());
  return Success(DeploymentObject(*ended).Take());
}

#define JUNCTOR_ROUTES "/accounts/{account_id}/ai-gateway/gateways/{gateway_id}/routes"
constexpr std::array<AdminEndpoint, 15> kRouteEndpoints = {{
    {"POST", JUNCTOR_ROUTES, Permission::kEdit, HandleCreate},
    {"GET", JUNCTOR_ROUTES, Permission::kRead, HandleList},
    {"POST", JUNCTOR_ROUTES "/validate", Permission::kRead, HandleValidateRoute},
    {"GET", JUNCTOR_ROUTES "/{route_id}", Permission::kRead, HandleGet},
    {"PATCH", JUNCTOR_ROUTES "/{route_id}", Permission::kEdit, HandleRename},
    {"DELETE", JUNCTOR_ROUTES "/{route_id}", Permission::kEdit, HandleDelete},
    {"POST", JUNCTOR_ROUTES "/{route_id}/versions", Permission::kEdit, HandleCreateVersion},
    {"GET", JUNCTOR_ROUTES "/{route_id}/versions", Permission::kRead, HandleListVersions},
    {"GET", JUNCTOR_ROUTES "/{route_id}/versions/{version_id}", Permission::kRead,
     HandleGetVersion},
    {"POST", JUNCTOR_ROUTES "/{route_id}/versions/{version_id}/explain", Permission::kRead,
     HandleExplainVersion},
    {"GET", JUNCTOR_ROUTES "/{route_id}/versions/{version_id}/diff/{other_version_id}",
     Permission::kRead, HandleDiffVersions},
    {"POST", JUNCTOR_ROUTES "/{route_id}/deployments", Permission::kEdit, HandleCreateDeployment},
    {"GET", JUNCTOR_ROUTES "/{route_id}/deployments", Permission::kRead, HandleListDeployments},
    {"DELETE", JUNCTOR_ROUTES "/{route_id}/deployments/{deployment_id}", Permission::kEdit,
     HandleDeleteDeployment},
    {"GET", JUNCTOR_ROUTES "/{route_id}/deployments/{deployment_id}/differences", Permission::kRead,
     HandleDifferences},
}};
#undef JUNCTOR_ROUTES

}  // namespace

std::span<const AdminEndpoint> RouteEndpoints() { return kRouteEndpoints; }

}  // namespace junctor::engine
