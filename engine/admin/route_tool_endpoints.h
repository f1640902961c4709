// Handlers of what looks at routes without changing them: see the table in route_endpoints.cc.
#pragma once

#include <string_view>

#include "engine/admin/admin_request.h"
#include "engine/control/control_plane.h"

namespace junctor::engine {

// What a route is called that is tried out without a name.
inline constexpr std::string_view kUnnamedRoute = "route";

// POST …/routes/validate: diagnostics, bounds and pictures of elements that are not saved.
AdminAnswer HandleValidateRoute(ControlPlane& control, const AdminRequest& request);

// POST …/versions/{v}/explain: one request through a version, step by step, with the world assumed.
AdminAnswer HandleExplainVersion(ControlPlane& control, const AdminRequest& request);

// GET …/versions/{a}/diff/{b}.
AdminAnswer HandleDiffVersions(ControlPlane& control, const AdminRequest& request);

// GET …/deployments/{id}/differences: where a shadow decided otherwise.
AdminAnswer HandleDifferences(ControlPlane& control, const AdminRequest& request);

}  // namespace junctor::engine
