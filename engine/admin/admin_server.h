// The admin API's listener: HTTP by cpp-httplib, on threads of its own.
#pragma once

#include <memory>
#include <string>

#include "absl/status/status.h"
#include "engine/config/base_url.h"
#include "engine/control/control_plane.h"
#include "engine/observe/log.h"

namespace junctor::engine {

// Longest body that is read: far more than a route of 100,000 elements needs.
inline constexpr size_t kMaxAdminBodyBytes = 64 * 1024 * 1024;

// Serves /client/v4/…, /openapi.json and /health.
class AdminServer {
 public:
  // What is given outlives the server.
  AdminServer(const ListenAddress& listen, ControlPlane* control, Log* log);
  ~AdminServer();  // stops

  // Binds and begins to serve. Unavailable, naming the address, where it can't be bound.
  absl::Status Start();
  // Lets running requests finish, then returns.
  void Stop();

  // host:port as bound.
  std::string address() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace junctor::engine
