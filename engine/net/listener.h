// Listening sockets: parsing, binding, accepting. Internal to engine/net.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "engine/net/server.h"
#include "engine/net/timer_wheel.h"
#include "engine/net/transport.h"

namespace junctor::net {

struct BoundSockets {
  std::vector<int> fds;  // listening, one per worker, all on the same port
  std::string address;   // "127.0.0.1:8787"
  uint16_t port = 0;
};

// Binds `count` sockets to `endpoint`. An address in use is one error that names it, also when
// another process shares its port with SO_REUSEPORT as our own workers do.
absl::StatusOr<BoundSockets> BindAll(const ListenEndpoint& endpoint, size_t count);

// "host:port", with brackets around an IPv6 host.
std::string JoinHostPort(std::string_view host, uint16_t port);

// Accepts on one loop. Used on its thread.
class Listener final : public Channel {
 public:
  using OnAccept = std::function<void(int fd, std::string remote_address)>;

  // Takes ownership of `fd`.
  Listener(EventLoop& loop, int fd, OnAccept on_accept);
  // Takes what waits in the backlog.
  void AcceptAll();

 private:
  void OnUnawaitedEvent() override { AcceptAll(); }

  OnAccept on_accept_;
  Timer retry_;  // when the process is out of descriptors
};

}  // namespace junctor::net
