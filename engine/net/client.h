// The HTTP/1.1 client: pooled upstream connections of one event loop, plain and TLS.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "engine/net/awaitable.h"
#include "engine/net/body_source.h"
#include "engine/net/cancel.h"
#include "engine/net/event_loop.h"
#include "engine/net/http_types.h"
#include "engine/net/net_error.h"

namespace junctor::net {

struct Upstream {
  std::string host;  // a name or a numeric address, IPv6 without brackets
  uint16_t port = 80;
  bool tls = false;
  // Whoever named the host is not trusted: addresses that are private, loopback or link-local are
  // refused, but for PoolOptions::private_targets. Its connections serve no other upstream.
  bool public_only = false;

  bool operator==(const Upstream&) const = default;
};

// What verifies upstream certificates. Immutable, shared by all loops; thread-safe.
class TlsClientContext {
 public:
  // Trusts the system's store, and the certificates of `ca_file` (PEM; "" for none). A file that
  // can't be used is an error that names it.
  static absl::StatusOr<std::shared_ptr<const TlsClientContext>> Create(const std::string& ca_file);
  ~TlsClientContext();

  struct Impl;
  const Impl& impl() const { return *impl_; }

 private:
  explicit TlsClientContext(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

class ClientConnection;
class PrivateTargets;
class ProxySettings;

// One request's answer: the head, read already, and the body as it comes. Used on its loop's thread
// only. Destroying it gives the connection back to the pool when the body was read to its end and
// keep-alive is allowed, and closes it otherwise. Must not outlive its pool.
class ClientExchange {
 public:
  explicit ClientExchange(std::unique_ptr<ClientConnection> connection);
  ClientExchange(const ClientExchange&) = delete;
  ClientExchange& operator=(const ClientExchange&) = delete;
  ~ClientExchange();

  const ResponseHead& head() const;

  // The next bytes of the body, chunk framing removed; everything that has arrived, up to a buffer
  // of 16 KiB. Empty: the body ended as its framing says. kReset: it broke off before. The view is
  // valid until the next call. Bytes that are here already are returned without suspending. Not
  // read from the socket while nobody calls: back-pressure.
  Awaitable<NetResult<std::string_view>> ReadSome();
  // What ReadSome() would return without waiting (reads from the socket, never blocks); null when
  // it would wait.
  std::optional<NetResult<std::string_view>> TryReadSome();
  // True once the end of the body was reached as the framing says.
  bool ended() const;

  // From now on a ReadSome() that has not returned by `deadline` returns kTimeout. Replaces the
  // deadline of Send().
  void SetDeadline(TimePoint deadline);
  void ClearDeadline();
  // Makes a running or later ReadSome() return kCancelled; the connection will not be reused.
  void Cancel();

  // True when the request went out on a connection that had served before.
  bool reused_connection() const;

 private:
  std::unique_ptr<ClientConnection> connection_;
};

struct SendOptions {
  // Until the connection stands (name, TCP, TLS).
  std::chrono::milliseconds connect_timeout{10'000};
  // For everything up to the response head, and on, until ClientExchange::SetDeadline.
  TimePoint deadline = TimePoint::max();
  // May be null; must outlive the exchange or be destroyed on the same thread. Fires kCancelled, in
  // Send() and in ReadSome().
  CancelSignal* cancel = nullptr;
  // For a body from a BodySource: how long the upstream may take no byte of it (kTimeout).
  std::chrono::milliseconds upload_stall_timeout{60'000};
  // For a body from a BodySource, which may take any time: from its last byte sent to the response
  // head (kTimeout). 0: until `deadline`.
  std::chrono::milliseconds answer_timeout{0};
};

struct PoolOptions {
  size_t max_connections_per_host = 16'384;  // open at once to one Upstream from this pool
  // Requests that wait, oldest first, because that many are open; a further one is kConnect.
  size_t max_waiting_per_host = 1024;
  size_t max_idle_per_host = 256;
  std::chrono::milliseconds idle_timeout{60'000};
  size_t max_response_header_bytes = 64 * 1024;
  size_t max_response_headers = 200;
  // Through which proxies upstreams are reached; null: none.
  std::shared_ptr<const ProxySettings> proxies;
  // What Upstream::public_only may reach all the same; null: nothing.
  std::shared_ptr<const PrivateTargets> private_targets;
  // The name servers to ask, "address:port,…"; empty: the system's.
  std::string dns_servers;
};

// The upstream connections of one event loop; used on its thread only. Every exchange must be
// destroyed before it.
class ConnectionPool {
 public:
  // `tls` may be null when no upstream uses TLS (one that does is then kConnect).
  ConnectionPool(EventLoop& loop, PoolOptions options, std::shared_ptr<const TlsClientContext> tls);
  ConnectionPool(const ConnectionPool&) = delete;
  ConnectionPool& operator=(const ConnectionPool&) = delete;
  ~ConnectionPool();

  // Sends a request and reads the response head (1xx skipped). `head` is the ready-made head, from
  // the request line to the empty line, Content-Length included; `body` goes out in the same
  // gathered write, uncopied. `upstream`, `head`, the span and all its views must stay valid until
  // Send() returns. A kept connection that turns out closed before any byte of an answer is
  // replaced by a fresh one once, unseen. An answer that comes before the request has gone out
  // whole is taken, and the rest not sent.
  Awaitable<NetResult<std::unique_ptr<ClientExchange>>> Send(const Upstream& upstream,
                                                             std::string_view head,
                                                             std::span<const std::string_view> body,
                                                             SendOptions options);

  // The same with a body that comes piece by piece. `head` is without Content-Length,
  // Transfer-Encoding and Expect: the framing is written here, as body.content_length() says
  // (null: chunked). The body's first piece goes out together with the head; each further one is
  // read when the one before is with the socket. A failure of `body` is returned as it is. One
  // that ends before its length is kReset, one that goes beyond it kProtocol. An answer that comes
  // before the end of the body interrupts its reading and is taken; the connection is closed after
  // it. Kept connections are used for bodies that are whole in their first piece, and a stale one
  // is replaced unseen; other bodies get a fresh connection.
  Awaitable<NetResult<std::unique_ptr<ClientExchange>>> Send(const Upstream& upstream,
                                                             std::string_view head,
                                                             BodySource& body, SendOptions options);

  size_t idle_count() const;
  size_t open_count() const;
  void CloseIdle();

  struct Impl;

 private:
  std::unique_ptr<Impl> impl_;
};

}  // namespace junctor::net
