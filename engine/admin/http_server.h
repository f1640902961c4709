// cpp-httplib's server with connections of our own: bounded heads, idle connections that hold no
// thread, and a close that lets the other side read the last answer. Internal to engine/admin.
#pragma once

#include <httplib.h>

#include <atomic>
#include <cstddef>

#include "engine/admin/idle_connections.h"

namespace junctor::engine {

// Threads that serve: each request holds one from its first byte to the end of its answer.
inline constexpr size_t kAdminThreads = 64;

class HttpServer : public httplib::Server {
 public:
  HttpServer();

  // Lets more connections wait to be accepted than the library does, whose five make clients that
  // come together wait for a second. Called once the server is bound.
  void WidenBacklog();

  // Ends every connection as soon as its request is answered, and takes no more. Called once the
  // server runs, from another thread.
  void StopSoon();

 private:
  // Of a new connection.
  bool process_and_close_socket(socket_t socket) override;

  // Answers the requests that have come on a connection, on a thread of the pool.
  void Serve(socket_t socket, size_t answered);

  std::atomic<bool> stopping_ = false;
  httplib::TaskQueue* pool_ = nullptr;  // the library's, from the beginning of listening to its end
  IdleConnections idle_;
};

}  // namespace junctor::engine
