// junctor routes: what each command is asked, and the function that does it. Routes are named by
// name or id, versions by number or id. Every function returns the process's exit status.
#pragma once

#include <string>
#include <vector>

#include "engine/cli/client/client_session.h"
#include "engine/cli/client/push_plan.h"

namespace junctor::engine {

int RunRoutesList(ClientSession& session);

struct RouteShowOptions {
  std::string route;
  std::string version;  // empty: the live one
  bool source = false;  // the route document alone, as a file would have it
};
int RunRoutesShow(ClientSession& session, const RouteShowOptions& options);

int RunRoutesVersions(ClientSession& session, const std::string& route);

// push: makes the gateway's routes what files say.
int RunRoutesPush(ClientSession& session, const PushOptions& options);

struct RouteDeployOptions {
  std::string route;
  std::string version;
  std::string percentage;  // a gradual deployment of that share of the requests; empty: of all
  std::string key;         // field that the share sticks to
  bool shadow = false;     // decided for every request, and never called
};
int RunRoutesDeploy(ClientSession& session, const RouteDeployOptions& options);

struct RouteRollbackOptions {
  std::string route;
  std::string to;  // empty: the version that was live before this one
};
int RunRoutesRollback(ClientSession& session, const RouteRollbackOptions& options);

// deployments: what serves and what served. With `end`, ends the gradual or shadow one.
struct RouteDeploymentsOptions {
  std::string route;
  std::string end;  // "gradual", "shadow" or empty
};
int RunRoutesDeployments(ClientSession& session, const RouteDeploymentsOptions& options);

// differences: what the shadow deployment decided otherwise.
int RunRoutesDifferences(ClientSession& session, const std::string& route);

struct RouteDiffOptions {
  std::string what;  // a route, or a file
  std::string from;  // version; empty: the live one
  std::string to;    // version; empty: the newest one; not for files
};
int RunRoutesDiff(ClientSession& session, const RouteDiffOptions& options);

int RunRoutesDelete(ClientSession& session, const std::string& route, bool yes);

// validate: the server's own compiler on files; nothing is stored.
int RunRoutesValidate(ClientSession& session, const std::vector<std::string>& files);

}  // namespace junctor::engine
