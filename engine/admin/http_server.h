// cpp-httplib's server with connections of our own: bounded heads, an end to idling at a stop, and
// a close that lets the other side read the last answer. Internal to engine/admin.
#pragma once

#include <httplib.h>

#include <atomic>
#include <mutex>
#include <set>

namespace junctor::engine {

// Threads that serve: each connection holds one while it is kept alive; the API's own work is
// short.
inline constexpr size_t kAdminThreads = 64;

class HttpServer : public httplib::Server {
 public:
  HttpServer();

  // Ends every connection as soon as its request is answered, and takes no more. Called once the
  // server runs, from another thread.
  void StopSoon();

 private:
  bool process_and_close_socket(socket_t socket) override;

  // Waits for the next request of a connection; false: it is over.
  bool AwaitRequest(socket_t socket);

  std::atomic<bool> stopping_ = false;
  std::atomic<int> waiting_ = 0;  // connections that no thread serves yet
  std::mutex mutex_;
  std::set<socket_t> idle_;  // guarded by mutex_: connections between two requests
};

}  // namespace junctor::engine
