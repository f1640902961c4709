// junctor routes diff: two versions of a route, or a file and what is live.
#include <filesystem>
#include <system_error>

#include "engine/admin/url_text.h"
#include "engine/cli/client/remote_routes.h"
#include "engine/cli/client/route_commands.h"
#include "engine/cli/client/route_diff_text.h"
#include "engine/cli/client/route_files.h"

namespace junctor::engine {
namespace {

bool IsFile(const std::string& what) {
  std::error_code error;
  return what == "-" || std::filesystem::is_regular_file(what, error);
}

int Print(ClientSession& session, const std::string& title, const RouteDiff& diff) {
  session.console().out << title << '\n';
  PrintRouteDiff(diff, session.console());
  return kExitOk;
}

int DiffFile(ClientSession& session, const RouteDiffOptions& options) {
  if (!options.to.empty()) {
    return session.Fail("--to is for two versions of a route; a file is compared with --from");
  }
  const std::optional<std::vector<RouteFile>> files =
      LoadRouteFiles({options.what}, session.console());
  if (!files.has_value()) return kExitFailure;
  const RouteFile& file = files->front();
  std::string from = options.from;
  std::string elements;
  std::string deadline;
  if (from.empty()) {
    const ControlResult<AdminReply> live = session.api().Get(session.RoutePath(file.name));
    if (!live.ok()) return session.Fail(live.errors());
    elements = live->result()["elements"].Compact();
    if (!live->result()["deadline"].is_null()) deadline = live->result()["deadline"].Compact();
    from = live->result()["version"]["number"].text();
  } else {
    const ControlResult<Json> version = FindVersion(session, file.name, from);
    if (!version.ok()) return session.Fail(version.errors());
    const ControlResult<RemoteVersion> fetched =
        FetchVersion(session, file.name, (*version)["version_id"].text());
    if (!fetched.ok()) return session.Fail(fetched.errors());
    elements = fetched->elements;
    deadline = fetched->deadline;
  }
  return Print(session, file.name + ": version " + from + " → " + file.path,
               DiffRoutes({elements, deadline}, {file.elements, file.deadline}));
}

int DiffVersions(ClientSession& session, const RouteDiffOptions& options) {
  const ControlResult<Json> from = options.from.empty()
                                       ? LiveVersion(session, options.what)
                                       : FindVersion(session, options.what, options.from);
  if (!from.ok()) return session.Fail(from.errors());
  const ControlResult<Json> to = options.to.empty()
                                     ? NewestVersion(session, options.what)
                                     : FindVersion(session, options.what, options.to);
  if (!to.ok()) return session.Fail(to.errors());
  const std::string path = "/versions/" + EncodePercent((*from)["version_id"].text()) + "/diff/" +
                           EncodePercent((*to)["version_id"].text());
  const ControlResult<AdminReply> reply = session.api().Get(session.RoutePath(options.what, path));
  if (!reply.ok()) return session.Fail(reply.errors());
  if (session.json()) {
    session.PrintJson(reply->result());
    return kExitOk;
  }
  return Print(
      session,
      options.what + ": version " + (*from)["number"].text() + " → " + (*to)["number"].text(),
      ReadRouteDiff(reply->result()));
}

}  // namespace

int RunRoutesDiff(ClientSession& session, const RouteDiffOptions& options) {
  return IsFile(options.what) ? DiffFile(session, options) : DiffVersions(session, options);
}

}  // namespace junctor::engine
