// Every endpoint of the admin API, once: the server dispatches by it, and the OpenAPI document is
// held against it.
#pragma once

#include <span>
#include <string_view>
#include <vector>

#include "engine/admin/admin_request.h"
#include "engine/control/control_plane.h"
#include "engine/directory/access_token.h"

namespace junctor::engine {

// Handlers are thread-safe functions.
using AdminHandler = AdminAnswer (*)(ControlPlane& control, const AdminRequest& request);

struct AdminEndpoint {
  std::string_view method;
  // Below /client/v4, with placeholders: "/accounts/{account_id}/ai-gateway/gateways/{gateway_id}".
  // `{account_id}` and then, in order, AdminRequest::values.
  std::string_view pattern;
  Permission permission;
  AdminHandler handler;
};

// The tables of each resource, in the files named after them, and all of them together.
std::span<const AdminEndpoint> GatewayEndpoints();
std::span<const AdminEndpoint> RouteEndpoints();
std::span<const AdminEndpoint> LimitEndpoints();
std::span<const AdminEndpoint> CustomProviderEndpoints();
std::span<const AdminEndpoint> ProviderConfigEndpoints();
std::span<const AdminEndpoint> TokenEndpoints();
std::span<const AdminEndpoint> AuditEndpoints();
std::vector<AdminEndpoint> AllAdminEndpoints();

}  // namespace junctor::engine
