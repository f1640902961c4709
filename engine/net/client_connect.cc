// Connecting to an upstream: name, TCP to each of its addresses in turn, TLS.
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <sys/socket.h>

#include <algorithm>
#include <boost/asio/ip/tcp.hpp>
#include <cerrno>
#include <system_error>

#include "engine/net/client_connection.h"

namespace junctor::net {
namespace {

std::string TimeoutText(std::chrono::milliseconds timeout) {
  return "no connection within " + std::to_string(timeout.count()) + " ms";
}

}  // namespace

Awaitable<void> ClientConnection::WaitUntil(uint8_t want, TimePoint deadline) {
  timed_out_ = false;
  loop_.wheel().Schedule(timer_, std::min(deadline, deadline_));
  return WaitReady(want);
}

Awaitable<std::optional<NetError>> ClientConnection::Connect(std::chrono::milliseconds timeout) {
  const TimePoint start = loop_.now();
  const TimePoint deadline = start + timeout;
  const auto over = [&]() -> Failure {
    if (cancelled_) return Interrupted();
    if (loop_.now() >= deadline_) {
      return Error(NetErrorKind::kTimeout, "no answer before the deadline");
    }
    if (loop_.now() >= deadline) return Error(NetErrorKind::kConnect, TimeoutText(timeout));
    return std::nullopt;
  };
  if (Failure failure = over()) co_return failure;

  const std::shared_ptr<DnsAnswer> answer = pool_.dns.Look(host_.upstream.host);
  while (answer->pending) {
    answer->waiters.push_back(&waiter_);
    co_await WaitUntil(0, deadline);
    if (!answer->pending) break;
    std::erase(answer->waiters, &waiter_);
    if (Failure failure = over()) co_return failure;
  }
  if (answer->addresses.empty()) {
    co_return Error(NetErrorKind::kConnect, "the name cannot be resolved: " + answer->error);
  }

  std::string cause;
  const std::vector<boost::asio::ip::address> addresses = answer->addresses;
  for (size_t i = 0; i < addresses.size() && fd_ < 0; ++i) {
    // Each address gets its share of the time that is left.
    const auto share = (deadline - loop_.now()) / static_cast<int>(addresses.size() - i);
    const TimePoint until = loop_.now() + share;
    Failure failure = co_await ConnectSocket(addresses[i], until, cause);
    if (failure) co_return failure;
    if (fd_ >= 0) break;
    if (Failure failed = over()) co_return failed;
  }
  if (fd_ < 0) co_return Error(NetErrorKind::kConnect, cause);

  if (host_.upstream.tls) {
    Failure failure = co_await Handshake(deadline, timeout);
    if (failure) co_return failure;
  }
  SetDeadline(deadline_);
  co_return std::nullopt;
}

// On success fd() is open. A failure that another address may not share is left in `cause`.
Awaitable<std::optional<NetError>> ClientConnection::ConnectSocket(
    const boost::asio::ip::address& address, TimePoint deadline, std::string& cause) {
  const boost::asio::ip::tcp::endpoint endpoint(address, host_.upstream.port);
  const int fd =
      ::socket(endpoint.protocol().family(), SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  const auto fail = [&](int error) { cause = std::generic_category().message(error); };
  if (fd < 0) {
    fail(errno);
    co_return std::nullopt;
  }
  const int on = 1;
  ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
  const int connected = ::connect(fd, endpoint.data(), static_cast<socklen_t>(endpoint.size()));
  const int connect_error = connected == 0 ? 0 : errno;
  // Registered after connect(): an unconnected socket would report a hang-up.
  if (!Open(fd)) {
    fail(errno);
    co_return std::nullopt;
  }
  if (connect_error != 0 && connect_error != EINPROGRESS) {
    fail(connect_error);
    CloseFd();
    co_return std::nullopt;
  }
  if (connect_error == EINPROGRESS) {
    writable_ = false;
    while (!writable_ && !hung_up_) {
      co_await WaitUntil(kWrite, deadline);
      if (cancelled_) co_return Interrupted();
      if (timed_out_ && !writable_) {
        cause = "no connection in time";
        CloseFd();
        co_return std::nullopt;
      }
    }
    int error = 0;
    socklen_t size = sizeof(error);
    ::getsockopt(fd_, SOL_SOCKET, SO_ERROR, &error, &size);
    if (error != 0) {
      fail(error);
      CloseFd();
    }
  }
  co_return std::nullopt;
}

Awaitable<std::optional<NetError>> ClientConnection::Handshake(TimePoint deadline,
                                                               std::chrono::milliseconds timeout) {
  if (pool_.tls == nullptr) co_return Error(NetErrorKind::kConnect, "TLS is not set up");
  SetTls(NewTlsClient(*pool_.tls, fd_, host_.upstream.host, host_.tls_session));
  if (tls() == nullptr) {
    co_return Error(NetErrorKind::kConnect, "TLS: " + TlsErrorText("out of memory"));
  }
  while (true) {
    ERR_clear_error();
    errno = 0;
    const int done = SSL_connect(tls());
    if (done == 1) co_return std::nullopt;
    const int error = SSL_get_error(tls(), done);
    if (error != SSL_ERROR_WANT_READ && error != SSL_ERROR_WANT_WRITE) {
      const long verdict = SSL_get_verify_result(tls());
      std::string cause = "TLS handshake failed: ";
      if (verdict != X509_V_OK) {
        cause += "certificate refused: ";
        cause += X509_verify_cert_error_string(verdict);
        ERR_clear_error();
      } else if (error == SSL_ERROR_SYSCALL && errno != 0) {
        cause += std::generic_category().message(errno);
      } else {
        cause += TlsErrorText("the connection was closed");
      }
      co_return Error(NetErrorKind::kConnect, cause);
    }
    const uint8_t want = error == SSL_ERROR_WANT_READ ? kRead : kWrite;
    (want == kRead ? readable_ : writable_) = false;
    co_await WaitUntil(want, deadline);
    if (cancelled_) co_return Interrupted();
    if (timed_out_) {
      if (loop_.now() >= deadline_) co_return Interrupted();
      co_return Error(NetErrorKind::kConnect, TimeoutText(timeout) + " (TLS handshake)");
    }
  }
}

}  // namespace junctor::net
