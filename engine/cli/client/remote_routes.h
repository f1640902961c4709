// Routes, versions and deployments as the admin API gives them, read for the commands.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "engine/cli/client/client_session.h"
#include "engine/cli/client/push_plan.h"

namespace junctor::engine {

// Every route of the session's gateway.
ControlResult<std::vector<Json>> ListRoutes(ClientSession& session);

// Every version of `route` (an id or a name), newest first.
ControlResult<std::vector<Json>> ListVersions(ClientSession& session, std::string_view route);

// The version of `route` that `version` names by number or id. An error where there is none.
ControlResult<Json> FindVersion(ClientSession& session, std::string_view route,
                                std::string_view version);

// The newest version of `route`; null where there is none.
ControlResult<Json> NewestVersion(ClientSession& session, std::string_view route);

// The newest version of `route` with a number below `number`; null where there is none.
ControlResult<Json> NewestBelow(ClientSession& session, std::string_view route, int64_t number);

// The live version of `route`: its version object, without elements.
ControlResult<Json> LiveVersion(ClientSession& session, std::string_view route);

// A version with its elements.
ControlResult<RemoteVersion> FetchVersion(ClientSession& session, std::string_view route,
                                          std::string_view version_id);

// The routes that are called as one of `names` is, with what of them a plan needs; of all others
// the name and the id. Newest versions are fetched where `canonical` of the live one is another
// than the file's.
ControlResult<std::vector<RemoteRoute>> FetchForPlan(ClientSession& session,
                                                     const std::vector<RouteFile>& files);

// The number of a version object, 0 where it has none.
int64_t NumberOf(const Json& version);
// Whether it is the live one.
bool IsActive(const Json& version);
// "version 3".
std::string DescribeVersion(const Json& version);

}  // namespace junctor::engine
