// Which version of which route serves a request.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>

#include "engine/directory/route_deployment.h"
#include "engine/gateway/gateway_scope.h"
#include "runtime/program/field.h"
#include "runtime/program/program.h"
#include "runtime/registry/registry.h"
#include "runtime/request/request.h"

namespace junctor::engine {

// A route as it is deployed.
struct ChosenRoute {
  std::shared_ptr<const Program> program;  // null: there is no such route
  uint64_t version = 0;
  std::shared_ptr<const RouteDeployment> deployment;  // null: it comes from a file
};

// The route `name` of the request's gateway, or else the file's of that name. Without a control
// plane all routes are files'.
ChosenRoute FindRoute(RegistryReader* routes, const GatewayScope& scope, std::string_view name);

// Calls visit(name) for each route that the gateway serves, in no order.
template <typename Visit>
void ForEachRoute(const RouteTable& routes, const GatewayScope& scope, Visit&& visit) {
  const std::string prefix = RegistryName(scope.id, {});
  routes.ForEach([&](std::string_view name, const RouteEntry& entry) {
    if (entry.attachment == nullptr) {
      visit(name);
    } else if (name.starts_with(prefix)) {
      visit(name.substr(prefix.size()));
    }
  });
}

// The field by which the gradual deployment's share sticks; none: every request draws.
std::optional<Field> GradualKey(const RouteDeployment& deployment);

// Whether a request falls into the gradual deployment's share. By `key` (may be null) the same
// value gets the same answer on every machine, and a greater share of the same version keeps those
// who have it, as in a percentage element (R13). Without a value of it, `draw`, a uniform number,
// decides.
bool FallsIntoShare(const RouteDeployment& deployment, const Field* key, const Request& request,
                    uint64_t draw);

}  // namespace junctor::engine
