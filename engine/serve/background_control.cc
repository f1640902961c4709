#include "engine/serve/background_control.h"

#include <utility>

namespace junctor::engine {

BackgroundControl::BackgroundControl(std::function<absl::Status()> ensure,
                                     std::function<std::vector<std::string>()> troubles)
    : ensure_(std::move(ensure)), troubles_(std::move(troubles)), thread_([this] { Run(); }) {}

BackgroundControl::~BackgroundControl() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  changed_.notify_one();
  thread_.join();
  for (const auto& done : waiting_) done(absl::CancelledError("the gateway is stopping"));
}

void BackgroundControl::EnsureDefaultGateway(std::function<void(absl::Status)> done) {
  {
    const std::lock_guard lock(mutex_);
    waiting_.push_back(std::move(done));
  }
  changed_.notify_one();
}

void BackgroundControl::Run() {
  std::unique_lock lock(mutex_);
  while (true) {
    changed_.wait(lock, [this] { return stopping_ || !waiting_.empty(); });
    if (stopping_) return;
    const std::vector<std::function<void(absl::Status)>> asked = std::exchange(waiting_, {});
    lock.unlock();
    const absl::Status status = ensure_();
    for (const auto& done : asked) done(status);
    lock.lock();
  }
}

}  // namespace junctor::engine
