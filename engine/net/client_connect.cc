// Connecting to an upstream: name, TCP to whichever of its addresses answers first, the proxy's
// tunnel, TLS.
#include <openssl/err.h>
#include <openssl/ssl.h>

#include <algorithm>
#include <cerrno>
#include <system_error>

#include "engine/net/client_connection.h"
#include "engine/net/connect_race.h"
#include "engine/net/public_address.h"

namespace junctor::net {
namespace {

// How much of a proxy's reason for refusing is repeated.
constexpr size_t kMaxReasonBytes = 100;
const char kRefusedTarget[] = "this is no address that may be connected to: ";

}  // namespace

Awaitable<void> ClientConnection::WaitUntil(uint8_t want, TimePoint deadline) {
  timed_out_ = false;
  loop_.wheel().Schedule(timer_, std::min(deadline, deadline_));
  return WaitReady(want);
}

ClientConnection::Failure ClientConnection::ConnectOver(TimePoint deadline,
                                                        std::chrono::milliseconds timeout) const {
  if (cancelled_) return Interrupted();
  if (loop_.now() >= deadline_) {
    return Error(NetErrorKind::kTimeout, "no answer before the deadline");
  }
  if (loop_.now() < deadline) return std::nullopt;
  return Error(NetErrorKind::kConnect,
               "no connection within " + std::to_string(timeout.count()) + " ms");
}

Awaitable<std::optional<NetError>> ClientConnection::Connect(std::chrono::milliseconds timeout) {
  const TimePoint deadline = loop_.now() + timeout;
  if (Failure failure = ConnectOver(deadline, timeout)) co_return failure;
  std::vector<boost::asio::ip::address> addresses;
  Failure failure = co_await FindAddresses(addresses, deadline, timeout);
  if (failure) co_return failure;
  failure = co_await ConnectSocket(addresses, deadline, timeout);
  if (failure) co_return failure;
  if (!host_.connect_request.empty()) {
    failure = co_await OpenTunnel(deadline, timeout);
    if (failure) co_return failure;
  }
  if (host_.upstream.tls) {
    failure = co_await Handshake(deadline, timeout);
    if (failure) co_return failure;
  }
  SetDeadline(deadline_);
  co_return std::nullopt;
}

ClientConnection::Failure ClientConnection::CheckAddresses(
    std::vector<boost::asio::ip::address>& addresses) const {
  if (!host_.upstream.public_only) return std::nullopt;
  const PrivateTargets none;
  const PrivateTargets& allowed =
      pool_.options.private_targets == nullptr ? none : *pool_.options.private_targets;
  const std::string& name = host_.upstream.host;
  if (host_.proxy != nullptr) {
    // The proxy resolves the name, and decides for itself what it connects to. An address is known
    // here already.
    boost::system::error_code not_numeric;
    const boost::asio::ip::address numeric = boost::asio::ip::make_address(name, not_numeric);
    if (not_numeric || allowed.Allows(name, numeric)) return std::nullopt;
    return Error(NetErrorKind::kConnect, kRefusedTarget + numeric.to_string());
  }
  const std::string first = addresses.front().to_string();
  std::erase_if(addresses, [&](const boost::asio::ip::address& address) {
    return !allowed.Allows(name, address);
  });
  if (!addresses.empty()) return std::nullopt;
  return Error(NetErrorKind::kConnect, kRefusedTarget + first);
}

Awaitable<std::optional<NetError>> ClientConnection::FindAddresses(
    std::vector<boost::asio::ip::address>& addresses, TimePoint deadline,
    std::chrono::milliseconds timeout) {
  const std::shared_ptr<DnsAnswer> answer = pool_.dns.Look(host_.connect_host());
  while (answer->pending) {
    answer->waiters.push_back(&waiter_);
    co_await WaitUntil(0, deadline);
    if (!answer->pending) break;
    std::erase(answer->waiters, &waiter_);
    if (Failure failure = ConnectOver(deadline, timeout)) co_return failure;
  }
  if (answer->addresses.empty()) {
    const std::string whose = host_.proxy == nullptr ? "the name" : "the proxy's name";
    co_return Error(NetErrorKind::kConnect, whose + " cannot be resolved: " + answer->error);
  }
  addresses = answer->addresses;
  co_return CheckAddresses(addresses);
}

Awaitable<std::optional<NetError>> ClientConnection::ConnectSocket(
    const std::vector<boost::asio::ip::address>& addresses, TimePoint deadline,
    std::chrono::milliseconds timeout) {
  ConnectRace race(loop_, InterleaveFamilies(addresses), host_.connect_port(),
                   [this] { waiter_.ResumeLater(loop_.executor()); });
  race.Start();
  while (!race.finished()) {
    co_await WaitUntil(0, deadline);
    if (race.finished()) break;
    if (Failure failure = ConnectOver(deadline, timeout)) co_return failure;
  }
  const int fd = race.TakeWinner();
  if (fd < 0) co_return Error(NetErrorKind::kConnect, race.cause());
  if (!Open(fd)) co_return Error(NetErrorKind::kConnect, std::generic_category().message(errno));
  co_return std::nullopt;
}

Awaitable<std::optional<NetError>> ClientConnection::OpenTunnel(TimePoint deadline,
                                                                std::chrono::milliseconds timeout) {
  // Like the answer to HEAD, one to CONNECT has no body that belongs to it.
  BeginExchange("HEAD ");
  gather_.Add(host_.connect_request.data(), host_.connect_request.size());
  while (true) {
    const IoResult written = TryWrite(gather_);
    if (written.state == IoState::kError) readable_ = true;  // the answer may have come before
    Failure failure;
    const bool answered = StepHead(failure);
    if (failure) {
      failure->kind = NetErrorKind::kConnect;
      co_return failure;
    }
    if (answered) break;
    if (written.state == IoState::kError) co_return Error(NetErrorKind::kConnect, io_error());
    co_await WaitUntil(gather_.empty() ? kRead : kRead | kWrite, deadline);
    if (Failure over = ConnectOver(deadline, timeout)) co_return over;
  }
  if (head_.status / 100 != 2) {
    co_return Error(NetErrorKind::kConnect,
                    "the proxy refused CONNECT: " + std::to_string(head_.status) + " " +
                        std::string(head_.reason.substr(0, kMaxReasonBytes)));
  }
  if (!buffer_.empty()) {
    co_return Error(NetErrorKind::kConnect, "the proxy sent bytes before the tunnel was used");
  }
  any_byte_received_ = false;
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
    if (Failure over = ConnectOver(deadline, timeout)) {
      if (over->kind == NetErrorKind::kConnect) over->message += " (TLS handshake)";
      co_return over;
    }
  }
}

}  // namespace junctor::net
