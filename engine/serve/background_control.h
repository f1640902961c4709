// The data plane's questions to the control plane, answered on a thread of their own: the control
// plane waits for the disk, and event loops must not.
#pragma once

#include <condition_variable>
#include <functional>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "absl/status/status.h"
#include "engine/gateway/control_hooks.h"

namespace junctor::engine {

// Thread-safe. Requests that wait at the same time share one answer. To be destroyed before the
// event loops of those who wait.
class BackgroundControl final : public ControlHooks {
 public:
  // Both are called on other threads, `ensure` on one at a time, for as long as this object lives.
  BackgroundControl(std::function<absl::Status()> ensure,
                    std::function<std::vector<std::string>()> troubles);
  // Waits for the call that runs; who still waits is told that it was cancelled.
  ~BackgroundControl() override;

  void EnsureDefaultGateway(std::function<void(absl::Status)> done) override;
  std::vector<std::string> Troubles() const override { return troubles_(); }

 private:
  void Run();

  const std::function<absl::Status()> ensure_;
  const std::function<std::vector<std::string>()> troubles_;
  std::mutex mutex_;
  std::condition_variable changed_;
  bool stopping_ = false;                                   // guarded by mutex_
  std::vector<std::function<void(absl::Status)>> waiting_;  // guarded by mutex_
  std::thread thread_;
};

}  // namespace junctor::engine
