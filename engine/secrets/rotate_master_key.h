// Changes the master key of everything that is stored.
#pragma once

#include <cstdint>

#include "absl/status/statusor.h"
#include "engine/secrets/master_keys.h"
#include "engine/store/control_store.h"

namespace junctor::engine {

// Seals every stored secret under `keys.active()`; `keys` holds the keys that they are sealed with
// now, too (MasterKeys::Joined). One transaction: all of them change or none, so that it can be run
// again after whatever went wrong. Gateways that run meanwhile need both keys until it is done: the
// new key first in their files, then this, then the old one taken away. Returns how many secrets
// changed; FailedPrecondition where a key is missing, DataLoss for a secret that was damaged.
absl::StatusOr<int64_t> RotateMasterKey(ControlStore* store, const MasterKeys& keys);

}  // namespace junctor::engine
