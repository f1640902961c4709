// junctor routes: list, show, versions, deploy, rollback, deployments, differences, delete,
// validate.
#include <algorithm>

#include "engine/admin/url_text.h"
#include "engine/cli/client/remote_routes.h"
#include "engine/cli/client/route_commands.h"
#include "engine/cli/client/route_files.h"
#include "engine/cli/client/table.h"

namespace junctor::engine {
namespace {

// What API and commands call the kinds of deployments.
std::string KindOf(const Json& deployment) {
  return deployment["kind"].is_null() ? "live" : deployment["kind"].text();
}

ControlResult<std::vector<Json>> ListDeployments(ClientSession& session, const std::string& route) {
  return session.api().List(session.RoutePath(route, "/deployments"), "deployments");
}

// The acting deployment of `kind`; null where there is none.
ControlResult<Json> FindActing(ClientSession& session, const std::string& route,
                               const std::string& kind) {
  const ControlResult<std::vector<Json>> deployments = ListDeployments(session, route);
  if (!deployments.ok()) return deployments.errors();
  for (const Json& one : *deployments) {
    if (KindOf(one) == kind && one["ended_at"].is_null()) return one;
  }
  return Json();
}

int Deploy(ClientSession& session, const std::string& route, const Json& version,
           const Json& request, const std::string& what) {
  return session.Finish(
      session.api().Post(session.RoutePath(route, "/deployments"), request.Compact()),
      what + " " + DescribeVersion(version) + " of " + route);
}

}  // namespace

int RunRoutesList(ClientSession& session) {
  ControlResult<std::vector<Json>> routes = ListRoutes(session);
  if (!routes.ok()) return session.Fail(routes.errors());
  if (session.json()) {
    session.PrintJson(*routes);
    return kExitOk;
  }
  std::sort(routes->begin(), routes->end(),
            [](const Json& a, const Json& b) { return a["name"].text() < b["name"].text(); });
  Table table({"ROUTE", "VERSION", "ELEMENTS", "DEPLOYED", "ID"});
  for (const Json& one : *routes) {
    table.Add({Cell(one["name"]), Cell(one["version"]["number"]),
               std::to_string(one["elements"].items().size()),
               TimeCell(one["deployment"]["created_at"]), Cell(one["id"])});
  }
  table.Print(session.console(), "no routes");
  return kExitOk;
}

int RunRoutesShow(ClientSession& session, const RouteShowOptions& options) {
  std::string path = session.RoutePath(options.route);
  if (!options.version.empty()) {
    const ControlResult<Json> version = FindVersion(session, options.route, options.version);
    if (!version.ok()) return session.Fail(version.errors());
    path += "/versions/" + EncodePercent((*version)["version_id"].text());
  }
  const ControlResult<AdminReply> reply = session.api().Get(path);
  if (!reply.ok()) return session.Fail(reply.errors());
  const Json& route = reply->result();
  if (session.json()) {
    session.PrintJson(route);
    return kExitOk;
  }
  if (options.source) {
    Json document = Json::Object();
    document.Set("name", route["name"]);
    if (!route["deadline"].is_null()) document.Set("deadline", route["deadline"]);
    document.Set("elements", route["elements"]);
    session.PrintJson(document);
    return kExitOk;
  }
  const Json& version = options.version.empty() ? route["version"] : route;
  Table facts({"ROUTE", Cell(route["name"])});
  facts.Add({"id", Cell(route["id"])});
  facts.Add({"gateway", Cell(route["gateway_id"])});
  facts.Add({"version", Cell(version["number"])});
  facts.Add({"version id", Cell(version["version_id"])});
  facts.Add({"comment", Cell(version["comment"])});
  facts.Add({"author", Cell(version["author"])});
  facts.Add({"created", TimeCell(route["created_at"])});
  facts.Add({"modified", TimeCell(route["modified_at"])});
  facts.Print(session.console(), "");
  session.console().out << '\n';
  Table elements({"ELEMENT", "TYPE", "OUTPUTS"});
  for (const Json& element : route["elements"].items()) {
    std::string outputs;
    for (const JsonField& output : element["outputs"].fields()) {
      outputs +=
          (outputs.empty() ? "" : ", ") + output.key + " → " + output.value["elementId"].text();
    }
    elements.Add({Cell(element["id"]), Cell(element["type"]), outputs});
  }
  elements.Print(session.console(), "no elements");
  return kExitOk;
}

int RunRoutesVersions(ClientSession& session, const std::string& route) {
  const ControlResult<std::vector<Json>> versions = ListVersions(session, route);
  if (!versions.ok()) return session.Fail(versions.errors());
  if (session.json()) {
    session.PrintJson(*versions);
    return kExitOk;
  }
  Table table({"VERSION", "LIVE", "CREATED", "AUTHOR", "COMMENT", "ID"});
  for (const Json& one : *versions) {
    table.Add({Cell(one["number"]), IsActive(one) ? "live" : "", TimeCell(one["created_at"]),
               Cell(one["author"]), Cell(one["comment"]), Cell(one["version_id"])});
  }
  table.Print(session.console(), "no versions");
  return kExitOk;
}

int RunRoutesDeploy(ClientSession& session, const RouteDeployOptions& options) {
  const ControlResult<Json> version = FindVersion(session, options.route, options.version);
  if (!version.ok()) return session.Fail(version.errors());
  Json request = Json::Object();
  request.Set("version_id", (*version)["version_id"]);
  std::string what = "deployed";
  if (options.shadow) {
    request.Set("shadow", Json::Bool(true));
    what = "in the shadow of the live version:";
  } else if (!options.percentage.empty()) {
    absl::StatusOr<Json> share = Json::Parse(options.percentage);
    if (!share.ok() || !share->is(Json::Kind::kNumber)) {
      return session.Fail("--percentage takes a number above 0 and below 100, found `" +
                          options.percentage + "`");
    }
    request.Set("percentage", *std::move(share));
    if (!options.key.empty()) request.Set("key", Json::String(options.key));
    what = options.percentage + " % of the requests get";
  }
  return Deploy(session, options.route, *version, request, what);
}

int RunRoutesRollback(ClientSession& session, const RouteRollbackOptions& options) {
  const ControlResult<Json> live = LiveVersion(session, options.route);
  if (!live.ok()) return session.Fail(live.errors());
  const ControlResult<Json> target = options.to.empty()
                                         ? NewestBelow(session, options.route, NumberOf(*live))
                                         : FindVersion(session, options.route, options.to);
  if (!target.ok()) return session.Fail(target.errors());
  if (target->is_null()) {
    return session.Fail(DescribeVersion(*live) + " of " + options.route +
                        " is its first: there is none before it");
  }
  if ((*target)["version_id"].text() == (*live)["version_id"].text()) {
    return session.Fail(DescribeVersion(*live) + " of " + options.route +
                        " is the live one already");
  }
  Json request = Json::Object();
  request.Set("version_id", (*target)["version_id"]);
  return Deploy(session, options.route, *target, request,
                "rolled back from " + DescribeVersion(*live) + " to");
}

int RunRoutesDeployments(ClientSession& session, const RouteDeploymentsOptions& options) {
  if (!options.end.empty()) {
    const ControlResult<Json> acting = FindActing(session, options.route, options.end);
    if (!acting.ok()) return session.Fail(acting.errors());
    if (acting->is_null()) {
      return session.Fail("the route `" + options.route + "` has no " + options.end +
                          " deployment that acts");
    }
    const std::string id = EncodePercent((*acting)["deployment_id"].text());
    return session.Finish(
        session.api().Delete(session.RoutePath(options.route, "/deployments/" + id)),
        "ended the " + options.end + " deployment of " + options.route);
  }
  const ControlResult<std::vector<Json>> deployments = ListDeployments(session, options.route);
  if (!deployments.ok()) return session.Fail(deployments.errors());
  if (session.json()) {
    session.PrintJson(*deployments);
    return kExitOk;
  }
  const ControlResult<std::vector<Json>> versions = ListVersions(session, options.route);
  if (!versions.ok()) return session.Fail(versions.errors());
  Table table({"KIND", "VERSION", "SHARE", "KEY", "BEGAN", "ENDED", "ID"});
  for (const Json& one : *deployments) {
    const auto version = std::find_if(versions->begin(), versions->end(), [&](const Json& v) {
      return v["version_id"].text() == one["version_id"].text();
    });
    table.Add({KindOf(one),
               version == versions->end() ? Cell(one["version_id"]) : Cell((*version)["number"]),
               one["percentage"].is_null() ? "-" : one["percentage"].text() + " %",
               Cell(one["key"]), TimeCell(one["created_at"]), TimeCell(one["ended_at"]),
               Cell(one["deployment_id"])});
  }
  table.Print(session.console(), "no deployments");
  return kExitOk;
}

int RunRoutesDifferences(ClientSession& session, const std::string& route) {
  const ControlResult<Json> shadow = FindActing(session, route, "shadow");
  if (!shadow.ok()) return session.Fail(shadow.errors());
  if (shadow->is_null()) {
    return session.Fail("the route `" + route +
                        "` has no shadow deployment: `junctor routes deploy " + route +
                        " --version N --shadow` makes one");
  }
  const std::string id = EncodePercent((*shadow)["deployment_id"].text());
  const ControlResult<AdminReply> reply =
      session.api().Get(session.RoutePath(route, "/deployments/" + id + "/differences"));
  if (!reply.ok()) return session.Fail(reply.errors());
  const Json& result = reply->result();
  if (session.json()) {
    session.PrintJson(result);
    return kExitOk;
  }
  session.console().out << Cell(result["different"]) << " of " << Cell(result["compared"])
                        << " requests would have been decided otherwise\n";
  if (result["examples"].items().empty()) return kExitOk;
  Table table({"WHEN", "LOG ID", "LIVE", "SHADOW"});
  for (const Json& one : result["examples"].items()) {
    table.Add({TimeCell(one["at"]), Cell(one["log_id"]), Cell(one["live"]), Cell(one["shadow"])});
  }
  table.Print(session.console(), "");
  return kExitOk;
}

int RunRoutesDelete(ClientSession& session, const std::string& route, bool yes) {
  if (!yes && !session.Confirm("Delete the route `" + route + "` with all its versions?")) {
    return session.Fail("nothing was deleted");
  }
  return session.Finish(session.api().Delete(session.RoutePath(route)), "deleted route " + route);
}

int RunRoutesValidate(ClientSession& session, const std::vector<std::string>& paths) {
  const std::optional<std::vector<RouteFile>> files = LoadRouteFiles(paths, session.console());
  if (!files.has_value()) return kExitFailure;
  int status = kExitOk;
  for (const RouteFile& file : *files) {
    const ControlResult<std::vector<ControlError>> diagnostics = ValidateOnServer(session, file);
    if (!diagnostics.ok()) return session.Fail(diagnostics.errors());
    if (!diagnostics->empty()) {
      session.console().err << RenderServerDiagnostics(*diagnostics, file,
                                                       session.console().colour_err)
                            << '\n';
    }
    const bool good = std::all_of(diagnostics->begin(), diagnostics->end(),
                                  [](const ControlError& one) { return one.is_warning; });
    session.console().out << file.path << ": route `" << file.name << "` "
                          << (good ? "is valid" : "is not valid") << '\n';
    if (!good) status = kExitFailure;
  }
  return status;
}

}  // namespace junctor::engine
