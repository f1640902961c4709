// One client connection of the server: reads requests one after the other, runs the handler on
// each, writes the answers. Internal to engine/net; handlers see it as a ServerExchange.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "engine/net/chunk_decoder.h"
#include "engine/net/head_parser.h"
#include "engine/net/read_buffer.h"
#include "engine/net/server.h"
#include "engine/net/transport.h"

namespace junctor::net {

class Session;

// What the sessions of one worker share. Used on the worker's thread, but for the two references to
// server-wide state.
struct WorkerContext {
  EventLoop& loop;
  const HttpServerOptions& options;
  const Handler& handler;
  size_t index = 0;
  std::shared_ptr<void> state;
  bool draining = false;
  Session* sessions = nullptr;            // all open ones, linked
  std::atomic<size_t>& connection_count;  // of all workers
  std::function<void()> on_session_end;
};

// Owned by its own coroutine. Used on the worker's thread.
class Session final : public Transport {
 public:
  // Takes ownership of `fd`, an accepted non-blocking socket.
  Session(WorkerContext& context, int fd, std::string remote_address);
  ~Session() override;

  // Serves the connection to its end. The session lives as long as the coroutine.
  static Awaitable<void> Serve(std::unique_ptr<Session> session);

  // The drain's two steps: idle connections end now; later, whatever still runs is cut.
  void CloseIfIdle();
  void Cut();
  bool handling() const { return phase_ == Phase::kHandling; }
  Session* next_session() const { return next_; }

  // Behind ServerExchange; see there.
  WorkerContext& context() const { return context_; }
  const RequestHead& head() const { return head_; }
  Awaitable<absl::StatusOr<BodyBuffer>> ReadBody(size_t max_bytes);
  std::optional<BodyBuffer> TryReadBody(size_t max_bytes);
  Awaitable<absl::StatusOr<std::string_view>> ReadSomeBody();
  void InterruptBody();
  Awaitable<absl::Status> Respond(int status, std::span<const HeaderView> headers,
                                  std::string_view body);
  Awaitable<absl::Status> StartStream(int status, std::span<const HeaderView> headers,
                                      std::optional<uint64_t> content_length,
                                      std::string_view first_piece);
  Awaitable<absl::Status> Write(std::string_view piece);
  Awaitable<absl::Status> Finish(std::string_view last_piece);
  void Abort();
  CancelSignal& client_gone();
  bool response_started() const { return response_started_; }
  uint64_t bytes_sent() const { return bytes_sent_; }
  void CloseAfterResponse() { close_after_response_ = true; }

 private:
  enum class Phase : uint8_t { kHead, kHandling };
  enum class HeadStep { kWait, kReady, kReject, kClose };
  enum class BodyState : uint8_t { kUnread, kStreaming, kRead, kFailed };

  Awaitable<void> Run();
  void BeginRequest();
  HeadStep StepHead();
  HeadStep CheckHead();
  HeadStep Reject(int status, std::string_view message);
  void ArmHeadTimer();
  Awaitable<void> SendReject();
  // After the handler: completes the answer. False when the connection must end.
  Awaitable<bool> EndRequest();
  // Closes so that the client can read the answer though it still sends: shuts down, then discards
  // for a while.
  Awaitable<void> Linger();

  void OnTimer();
  void OnUnawaitedEvent() override;
  TimePoint BodyDeadline() const;

  // Sends "100 Continue" when the client waits for it.
  Awaitable<absl::Status> SendContinue();
  Awaitable<absl::StatusOr<BodyBuffer>> ReadBodySlow(size_t max_bytes);
  Awaitable<absl::StatusOr<std::string_view>> NextBodyPiece();
  // Removes the framing from what is in `from`. Empty and the body not at its end: more is needed.
  absl::StatusOr<std::string_view> TakeBodyPiece(ReadBuffer& from);
  bool BodyIsRead();

  absl::Status CheckStream() const;
  // Adds a piece of body to gather_ in the answer's framing. `last`: with the end of the framing.
  absl::Status AddPiece(std::string_view piece, bool last);
  // Writes gather_ without waiting. True when that settled it, with the result in `status`.
  bool FlushNow(absl::Status& status);
  Awaitable<absl::Status> FlushSlow();

  WorkerContext& context_;
  Session* previous_ = nullptr;
  Session* next_ = nullptr;
  const std::string remote_address_;

  // Makes room in the head phase only: views of a head in it would break.
  ReadBuffer buffer_;
  std::string leftover_;  // bytes of the next request that came with a chunked body

  Phase phase_ = Phase::kHead;
  bool first_request_ = true;
  bool closing_ = false;
  bool cut_ = false;
  bool timed_out_ = false;
  bool head_started_ = false;
  Timer timer_;
  CancelSignal client_gone_;

  HeadScanner scanner_;
  RequestHead head_;
  HeadError reject_;

  BodyState body_state_ = BodyState::kRead;
  ChunkDecoder decoder_;
  bool reading_body_ = false;
  TimePoint body_start_;
  uint64_t body_received_ = 0;

  // A body read piece by piece.
  ReadBuffer body_buffer_;       // for what did not come with the head
  uint64_t body_remaining_ = 0;  // when kLength
  TimePoint body_left_at_;       // when the handler went off with the last piece
  bool body_streamed_ = false;
  bool awaiting_body_ = false;
  bool body_interrupted_ = false;

  bool response_started_ = false;
  bool response_finished_ = false;
  bool broken_ = false;  // nothing more can be written
  bool close_after_response_ = false;
  bool keep_alive_ = true;
  bool discard_body_ = false;  // HEAD, 204, 304
  Framing response_framing_ = Framing::kNone;
  uint64_t response_remaining_ = 0;  // when kLength
  uint64_t bytes_sent_ = 0;
  std::string out_;  // the head being written
  char chunk_line_[20];
  Gather gather_;
};

}  // namespace junctor::net
