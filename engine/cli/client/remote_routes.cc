#include "engine/cli/client/remote_routes.h"
#include "engine/admin/url_text.h"

#include <charconv>
#include <map>

namespace junctor::engine {
namespace {

// `route` has the elements and the deadline.
RemoteVersion VersionOf(const Json& version, const Json& route) {
  const Json& elements = route["elements"];
  RemoteVersion out;
  out.id = version["version_id"].text();
  out.number = NumberOf(version);
  out.elements = elements.Compact();
  if (!route["deadline"].is_null()) out.deadline = route["deadline"].Compact();
  // What is JSON already can be made canonical.
  out.canonical = CanonicalVersion(elements, out.deadline).value_or(std::string());
  return out;
}

// The newest version, where it is not the live one.
ControlResult<std::optional<RemoteVersion>> FetchNewest(ClientSession& session,
                                                        const RemoteRoute& route) {
  const ControlResult<Json> newest = NewestVersion(session, route.id);
  if (!newest.ok()) return newest.errors();
  const std::string& id = (*newest)["version_id"].text();
  if (newest->is_null() || id == route.live.id) return std::optional<RemoteVersion>();
  ControlResult<RemoteVersion> version = FetchVersion(session, route.id, id);
  if (!version.ok()) return version.errors();
  version->number = NumberOf(*newest);
  return std::optional<RemoteVersion>(*std::move(version));
}

}  // namespace

int64_t NumberOf(const Json& version) {
  const std::string& text = version["number"].text();
  int64_t number = 0;
  std::from_chars(text.data(), text.data() + text.size(), number);
  return number;
}

bool IsActive(const Json& version) {
  return version["active"].text() == "true" || version["active"].boolean();
}

ControlResult<std::vector<Json>> ListRoutes(ClientSession& session) {
  return session.api().List(session.GatewayPath("/routes"), "routes");
}

std::string DescribeVersion(const Json& version) {
  const int64_t number = NumberOf(version);
  return "version " + (number == 0 ? version["version_id"].text() : std::to_string(number));
}

ControlResult<std::vector<Json>> ListVersions(ClientSession& session, std::string_view route) {
  return session.api().List(session.RoutePath(route, "/versions"), "versions");
}

ControlResult<Json> FindVersion(ClientSession& session, std::string_view route,
                                std::string_view version) {
  ControlResult<Json> found = session.api().Find(
      session.RoutePath(route, "/versions"), "versions", [version](const Json& one) {
        return one["version_id"].text() == version || one["number"].text() == version;
      });
  if (!found.ok() || !found->is_null()) return found;
  return ControlErrors::One(0, 0,
                            "the route `" + std::string(route) + "` has no version `" +
                                std::string(version) + "`; `junctor routes versions " +
                                std::string(route) + "` lists them");
}

ControlResult<Json> NewestVersion(ClientSession& session, std::string_view route) {
  return session.api().Find(session.RoutePath(route, "/versions"), "versions",
                            [](const Json&) { return true; });
}

ControlResult<Json> NewestBelow(ClientSession& session, std::string_view route, int64_t number) {
  return session.api().Find(session.RoutePath(route, "/versions"), "versions",
                            [number](const Json& one) { return NumberOf(one) < number; });
}

ControlResult<Json> LiveVersion(ClientSession& session, std::string_view route) {
  const ControlResult<AdminReply> reply = session.api().Get(session.RoutePath(route));
  if (!reply.ok()) return reply.errors();
  return reply->result()["version"];
}

ControlResult<RemoteVersion> FetchVersion(ClientSession& session, std::string_view route,
                                          std::string_view version_id) {
  const ControlResult<AdminReply> reply =
      session.api().Get(session.RoutePath(route, "/versions/" + EncodePercent(version_id)));
  if (!reply.ok()) return reply.errors();
  return VersionOf(reply->result(), reply->result());
}

ControlResult<std::vector<RemoteRoute>> FetchForPlan(ClientSession& session,
                                                     const std::vector<RouteFile>& files) {
  const ControlResult<std::vector<Json>> listed = ListRoutes(session);
  if (!listed.ok()) return listed.errors();
  std::map<std::string_view, const RouteFile*> by_name;
  for (const RouteFile& file : files) by_name.emplace(file.name, &file);
  std::vector<RemoteRoute> routes;
  for (const Json& one : *listed) {
    RemoteRoute route;
    route.id = one["id"].text();
    route.name = one["name"].text();
    const auto file = by_name.find(route.name);
    if (file != by_name.end()) {
      Json full = one;
      if (!full["elements"].is(Json::Kind::kArray)) {
        ControlResult<AdminReply> reply = session.api().Get(session.RoutePath(route.id));
        if (!reply.ok()) return reply.errors();
        full = reply->result();
      }
      route.live = VersionOf(full["version"], full);
      if (route.live.canonical != file->second->canonical && !route.from_file()) {
        ControlResult<std::optional<RemoteVersion>> newest = FetchNewest(session, route);
        if (!newest.ok()) return newest.errors();
        route.newest = *std::move(newest);
      }
    }
    routes.push_back(std::move(route));
  }
  return routes;
}

}  // namespace junctor::engine
