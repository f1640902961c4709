// What happens in a simulated run, drawn from a seed before it begins: parts of it can be left out,
// and the rest happens all the same.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "engine/directory/directory.h"
#include "tests/simulation/network.h"
#include "tests/simulation/provider.h"
#include "tests/simulation/scheduler.h"

namespace junctor::simulation {

// One request of one caller.
struct RequestPlan {
  uint64_t number = 0;
  Time arrival = 0;
  size_t gateway = 0;
  size_t caller = 0;
  size_t route = 0;
  uint64_t body_bytes = 0;
  std::optional<uint64_t> max_tokens;
  std::optional<Time> leaves_after;  // the caller's patience
  uint64_t seed = 0;
};

// Something that goes wrong, or that an operator does.
struct FaultPlan {
  enum class Kind : uint8_t {
    kDeploy,        // a route's next revision, on one gateway after the other
    kCrash,         // of a gateway
    kStoreAway,     // for `length`
    kStoreRestart,  // loses what is not on its disk
    kStoreClock,    // its clock is set: by `length`, back for every second seed
    kReset,         // an operator resets a key
    kGrant,         // an operator grants a key more
  };
  Kind kind = Kind::kDeploy;
  Time at = 0;
  Time length = 0;
  size_t gateway = 0;
  size_t route = 0;
  size_t revision = 0;
  uint64_t seed = 0;
};

struct Plan {
  uint64_t seed = 0;
  Time begin = 0;
  bool is_shared = false;  // one store for all gateways, otherwise each has its own
  size_t gateways = 1;
  NetworkFaults network;
  ProviderFaults providers;
  Time hold_lease = 0;
  size_t max_windows = 0;  // that a gateway's own store keeps; 0: more than there are
  std::vector<std::vector<std::string>> routes;  // the text of each revision of each route
  std::vector<std::string> callers;              // metadata headers
  engine::GatewayView gateway;                   // its rate limit and spend rules
  std::vector<RequestPlan> requests;
  std::vector<FaultPlan> faults;
};

// The plan of a seed. The same seed gives the same plan.
Plan MakePlan(uint64_t seed, size_t requests);

}  // namespace junctor::simulation
