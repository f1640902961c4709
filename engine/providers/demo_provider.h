// The built-in `demo` provider: answers inside the process, without an account, the same for the
// same request.
#pragma once

#include <memory>

#include "engine/net/event_loop.h"
#include "engine/providers/provider.h"

namespace junctor::engine {

// Models: `echo` repeats the last user text; `fail-<status>` answers with that error; `slow-<n>ms`
// answers after n ms; `stall` sends half of its answer and then nothing; `break` sends half and
// cuts the connection. An unknown model is a 404 that lists them.
class DemoProvider final : public Provider {
 public:
  explicit DemoProvider(net::EventLoop* loop) : loop_(loop) {}
  absl::StatusOr<std::unique_ptr<PreparedRequest>> Prepare(const ModelRequest& request) override;

 private:
  net::EventLoop* loop_;
};

}  // namespace junctor::engine
