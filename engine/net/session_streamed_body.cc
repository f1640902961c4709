// Reading a request's body piece by piece: the framing is removed in place, and the socket is read
// only when the handler asks for more.
#include <algorithm>

#include "engine/net/session.h"

namespace junctor::net {

Awaitable<absl::StatusOr<std::string_view>> Session::ReadSomeBody() {
  if (head_.framing == Framing::kNone || (body_state_ == BodyState::kRead && body_streamed_)) {
    co_return std::string_view();
  }
  if (body_state_ == BodyState::kUnread) {
    body_state_ = BodyState::kStreaming;
    body_streamed_ = true;
    body_remaining_ = head_.content_length;
    decoder_.Reset();
    body_received_ = 0;
    if (absl::Status status = co_await SendContinue(); !status.ok()) {
      body_state_ = BodyState::kFailed;
      co_return status;
    }
    body_start_ = body_left_at_ = loop_.now();
  }
  if (body_state_ != BodyState::kStreaming) {
    co_return absl::FailedPreconditionError("the body was read already");
  }
  // The client is not to blame for the time that the handler took.
  body_start_ += loop_.now() - body_left_at_;
  reading_body_ = true;
  absl::StatusOr<std::string_view> piece = co_await NextBodyPiece();
  reading_body_ = false;
  timer_.Cancel();
  body_left_at_ = loop_.now();
  if (!piece.ok() && !absl::IsAborted(piece.status())) body_state_ = BodyState::kFailed;
  co_return piece;
}

Awaitable<absl::StatusOr<std::string_view>> Session::NextBodyPiece() {
  while (true) {
    ReadBuffer& from = buffer_.empty() ? body_buffer_ : buffer_;
    if (!from.empty()) {
      absl::StatusOr<std::string_view> piece = TakeBodyPiece(from);
      if (!piece.ok() || !piece->empty() || body_state_ == BodyState::kRead) co_return piece;
      continue;
    }
    body_buffer_.EnsureRoom();
    // Never beyond the body: what follows a body with a length stays in the socket.
    size_t room = body_buffer_.room();
    if (head_.framing == Framing::kLength) {
      room = static_cast<size_t>(std::min<uint64_t>(room, body_remaining_));
    }
    const IoResult result = TryRead(body_buffer_.tail(), room);
    if (result.state == IoState::kOk) {
      body_buffer_.Extend(result.bytes);
      body_received_ += result.bytes;
      continue;
    }
    if (result.state != IoState::kWouldBlock) {
      broken_ = true;
      client_gone_.Cancel();
      co_return absl::CancelledError("the client closed the connection within the request body");
    }
    body_buffer_.ReleaseIfEmpty();
    if (!timer_.scheduled()) loop_.wheel().Schedule(timer_, BodyDeadline());
    awaiting_body_ = true;
    body_interrupted_ = false;
    co_await WaitReady(kRead);
    awaiting_body_ = false;
    if (timed_out_) {
      timed_out_ = false;
      co_return absl::DeadlineExceededError("the request body took too long");
    }
    if (body_interrupted_) co_return absl::AbortedError("reading the request body was interrupted");
  }
}

absl::StatusOr<std::string_view> Session::TakeBodyPiece(ReadBuffer& from) {
  char* const data = from.data();
  if (head_.framing == Framing::kLength) {
    const auto size = static_cast<size_t>(std::min<uint64_t>(body_remaining_, from.size()));
    from.Consume(size);
    body_remaining_ -= size;
    if (body_remaining_ == 0) body_state_ = BodyState::kRead;
    return std::string_view(data, size);
  }
  const ChunkDecoder::Result result = decoder_.Decode(data, from.size());
  from.Consume(result.consumed);
  if (decoder_.failed()) {
    return absl::InvalidArgumentError("the chunked request body is malformed: " +
                                      std::string(decoder_.error()));
  }
  if (decoder_.finished()) {
    body_state_ = BodyState::kRead;
    if (&from == &body_buffer_) {
      // The beginning of the next request, which is read from the other buffer.
      leftover_.assign(from.view());
      from.Clear();
    }
  }
  return std::string_view(data, result.produced);
}

void Session::InterruptBody() {
  if (!awaiting_body_) return;
  body_interrupted_ = true;
  waiter_.ResumeLater(loop_.executor());
}

}  // namespace junctor::net
