// The gateway as a whole: everything that serves is made here, wired together, and taken down in
// order.
#pragma once

#include "absl/status/status.h"
#include "engine/config/config.h"

namespace junctor::engine {

// Serves until SIGTERM or SIGINT, then drains: no new connections, running requests finish within
// the configuration's shutdown timeout. SIGHUP reads the routes again and opens the log file anew.
// Returns an error of one line when it can't start. Blocks the calling thread, and takes those
// three signals over for the process.
absl::Status Serve(const Config& config);

}  // namespace junctor::engine
