// Connections between two requests: watched by one thread, so that they hold none of those that
// serve. Internal to engine/admin.
#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

namespace junctor::engine {

// Thread-safe.
class IdleConnections {
 public:
  // A connection to serve: its socket, and how many requests of it were answered.
  using Ready = std::function<void(int socket, size_t answered)>;

  // Connections that are watched at once; for one more, the one that idles longest is closed.
  static constexpr size_t kMaxConnections = 4096;

  // One that says nothing for `most` is closed. `ready` is called on the watching thread, and owns
  // the socket from then on.
  IdleConnections(std::chrono::milliseconds most, Ready ready);
  ~IdleConnections();
  IdleConnections(const IdleConnections&) = delete;
  IdleConnections& operator=(const IdleConnections&) = delete;

  // Takes the socket over. Closes it where the watching has stopped.
  void Watch(int socket, size_t answered);
  // Closes all of them, and calls nobody any more.
  void Stop();

 private:
  using Clock = std::chrono::steady_clock;
  struct Connection {
    int socket = -1;
    size_t answered = 0;
    Clock::time_point end;
  };

  void Run();
  void Wake() const;

  const std::chrono::milliseconds most_;
  const Ready ready_;
  int wake_fd_ = -1;
  std::mutex mutex_;
  bool stopping_ = false;            // guarded by mutex_
  std::vector<Connection> arrived_;  // guarded by mutex_: not watched yet
  std::thread thread_;
};

}  // namespace junctor::engine
