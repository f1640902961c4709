// One connection to an upstream: connects, sends a request, reads its answer. Internal to
// engine/net; callers see it as a ClientExchange.
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/net/body_source.h"
#include "engine/net/chunk_decoder.h"
#include "engine/net/client.h"
#include "engine/net/connection_pool.h"
#include "engine/net/head_parser.h"
#include "engine/net/read_buffer.h"
#include "engine/net/timer_wheel.h"
#include "engine/net/transport.h"

namespace junctor::net {

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
  // The same with a body that comes from `body` after its first piece, and with a head that lacks
  // the framing field. Leaves a deadline of its own: SetDeadline() has to follow.
  Awaitable<std::optional<NetError>> Upload(std::string_view head, BodySource& body,
                                            std::string_view piece, SendOptions options);
  // Whether Upload() asked for a second piece: the first one is gone then.
  bool read_more_of_body() const { return read_more_of_body_; }

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

  // How far an upload has come.
  struct UploadState {
    std::optional<uint64_t> length;
    uint64_t taken = 0;     // bytes of body, when the length is known
    size_t since_wait = 0;  // bytes written without waiting for anything
    bool last = false;      // gather_ holds the end of the request
    char chunk_line[20];
  };

  // The steps of Connect(). `deadline` is that of connecting, `timeout` what it came from.
  Awaitable<Failure> FindAddresses(std::vector<boost::asio::ip::address>& addresses,
                                   TimePoint deadline, std::chrono::milliseconds timeout);
  // Takes out of `addresses` what Upstream::public_only refuses; an error where nothing is left.
  Failure CheckAddresses(std::vector<boost::asio::ip::address>& addresses) const;
  Awaitable<Failure> ConnectSocket(const std::vector<boost::asio::ip::address>& addresses,
                                   TimePoint deadline, std::chrono::milliseconds timeout);
  Awaitable<Failure> OpenTunnel(TimePoint deadline, std::chrono::milliseconds timeout);
  Awaitable<Failure> Handshake(TimePoint deadline, std::chrono::milliseconds timeout);
  // Waits for the socket until `deadline`, or the request's if earlier.
  Awaitable<void> WaitUntil(uint8_t want, TimePoint deadline);

  // Why connecting has to end: cancelled, or one of the two deadlines.
  Failure ConnectOver(TimePoint deadline, std::chrono::milliseconds timeout) const;

  void BeginExchange(std::string_view head);
  // Puts a request head into gather_, as the way to the upstream wants it.
  void AddHead(std::string_view head, std::string_view framing_field);
  Failure AddUploadPiece(std::string_view piece, UploadState& upload);
  // Ends the wait for the next piece of a body.
  void InterruptBody();

  // kCancelled or kTimeout when either has happened.
  Failure Interrupted() const;
  NetError Error(NetErrorKind kind, const std::string& cause) const;
  NetError Broken(const IoResult& result, const std::string& when);

  void OnTimer();
  void OnUnawaitedEvent() override;
  // Reads and parses the head as far as bytes are here. False: more are needed.
  bool StepHead(Failure& failure);
  bool TakeHead(size_t size, Failure& failure);
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
  int interim_answers_ = 0;

  BodySource* body_source_ = nullptr;  // while it is waited for
  bool body_interrupted_ = false;      // because of bytes from the upstream
  bool read_more_of_body_ = false;

  ReadBuffer buffer_;
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
