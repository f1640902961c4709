#include "engine/admin/idle_connections.h"

#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <cstdint>
#include <utility>

namespace junctor::engine {

IdleConnections::IdleConnections(std::chrono::milliseconds most, Ready ready)
    : most_(most), ready_(std::move(ready)), wake_fd_(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
  thread_ = std::thread([this] { Run(); });
}

IdleConnections::~IdleConnections() {
  Stop();
  if (wake_fd_ >= 0) close(wake_fd_);
}

void IdleConnections::Wake() const {
  const uint64_t one = 1;
  // It fails where it was woken so often already that the number is full.
  [[maybe_unused]] const ssize_t written = write(wake_fd_, &one, sizeof(one));
}

void IdleConnections::Watch(int socket, size_t answered) {
  {
    const std::lock_guard lock(mutex_);
    if (!stopping_) {
      arrived_.push_back({socket, answered, Clock::now() + most_});
      socket = -1;
    }
  }
  if (socket >= 0) {
    close(socket);
  } else {
    Wake();
  }
}

void IdleConnections::Stop() {
  {
    const std::lock_guard lock(mutex_);
    if (stopping_) return;
    stopping_ = true;
  }
  Wake();
  thread_.join();
}

void IdleConnections::Run() {
  std::vector<Connection> watched;  // in the order of their ends
  std::vector<pollfd> entries;
  while (true) {
    bool stopping = false;
    {
      const std::lock_guard lock(mutex_);
      watched.insert(watched.end(), arrived_.begin(), arrived_.end());
      arrived_.clear();
      stopping = stopping_;
    }
    const Clock::time_point now = Clock::now();
    size_t over = 0;
    while (over < watched.size() &&
           (stopping || watched[over].end <= now || watched.size() - over > kMaxConnections)) {
      close(watched[over++].socket);
    }
    watched.erase(watched.begin(), watched.begin() + static_cast<std::ptrdiff_t>(over));
    if (stopping) return;

    entries.assign(1, pollfd{wake_fd_, POLLIN, 0});
    for (const Connection& one : watched) entries.push_back(pollfd{one.socket, POLLIN, 0});
    const auto rest = watched.empty()
                          ? most_
                          : std::chrono::ceil<std::chrono::milliseconds>(watched.front().end - now);
    if (poll(entries.data(), entries.size(), static_cast<int>(rest.count())) <= 0) continue;
    if (entries[0].revents != 0) {
      uint64_t count = 0;
      [[maybe_unused]] const ssize_t got = read(wake_fd_, &count, sizeof(count));
    }
    std::vector<Connection> still;
    still.reserve(watched.size());
    for (size_t i = 0; i < watched.size(); ++i) {
      if (entries[i + 1].revents == 0) {
        still.push_back(watched[i]);
      } else {
        ready_(watched[i].socket, watched[i].answered);
      }
    }
    watched = std::move(still);
  }
}

}  // namespace junctor::engine
