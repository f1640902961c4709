// One connection to an upstream: connects, sends a request, reads its answer. Internal to
// engine/net; callers see it as a ClientExchange.
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <unordered_map>
#include <vector>

#include "engine/net/buffer_pool.h"
#include "engine/net/chunk_decoder.h"
#include "engine/net/client.h"
#include "engine/net/dns_cache.h"
#include "engine/net/head_parser.h"
#include "engine/net/timer_wheel.h"
#include "engine/net/tls_context.h"
#include "engine/net/transport.h"

namespace junctor::net {

// What a pool knows of one upstream.
struct UpstreamHost {
  Upstream upstream;
  std::string label;  // host:port, for messages
  size_t open_count = 0;
  std::vector<std::unique_ptr<ClientConnection>> idle;  // the newest last
  TlsSessionSlot tls_session;
};

struct ConnectionPool::Impl {
  struct UpstreamHash {
    size_t operator()(const Upstream& upstream) const {
      return std::hash<std::string>()(upstream.host) * 131 + upstream.port * 2u + upstream.tls;
    }
  };

  Impl(EventLoop& l, PoolOptions o, std::shared_ptr<const TlsClientContext> t)
      : loop(l), options(o), tls(std::move(t)), dns(l, o.dns_ttl) {}

  UpstreamHost& HostFor(const Upstream& upstream);
  std::unique_ptr<ClientConnection> TakeIdle(UpstreamHost& host);
  // Keeps the connection for reuse, or destroys it.
  void Release(std::unique_ptr<ClientConnection> connection);
  // Destroys an idle connection.
  void RemoveIdle(ClientConnection& connection);

  EventLoop& loop;
  const PoolOptions options;
  const std::shared_ptr<const TlsClientContext> tls;
  DnsCache dns;
  size_t open_count = 0;
  size_t idle_count = 0;
  std::unordered_map<Upstream, std::unique_ptr<UpstreamHost>, UpstreamHash> hosts;
};

// Used on the loop's thread.
class ClientConnection final : public Transport {
 public:
  ClientConnection(ConnectionPool::Impl& pool, UpstreamHost& host);
  ~ClientConnection() override;

  ConnectionPool::Impl& pool() const { return pool_; }
  UpstreamHost& host() const { return host_; }

  // Binds the connection to one request's deadline and cancellation, and frees it from them.
  void Begin(const SendOptions& options);
  void End();

  // Nothing, or why not.
  Awaitable<std::optional<NetError>> Connect(std::chrono::milliseconds timeout);
  Awaitable<std::optional<NetError>> RoundTrip(std::string_view head,
                                               std::span<const std::string_view> body);

  // True when the last RoundTrip() failed because a kept connection turned out dead before any byte
  // of an answer.
  bool was_stale() const { return reused_ && !any_byte_received_ && broken_by_peer_; }
  bool reused() const { return reused_; }
  bool reusable() const;
  // Enters the idle list: keeps no buffer, closes itself after `timeout` or when the peer does.
  void BecomeIdle(std::chrono::milliseconds timeout);
  bool hung_up_or_broken() const { return hung_up_ || fd_ < 0; }

  // Behind ClientExchange; see there.
  const ResponseHead& head() const { return head_; }
  Awaitable<NetResult<std::string_view>> ReadSome();
  std::optional<NetResult<std::string_view>> TryReadSome();
  bool ended() const { return ended_; }
  void SetDeadline(TimePoint deadline);
  void Cancel();

 private:
  using Failure = std::optional<NetError>;

  Awaitable<Failure> ConnectSocket(const boost::asio::ip::address& address, TimePoint deadline,
                                   std::string& cause);
  Awaitable<Failure> Handshake(TimePoint deadline, std::chrono::milliseconds timeout);
  // Waits for the socket until `deadline`, or the request's if earlier.
  Awaitable<void> WaitUntil(uint8_t want, TimePoint deadline);

  // kCancelled or kTimeout when either has happened.
  Failure Interrupted() const;
  NetError Error(NetErrorKind kind, const std::string& cause) const;
  NetError Broken(const IoResult& result, const std::string& when);

  void OnTimer();
  void OnUnawaitedEvent() override;
  // Reads and parses the head as far as bytes are here. False: more are needed.
  bool StepHead(Failure& failure);
  bool TakeHead(size_t size, Failure& failure);
  void EnsureRoom();
  void ReleaseBufferIfEmpty();
  NetResult<std::string_view> TakeBody();

  ConnectionPool::Impl& pool_;
  UpstreamHost& host_;
  Timer timer_;
  CancelHook cancel_hook_;
  TimePoint deadline_ = TimePoint::max();
  bool cancelled_ = false;
  bool timed_out_ = false;
  bool idle_ = false;
  bool reused_ = false;
  bool any_byte_received_ = false;
  bool broken_by_peer_ = false;
  bool sent_whole_ = false;
  bool to_head_request_ = false;

  char* buffer_ = nullptr;
  size_t capacity_ = 0;
  size_t begin_ = 0;
  size_t end_ = 0;
  HeadScanner scanner_;
  std::string head_bytes_;  // what head_ points into
  ResponseHead head_;

  ChunkDecoder decoder_;
  uint64_t remaining_ = 0;  // when kLength
  uint64_t body_bytes_ = 0;
  bool ended_ = false;
  Failure failure_;  // once the body has failed it stays so
  Gather gather_;
};

}  // namespace junctor::net
