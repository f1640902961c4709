// Writing a request's answer: one gathered write where the socket takes it, waiting where it does
// not.
#include <sys/socket.h>

#include <charconv>

#include "engine/net/response_writer.h"
#include "engine/net/session.h"

namespace junctor::net {
namespace {

constexpr std::string_view kCrLf = "\r\n";
constexpr std::string_view kLastChunk = "0\r\n\r\n";
constexpr std::string_view kCrLfLastChunk = "\r\n0\r\n\r\n";

void AddText(std::string_view text, Gather& gather) { gather.Add(text.data(), text.size()); }

}  // namespace

Awaitable<absl::Status> Session::Respond(int status, std::span<const HeaderView> headers,
                                         std::string_view body) {
  if (response_started_) co_return absl::FailedPreconditionError("the answer was begun already");
  if (broken_ || cut_) co_return absl::CancelledError("the client closed the connection");
  ResponseFraming framing;
  discard_body_ = head_.method == "HEAD" || IsBodilessStatus(status);
  framing.framing = IsBodilessStatus(status) ? Framing::kNone : Framing::kLength;
  framing.content_length = body.size();
  if (head_.method == "HEAD" && body.empty()) {
    // The length that a GET would have had, when the caller knows it; otherwise none is claimed.
    framing.framing = Framing::kNone;
    for (const HeaderView& field : headers) {
      if (!EqualsIgnoreCase(field.name, "content-length")) continue;
      const char* end = field.value.data() + field.value.size();
      const auto parsed = std::from_chars(field.value.data(), end, framing.content_length);
      if (parsed.ec == std::errc() && parsed.ptr == end) framing.framing = Framing::kLength;
    }
  }
  framing.http_1_0 = head_.minor_version == 0;
  framing.keep_alive =
      head_.keep_alive && !context_.draining && !close_after_response_ && BodyIsRead();
  out_.clear();
  if (absl::Status bad = AppendResponseHead(status, headers, framing, out_); !bad.ok()) {
    co_return bad;
  }
  keep_alive_ = framing.keep_alive;
  response_started_ = true;
  response_finished_ = true;
  gather_.Clear();
  AddText(out_, gather_);
  if (!discard_body_) AddText(body, gather_);
  absl::Status result;
  if (FlushNow(result)) co_return result;
  co_return co_await FlushSlow();
}

Awaitable<absl::Status> Session::StartStream(int status, std::span<const HeaderView> headers,
                                             std::optional<uint64_t> content_length,
                                             std::string_view first_piece) {
  if (response_started_) co_return absl::FailedPreconditionError("the answer was begun already");
  if (broken_ || cut_) co_return absl::CancelledError("the client closed the connection");
  ResponseFraming framing;
  framing.http_1_0 = head_.minor_version == 0;
  discard_body_ = head_.method == "HEAD" || IsBodilessStatus(status);
  if (IsBodilessStatus(status)) {
    framing.framing = Framing::kNone;
  } else if (content_length) {
    framing.framing = Framing::kLength;
    framing.content_length = *content_length;
  } else {
    framing.framing = framing.http_1_0 ? Framing::kUntilClose : Framing::kChunked;
  }
  framing.keep_alive = framing.framing != Framing::kUntilClose && head_.keep_alive &&
                       !context_.draining && !close_after_response_ && BodyIsRead();
  out_.clear();
  if (absl::Status bad = AppendResponseHead(status, headers, framing, out_); !bad.ok()) {
    co_return bad;
  }
  keep_alive_ = framing.keep_alive;
  response_started_ = true;
  response_framing_ = framing.framing;
  response_remaining_ = framing.content_length;
  gather_.Clear();
  AddText(out_, gather_);
  if (absl::Status bad = AddPiece(first_piece, false); !bad.ok()) co_return bad;
  absl::Status result;
  if (FlushNow(result)) co_return result;
  co_return co_await FlushSlow();
}

absl::Status Session::CheckStream() const {
  if (!response_started_ || response_finished_) {
    return absl::FailedPreconditionError("no answer is being streamed");
  }
  if (broken_ || cut_) return absl::CancelledError("the client closed the connection");
  return absl::OkStatus();
}

absl::Status Session::AddPiece(std::string_view piece, bool last) {
  if (discard_body_) return absl::OkStatus();
  switch (response_framing_) {
    case Framing::kChunked: {
      if (piece.empty()) {
        if (last) AddText(kLastChunk, gather_);
        return absl::OkStatus();
      }
      char* end = std::to_chars(chunk_line_, chunk_line_ + 16, piece.size(), 16).ptr;
      *end++ = '\r';
      *end++ = '\n';
      gather_.Add(chunk_line_, static_cast<size_t>(end - chunk_line_));
      AddText(piece, gather_);
      AddText(last ? kCrLfLastChunk : kCrLf, gather_);
      return absl::OkStatus();
    }
    case Framing::kLength:
      if (piece.size() > response_remaining_ || (last && piece.size() < response_remaining_)) {
        Abort();
        return absl::FailedPreconditionError("the streamed body has not the length announced: " +
                                             std::to_string(response_remaining_) +
                                             " bytes were left, " + std::to_string(piece.size()) +
                                             " came" + (last ? " as the last" : ""));
      }
      response_remaining_ -= piece.size();
      [[fallthrough]];
    case Framing::kUntilClose:
    case Framing::kNone:
      AddText(piece, gather_);
      return absl::OkStatus();
  }
  return absl::OkStatus();
}

Awaitable<absl::Status> Session::Write(std::string_view piece) {
  if (absl::Status bad = CheckStream(); !bad.ok()) co_return bad;
  if (client_gone().cancelled()) co_return absl::CancelledError("the client closed the connection");
  gather_.Clear();
  if (absl::Status bad = AddPiece(piece, false); !bad.ok()) co_return bad;
  absl::Status result;
  if (FlushNow(result)) co_return result;
  co_return co_await FlushSlow();
}

Awaitable<absl::Status> Session::Finish(std::string_view last_piece) {
  if (absl::Status bad = CheckStream(); !bad.ok()) co_return bad;
  gather_.Clear();
  if (absl::Status bad = AddPiece(last_piece, true); !bad.ok()) co_return bad;
  response_finished_ = true;
  absl::Status result;
  if (FlushNow(result)) co_return result;
  co_return co_await FlushSlow();
}

void Session::Abort() {
  if (broken_) return;
  broken_ = true;
  if (fd_ < 0) return;
  if (response_started_ && !response_finished_ && response_framing_ == Framing::kUntilClose) {
    // A plain close would look like the proper end: let it be a reset.
    const linger reset{1, 0};
    ::setsockopt(fd_, SOL_SOCKET, SO_LINGER, &reset, sizeof(reset));
    CloseTransport();
    return;
  }
  ::shutdown(fd_, SHUT_WR);
}

bool Session::FlushNow(absl::Status& status) {
  const IoResult result = TryWrite(gather_);
  bytes_sent_ += result.bytes;
  if (result.state == IoState::kOk) return true;
  if (result.state == IoState::kWouldBlock) return false;
  broken_ = true;
  status = absl::CancelledError("the client closed the connection: " + io_error());
  return true;
}

Awaitable<absl::Status> Session::FlushSlow() {
  absl::Status status;
  const bool was_reading_body = reading_body_;
  reading_body_ = false;
  do {
    timed_out_ = false;
    loop_.wheel().Schedule(timer_, loop_.now() + context_.options.write_stall_timeout);
    co_await WaitReady(kWrite);
    timer_.Cancel();
    if (hung_up_) client_gone_.Cancel();
    if (timed_out_ || cut_) {
      const bool late = timed_out_;
      timed_out_ = false;
      Abort();
      status = late ? absl::DeadlineExceededError("the client stopped reading the answer")
                    : absl::CancelledError("the server cut the connection");
      break;
    }
  } while (!FlushNow(status));
  reading_body_ = was_reading_body;
  co_return status;
}

}  // namespace junctor::net
