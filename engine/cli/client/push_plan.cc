#include "engine/cli/client/push_plan.h"

#include <map>
#include <set>

#include "engine/cli/client/route_diff_text.h"

namespace junctor::engine {
namespace {

std::string NumberText(int64_t number) { return number == 0 ? "?" : std::to_string(number); }

const RemoteVersion& NewestOf(const RemoteRoute& route) {
  return route.newest.has_value() ? *route.newest : route.live;
}

PushAction PlanFile(const RouteFile& file, const RemoteRoute& remote, bool no_deploy) {
  using ActionKind = PushAction::Kind;
  PushAction action{
      .kind = ActionKind::kUnchanged, .name = file.name, .file = &file, .remote = &remote};
  if (file.canonical == remote.live.canonical) return action;
  const bool newest_fits = file.canonical == NewestOf(remote).canonical;
  if (newest_fits && no_deploy) return action;
  action.change =
      DiffRoutes({remote.live.elements, remote.live.deadline}, {file.elements, file.deadline});
  if (remote.from_file()) {
    action.kind = ActionKind::kRefused;
  } else {
    action.kind = newest_fits ? ActionKind::kDeploy : ActionKind::kNewVersion;
  }
  return action;
}

}  // namespace

std::vector<PushAction> PlanPush(const std::vector<RouteFile>& files,
                                 const std::vector<RemoteRoute>& remote,
                                 const PushOptions& options) {
  std::vector<PushAction> actions;
  std::map<std::string_view, const RemoteRoute*> by_name;
  for (const RemoteRoute& route : remote) by_name.emplace(route.name, &route);
  std::set<std::string_view> kept;
  for (const RouteFile& file : files) {
    kept.insert(file.name);
    const auto there = by_name.find(file.name);
    if (there == by_name.end()) {
      actions.push_back({.kind = PushAction::Kind::kCreate, .name = file.name, .file = &file});
    } else {
      actions.push_back(PlanFile(file, *there->second, options.no_deploy));
    }
  }
  if (!options.delete_others) return actions;
  for (const RemoteRoute& route : remote) {
    if (route.from_file() || kept.contains(route.name)) continue;
    actions.push_back({.kind = PushAction::Kind::kDelete, .name = route.name, .remote = &route});
  }
  return actions;
}

std::string ActionText(const PushAction& action, bool no_deploy) {
  const std::string& name = action.name;
  switch (action.kind) {
    case PushAction::Kind::kUnchanged:
      return "unchanged " + name;
    case PushAction::Kind::kCreate:
      return "create " + name;
    case PushAction::Kind::kNewVersion: {
      const int64_t newest = NewestOf(*action.remote).number;
      const std::string next = newest == 0 ? "?" : std::to_string(newest + 1);
      return "new version of " + name + " (" + NumberText(action.remote->live.number) + " → " +
             next + (no_deploy ? ", not deployed" : "") + "): " + ShortText(action.change);
    }
    case PushAction::Kind::kDeploy:
      return "deploy " + name + " (" + NumberText(action.remote->live.number) + " → " +
             NumberText(NewestOf(*action.remote).number) + "): " + ShortText(action.change);
    case PushAction::Kind::kDelete:
      return "delete " + name;
    case PushAction::Kind::kRefused:
      return "cannot change " + name + ": it comes from a file of the gateway's own";
  }
  return {};
}

}  // namespace junctor::engine
