// What `junctor routes push` will do: files against what the gateway has. Pure; push.cc fetches and
// acts.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "engine/cli/client/route_file.h"
#include "engine/control/route_diff.h"

namespace junctor::engine {

// One version of a route as the gateway has it.
struct RemoteVersion {
  std::string id;
  int64_t number = 0;         // 0: the server does not say
  std::string elements;       // JSON text of the array
  std::string canonical;      // of them and of the deadline
  std::string deadline = {};  // JSON text; empty: none
};

// A route as the gateway has it.
struct RemoteRoute {
  std::string id;
  std::string name;
  RemoteVersion live;
  std::optional<RemoteVersion> newest;  // where it is not the live one
  // It comes from a file of the gateway's own and can't be changed by the API.
  bool from_file() const { return id.starts_with("file:"); }
};

struct PushAction {
  enum class Kind : uint8_t {
    kUnchanged,   // what is there is what the file says
    kCreate,      // a new route, which serves at once
    kNewVersion,  // and its deployment, unless versions are only to be made
    kDeploy,      // the newest version says the same and does not serve yet
    kDelete,      // no file has it
    kRefused,     // it comes from a file of the gateway's own, and that one says something else
  };
  Kind kind = Kind::kUnchanged;
  std::string name;
  const RouteFile* file = nullptr;      // of all but kDelete
  const RemoteRoute* remote = nullptr;  // of all but kCreate
  RouteDiff change = {};                // of kNewVersion, kDeploy and kRefused: from the live one
};

struct PushOptions {
  std::vector<std::string> files = {};  // files and folders
  bool dry_run = false;
  bool delete_others = false;  // routes that no file has
  bool no_deploy = false;
  bool yes = false;
  std::string comment = {};  // of new versions
};

// The actions, by the names of files and then of routes to be deleted. What is given outlives them.
std::vector<PushAction> PlanPush(const std::vector<RouteFile>& files,
                                 const std::vector<RemoteRoute>& remote,
                                 const PushOptions& options);

// "new version of b (3 → 4): +1 element, worst case calls 3 → 5".
std::string ActionText(const PushAction& action, bool no_deploy);

}  // namespace junctor::engine
