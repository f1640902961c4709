#include "engine/admin/admin_endpoints.h"

namespace junctor::engine {

std::vector<AdminEndpoint> AllAdminEndpoints() {
  std::vector<AdminEndpoint> all;
  for (const std::span<const AdminEndpoint> table :
       {GatewayEndpoints(), RouteEndpoints(), LimitEndpoints(), CustomProviderEndpoints(),
        ProviderConfigEndpoints(), TokenEndpoints(), AuditEndpoints()}) {
    all.insert(all.end(), table.begin(), table.end());
  }
  return all;
}

}  // namespace junctor::engine
