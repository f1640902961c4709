// Puts the store's routes live: stored programs into the registry, compiled anew where this junctor
// has another bytecode.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "engine/config/config.h"
#include "engine/observe/log.h"
#include "engine/store/control_store.h"
#include "runtime/program/program.h"
#include "runtime/registry/registry.h"

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
  std::string shadow_deployment_id;
};

// The name under which the registry knows a stored route; one from a file is known by its name.
std::string RegistryName(std::string_view gateway_id, std::string_view route_name);

// Used under the control plane's lock.
class RouteLoader {
 public:
  // What is given outlives the loader.
  RouteLoader(const Config* config, ControlStore* store, Registry* registry, Log* log);

  // Puts every stored route live, in one swap.
  absl::Status LoadAll();

  // Puts live what the store says of these routes now, in one swap; a route that is gone is taken
  // out. A version that can't be loaded leaves what serves serving, loudly (R35).
  absl::Status Load(const std::vector<std::string>& route_ids);

  // Routes whose deployed version does not serve, and why.
  std::vector<std::string> Troubles() const;

 private:
  const Config* const config_;
  ControlStore* const store_;
  Registry* const registry_;
  Log* const log_;
};

}  // namespace junctor::engine
