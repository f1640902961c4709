// What the data plane asks of the control plane, beyond what the directory tells it.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "absl/status/status.h"

namespace junctor::engine {

// Thread-safe. Outlived by the event loops of those who wait for an answer.
class ControlHooks {
 public:
  virtual ~ControlHooks() = default;

  // Creates the gateway `default`, where it is missing, and puts it live. Returns at once; `done`
  // is called once, on any thread, when that is so or can't be.
  virtual void EnsureDefaultGateway(std::function<void(absl::Status)> done) = 0;

  // What an operator should know, a sentence each; empty while all is well.
  virtual std::vector<std::string> Troubles() const = 0;
};

}  // namespace junctor::engine
