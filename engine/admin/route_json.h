// Routes, versions and deployments as the admin API answers with them.
#pragma once

#include <string>

#include "engine/admin/json_object.h"
#include "engine/control/route_operations.h"

namespace junctor::engine {

// `{id, name, gateway_id, created_at, modified_at, elements}`, and `deadline` where the version has
// one, to be added to. Of a route from a file also `file`.
JsonObject RouteObject(const RouteRow& route, const VersionRow& version);

// RouteObject with `version` and `deployment`.
JsonObject RouteWithLive(const RouteView& view);

// `{version_id, number, active, created_at, data, is_valid, author, comment, source_hash}`.
std::string VersionJson(const RouteVersion& version);

// Adds what VersionJson says of a version to `object`.
void AddVersion(const RouteVersion& version, JsonObject* object);

// `{deployment_id, version_id, created_at, kind}`, and of a gradual one `percentage` and `key`;
// `ended_at` where it has ended.
JsonObject DeploymentObject(const DeploymentRow& deployment);

}  // namespace junctor::engine
