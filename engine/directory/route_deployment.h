// What serves beside a route's live version. The control plane makes it, the data plane obeys it.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "runtime/program/program.h"

namespace junctor::engine {

// What serves beside a route's live version. Immutable; it is the RouteEntry's attachment of every
// route that comes from the store.
struct RouteDeployment {
  std::string route_id;
  std::string live_version_id;
  // Of a share of the requests; null: none.
  std::shared_ptr<const Program> gradual;
  std::string gradual_version_id;
  uint64_t gradual_version = 0;
  uint32_t gradual_millionths = 0;
  std::string gradual_key;  // the field that sticks; empty: each request for itself
  std::string gradual_deployment_id;
  // Decided for every request without a call; null: none.
  std::shared_ptr<const Program> shadow;
  std::string shadow_version_id;
  uint64_t shadow_version = 0;
  std::string shadow_deployment_id;
};

// The name under which the registry knows a stored route; one from a file is known by its name.
inline std::string RegistryName(std::string_view gateway_id, std::string_view route_name) {
  std::string name(gateway_id);
  name.append("/").append(route_name);
  return name;
}

}  // namespace junctor::engine
