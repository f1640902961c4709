// junctor routes push: reads and compiles, fetches, shows the plan, and does it.
#include <algorithm>

#include "engine/cli/client/push_plan.h"
#include "engine/cli/client/remote_routes.h"
#include "engine/cli/client/route_commands.h"
#include "engine/cli/client/route_files.h"

namespace junctor::engine {
namespace {

using Kind = PushAction::Kind;

// One push.
class Push {
 public:
  Push(ClientSession& session, const PushOptions& options) : session_(session), options_(options) {}

  int Run() {
    std::optional<std::vector<RouteFile>> files =
        LoadRouteFiles(options_.files, session_.console());
    if (!files.has_value()) return kExitFailure;
    const ControlResult<std::vector<RemoteRoute>> remote = FetchForPlan(session_, *files);
    if (!remote.ok()) return session_.Fail(remote.errors());
    const std::vector<PushAction> actions = PlanPush(*files, *remote, options_);
    if (!CheckOnServer(actions)) return kExitFailure;
    ShowPlan(actions);
    if (Count(actions, Kind::kUnchanged) == actions.size()) {
      Say("nothing to do");
      Finish(actions);
      return kExitOk;
    }
    const bool refused = Count(actions, Kind::kRefused) > 0;
    if (options_.dry_run) {
      Say("dry run: nothing was changed");
      Finish(actions);
      return refused ? kExitFailure : kExitOk;
    }
    const size_t deletions = Count(actions, Kind::kDelete);
    if (deletions > 0 && !options_.yes &&
        !session_.Confirm("Delete " + std::to_string(deletions) +
                          (deletions == 1 ? " route?" : " routes?"))) {
      return session_.Fail("nothing was changed");
    }
    for (const PushAction& action : actions) Do(action);
    Finish(actions);
    if (failed_ > 0) {
      return session_.Fail(std::to_string(failed_) + " of " + std::to_string(actions.size()) +
                           " routes could not be pushed");
    }
    return kExitOk;
  }

 private:
  static size_t Count(const std::vector<PushAction>& actions, Kind kind) {
    return static_cast<size_t>(
        std::count_if(actions.begin(), actions.end(),
                      [kind](const PushAction& action) { return action.kind == kind; }));
  }

  // The plan and the progress: on the output, unless that is for JSON.
  void Say(const std::string& line) {
    (session_.json() ? session_.console().err : session_.console().out) << line << '\n';
  }

  void ShowPlan(const std::vector<PushAction>& actions) {
    for (const PushAction& action : actions) Say(ActionText(action, options_.no_deploy));
  }

  void ShowDiagnostics(const std::vector<ControlError>& diagnostics, const RouteFile& file) {
    if (diagnostics.empty()) return;
    session_.console().err << RenderServerDiagnostics(diagnostics, file,
                                                      session_.console().colour_err)
                           << '\n';
  }

  // What the server's compiler says of everything that is to change, before anything does. A server
  // that can't be asked is no reason to stop: it says the same when it is given the route.
  bool CheckOnServer(const std::vector<PushAction>& actions) {
    bool good = true;
    for (const PushAction& action : actions) {
      if (action.kind != Kind::kCreate && action.kind != Kind::kNewVersion) continue;
      const ControlResult<std::vector<ControlError>> diagnostics =
          ValidateOnServer(session_, *action.file);
      if (!diagnostics.ok()) {
        if (diagnostics.errors().status == 404 || diagnostics.errors().status == 405) continue;
        session_.Fail(diagnostics.errors());
        return false;
      }
      ShowDiagnostics(*diagnostics, *action.file);
      good = good && std::all_of(diagnostics->begin(), diagnostics->end(),
                                 [](const ControlError& one) { return one.is_warning; });
    }
    return good;
  }

  void Do(const PushAction& action) {
    switch (action.kind) {
      case Kind::kUnchanged:
        return;
      case Kind::kCreate:
        Settle(action, session_.api().Post(session_.GatewayPath("/routes"),
                                           RouteBody(*action.file, action.name, options_.comment)));
        return;
      case Kind::kNewVersion:
        MakeVersion(action);
        return;
      case Kind::kDeploy:
        Deploy(action, action.remote->newest->id);
        return;
      case Kind::kDelete:
        Settle(action, session_.api().Delete(session_.RoutePath(action.remote->id)));
        return;
      case Kind::kRefused:
        ++failed_;
        PrintError(session_.console(),
                   "the route `" + action.name +
                       "` comes from a file in the gateway's routes folder: change that file");
        return;
    }
  }

  void MakeVersion(const PushAction& action) {
    const std::string path = session_.RoutePath(action.remote->id, "/versions");
    const ControlResult<AdminReply> reply =
        session_.api().Post(path, RouteBody(*action.file, "", options_.comment));
    if (!Settle(action, reply) || options_.no_deploy) return;
    Deploy(action, reply->result()["version_id"].text());
  }

  void Deploy(const PushAction& action, const std::string& version_id) {
    Json request = Json::Object();
    request.Set("version_id", Json::String(version_id));
    Settle(action, session_.api().Post(session_.RoutePath(action.remote->id, "/deployments"),
                                       request.Compact()));
  }

  // Reports what went wrong with one call. Other routes are not held up by it.
  bool Settle(const PushAction& action, const ControlResult<AdminReply>& reply) {
    if (reply.ok()) return true;
    ++failed_;
    std::vector<ControlError> diagnostics;
    ControlErrors others;
    others.status = reply.errors().status;
    for (const ControlError& error : reply.errors().errors) {
      const bool is_diagnostic = !error.diagnostic.empty() && action.file != nullptr;
      (is_diagnostic ? diagnostics : others.errors).push_back(error);
    }
    if (!diagnostics.empty()) ShowDiagnostics(diagnostics, *action.file);
    PrintError(session_.console(), "route `" + action.name + "` could not be pushed");
    if (!others.errors.empty()) session_.Fail(others);
    return false;
  }

  // With --json: the actions as one list.
  void Finish(const std::vector<PushAction>& actions) {
    if (!session_.json()) return;
    Json list = Json::Array();
    for (const PushAction& action : actions) {
      Json one = Json::Object();
      one.Set("route", Json::String(action.name));
      one.Set("action", Json::String(WordFor(action.kind)));
      if (action.file != nullptr) one.Set("file", Json::String(action.file->path));
      one.Set("text", Json::String(ActionText(action, options_.no_deploy)));
      list.Append(std::move(one));
    }
    session_.PrintJson(list);
  }

  static const char* WordFor(Kind kind) {
    switch (kind) {
      case Kind::kUnchanged:
        return "unchanged";
      case Kind::kCreate:
        return "create";
      case Kind::kNewVersion:
        return "new_version";
      case Kind::kDeploy:
        return "deploy";
      case Kind::kDelete:
        return "delete";
      case Kind::kRefused:
        return "refused";
    }
    return "";
  }

  ClientSession& session_;
  const PushOptions& options_;
  size_t failed_ = 0;
};

}  // namespace

int RunRoutesPush(ClientSession& session, const PushOptions& options) {
  return Push(session, options).Run();
}

}  // namespace junctor::engine
