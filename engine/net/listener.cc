#include "engine/net/listener.h"

#include <arpa/inet.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <system_error>

namespace junctor::net {
namespace {

// As long as the kernel allows (net.core.somaxconn cuts it).
constexpr int kBacklog = 4096;
constexpr std::chrono::milliseconds kAcceptRetry{100};

std::string ErrorText(int error) { return std::generic_category().message(error); }

std::string AddressText(const sockaddr_storage& address) {
  std::array<char, INET6_ADDRSTRLEN> text{};
  if (address.ss_family == AF_INET6) {
    const auto& v6 = reinterpret_cast<const sockaddr_in6&>(address);
    ::inet_ntop(AF_INET6, &v6.sin6_addr, text.data(), text.size());
  } else {
    const auto& v4 = reinterpret_cast<const sockaddr_in&>(address);
    ::inet_ntop(AF_INET, &v4.sin_addr, text.data(), text.size());
  }
  return text.data();
}

uint16_t PortOf(const sockaddr_storage& address) {
  return ntohs(address.ss_family == AF_INET6
                   ? reinterpret_cast<const sockaddr_in6&>(address).sin6_port
                   : reinterpret_cast<const sockaddr_in&>(address).sin_port);
}

void SetPort(sockaddr_storage& address, uint16_t port) {
  if (address.ss_family == AF_INET6) {
    reinterpret_cast<sockaddr_in6&>(address).sin6_port = htons(port);
  } else {
    reinterpret_cast<sockaddr_in&>(address).sin_port = htons(port);
  }
}

struct Address {
  sockaddr_storage storage{};
  socklen_t size = 0;
};

absl::StatusOr<Address> ResolveListenAddress(const ListenEndpoint& endpoint) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_PASSIVE | AI_NUMERICSERV;
  addrinfo* found = nullptr;
  const std::string port = std::to_string(endpoint.port);
  const int error = ::getaddrinfo(endpoint.host.c_str(), port.c_str(), &hints, &found);
  if (error != 0) {
    return absl::InvalidArgumentError("cannot listen on " +
                                      JoinHostPort(endpoint.host, endpoint.port) + ": " +
                                      ::gai_strerror(error));
  }
  Address address;
  std::memcpy(&address.storage, found->ai_addr, found->ai_addrlen);
  address.size = found->ai_addrlen;
  ::freeaddrinfo(found);
  return address;
}

// A bound socket, or -1 with errno set.
int BindSocket(const Address& address, bool share_port) {
  const int fd = ::socket(address.storage.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (fd < 0) return -1;
  const int on = 1;
  ::setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
  if (share_port) ::setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &on, sizeof(on));
  if (address.storage.ss_family == AF_INET6) {
    ::setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof(on));
  }
  // Accepted sockets inherit it.
  ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
  if (::bind(fd, reinterpret_cast<const sockaddr*>(&address.storage), address.size) == 0) return fd;
  const int error = errno;
  ::close(fd);
  errno = error;
  return -1;
}

}  // namespace

std::string JoinHostPort(std::string_view host, uint16_t port) {
  const bool v6 = host.find(':') != std::string_view::npos;
  std::string text = v6 ? "[" : "";
  text += host;
  if (v6) text += ']';
  return text + ":" + std::to_string(port);
}

absl::StatusOr<ListenEndpoint> ParseListenEndpoint(std::string_view text) {
  const auto bad = [&](std::string_view why) {
    return absl::InvalidArgumentError("listen address \"" + std::string(text) +
                                      "\": " + std::string(why) +
                                      "; expected host:port, such as 127.0.0.1:8787 or [::1]:8787");
  };
  const size_t colon = text.rfind(':');
  if (colon == std::string_view::npos) return bad("it has no port");
  std::string_view host = text.substr(0, colon);
  const std::string_view port = text.substr(colon + 1);
  if (host.size() >= 2 && host.front() == '[' && host.back() == ']') {
    host = host.substr(1, host.size() - 2);
  } else if (host.find(':') != std::string_view::npos) {
    return bad("an IPv6 host must stand in brackets");
  }
  if (host.empty()) return bad("it has no host");
  ListenEndpoint endpoint;
  endpoint.host = std::string(host);
  const char* end = port.data() + port.size();
  const auto parsed = std::from_chars(port.data(), end, endpoint.port);
  if (port.empty() || parsed.ec != std::errc() || parsed.ptr != end) {
    return bad("the port is not a number from 0 to 65535");
  }
  return endpoint;
}

absl::StatusOr<BoundSockets> BindAll(const ListenEndpoint& endpoint, size_t count) {
  absl::StatusOr<Address> address = ResolveListenAddress(endpoint);
  if (!address.ok()) return address.status();
  BoundSockets bound;
  const auto fail = [&](int error) {
    for (const int fd : bound.fds) ::close(fd);
    return absl::UnavailableError("cannot listen on " + JoinHostPort(endpoint.host, endpoint.port) +
                                  ": " + ErrorText(error));
  };
  if (endpoint.port != 0) {
    // Sharing would let a second server take half of the first one's connections unnoticed: ask for
    // the port alone first.
    const int probe = BindSocket(*address, false);
    if (probe < 0) return fail(errno);
    const bool taken = ::listen(probe, 1) != 0;
    const int error = errno;
    ::close(probe);
    if (taken) return fail(error);
  }
  for (size_t i = 0; i < count; ++i) {
    const int fd = BindSocket(*address, true);
    if (fd < 0) return fail(errno);
    bound.fds.push_back(fd);
    if (i == 0) {
      sockaddr_storage actual{};
      socklen_t size = sizeof(actual);
      ::getsockname(fd, reinterpret_cast<sockaddr*>(&actual), &size);
      bound.port = PortOf(actual);
      bound.address = JoinHostPort(AddressText(actual), bound.port);
      SetPort(address->storage, bound.port);
    }
  }
  for (const int fd : bound.fds) {
    if (::listen(fd, kBacklog) != 0) return fail(errno);
  }
  return bound;
}

Listener::Listener(EventLoop& loop, int fd, OnAccept on_accept)
    : Channel(loop), on_accept_(std::move(on_accept)), retry_([this] { AcceptAll(); }) {
  Open(fd);
}

void Listener::AcceptAll() {
  while (fd_ >= 0) {
    sockaddr_storage remote{};
    socklen_t size = sizeof(remote);
    const int fd =
        ::accept4(fd_, reinterpret_cast<sockaddr*>(&remote), &size, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (fd >= 0) {
      on_accept_(fd, AddressText(remote));
      continue;
    }
    if (errno == EINTR || errno == ECONNABORTED) continue;
    if (errno != EAGAIN && errno != EWOULDBLOCK) {
      // Out of descriptors or memory: the edge will not come again, so ask again ourselves.
      loop_.wheel().Schedule(retry_, loop_.now() + kAcceptRetry);
    }
    return;
  }
}

}  // namespace junctor::net
