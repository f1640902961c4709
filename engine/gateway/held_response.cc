#include "engine/gateway/held_response.h"

#include <utility>

#include "engine/providers/failure_classifier.h"

namespace junctor::engine {
namespace {

constexpr std::string_view kDoneEvent = "data: [DONE]\n\n";
// How long the rest of an exchange is waited for once its answer is complete: only to save its
// connection.
constexpr std::chrono::milliseconds kDrainTimeout{1000};

bool IsEventStream(const net::HeaderList& headers) {
  constexpr std::string_view kType = "text/event-stream";
  const std::string_view type = headers.Get("content-type");
  return type.size() >= kType.size() && net::EqualsIgnoreCase(type.substr(0, kType.size()), kType);
}

Failure Broken(std::string message) {
  return ClassifyNetError(net::NetError{net::NetErrorKind::kReset, std::move(message)});
}

// Whether a body that came with a status of success is an error object all the same.
bool IsErrorBody(std::string_view body) {
  constexpr std::string_view kSpace = " \t\r\n";
  const size_t brace = body.find_first_not_of(kSpace);
  if (brace == std::string_view::npos || body[brace] != '{') return false;
  const size_t key = body.find_first_not_of(kSpace, brace + 1);
  return key != std::string_view::npos && body.substr(key).starts_with("\"error\"");
}

}  // namespace

HeldResponse::HeldResponse(net::EventLoop* loop, std::unique_ptr<ModelResponse> response,
                           std::chrono::milliseconds stall_timeout)
    : loop_(loop),
      response_(std::move(response)),
      stall_timeout_(stall_timeout),
      is_event_stream_(IsEventStream(response_->headers())) {}

std::optional<uint64_t> HeldResponse::content_length() const {
  return is_event_stream_ ? std::nullopt : response_->content_length();
}

net::Awaitable<std::optional<Failure>> HeldResponse::AwaitFirstToken() {
  return is_event_stream_ ? AwaitFirstEvent() : AwaitPlainBody();
}

net::Awaitable<std::optional<Failure>> HeldResponse::AwaitFirstEvent() {
  while (true) {
    net::NetResult<std::string_view> piece = co_await response_->ReadSome();
    if (!piece.ok()) co_return ClassifyNetError(piece.error());
    Progress progress;
    if (piece->empty()) {
      body_ended_ = true;
      progress = EndStream();
    } else {
      // The provider's buffer is used anew by the next read: what is held is copied, once, before
      // that.
      reader_.Feed(*piece);
      progress = TakeEvents(/*stop_at_token=*/true);
    }
    switch (progress) {
      case Progress::kToken:
        co_return std::nullopt;
      case Progress::kEnded:
        if (finished_) {
          // The finish was the last event, without an empty line after it: all of it is held.
          ended_ = true;
          co_return std::nullopt;
        }
        co_return Broken("the provider's stream ended without a token");
      case Progress::kFailed:
        if (stream_failure_->error == ErrorClass::kStream)
          stream_failure_->error = ErrorClass::kReset;
        co_return std::move(stream_failure_);
      case Progress::kMore:
        break;
    }
    if (!window_.empty()) {
      outgoing_.assign(window_);
      window_ = {};
    }
    if (outgoing_.size() > kMaxHeldBytes) {
      co_return Broken("the provider sent more than 64 KiB without a token");
    }
  }
}

net::Awaitable<std::optional<Failure>> HeldResponse::AwaitPlainBody() {
  while (true) {
    net::NetResult<std::string_view> piece = co_await response_->ReadSome();
    if (!piece.ok()) co_return ClassifyNetError(piece.error());
    if (piece->empty()) {
      body_ended_ = ended_ = true;
      break;
    }
    Pass(*piece);
    if (response_->ended()) {
      body_ended_ = ended_ = true;
      break;
    }
    if (!window_.empty()) {
      outgoing_.assign(window_);
      window_ = {};
    }
    if (outgoing_.size() >= kMaxHeldBytes) co_return std::nullopt;
    // The first byte is there: from here on only silence counts (R20).
    response_->SetDeadline(net::Clock::now() + stall_timeout_);
  }
  const std::string_view body = outgoing_.empty() ? window_ : std::string_view(outgoing_);
  if (IsErrorBody(body)) co_return ClassifyErrorEvent(body);
  co_return std::nullopt;
}

ResponsePiece HeldResponse::TakeHeld() {
  if (is_event_stream_ && !ended_ && !stream_failure_.has_value()) {
    // What arrived together with the first token goes out together with it.
    const Progress progress = TakeEvents(/*stop_at_token=*/false);
    if (progress == Progress::kEnded) ended_ = true;
  }
  ResponsePiece piece;
  piece.bytes = outgoing_.empty() ? window_ : std::string_view(outgoing_);
  piece.ended = ended_;
  return piece;
}

net::Awaitable<std::variant<ResponsePiece, Failure>> HeldResponse::Next() {
  using Result = std::variant<ResponsePiece, Failure>;
  window_ = {};
  outgoing_.clear();
  if (stream_failure_.has_value()) co_return Result(TakeStreamFailure());
  response_->SetDeadline(net::Clock::now() + stall_timeout_);
  net::NetResult<std::string_view> read = co_await response_->ReadSome();
  if (!read.ok()) {
    Failure failure = ClassifyNetError(read.error());
    failure.error = ErrorClass::kStream;
    co_return Result(std::move(failure));
  }
  ResponsePiece piece;
  if (!is_event_stream_) {
    piece.bytes = *read;
    piece.ended = read->empty() || response_->ended();
    body_ended_ = piece.ended;
    co_return Result(piece);
  }
  Progress progress;
  if (read->empty()) {
    body_ended_ = true;
    progress = EndStream();
  } else {
    reader_.Feed(*read);
    progress = TakeEvents(/*stop_at_token=*/false);
  }
  if (progress == Progress::kEnded) ended_ = true;
  piece.bytes = outgoing_.empty() ? window_ : std::string_view(outgoing_);
  piece.ended = ended_;
  if (progress == Progress::kFailed && piece.bytes.empty()) co_return Result(TakeStreamFailure());
  co_return Result(piece);
}

Failure HeldResponse::TakeStreamFailure() {
  Failure failure = std::move(*stream_failure_);
  failure.error = ErrorClass::kStream;
  return failure;
}

net::Awaitable<void> HeldResponse::Drain() {
  if (body_ended_ || response_->ended()) co_return;
  response_->SetDeadline(net::Clock::now() + kDrainTimeout);
  for (size_t drained = 0; drained <= kMaxHeldBytes;) {
    net::NetResult<std::string_view> piece = co_await response_->ReadSome();
    if (!piece.ok() || piece->empty()) co_return;
    drained += piece->size();
  }
}

HeldResponse::Progress HeldResponse::TakeEvents(bool stop_at_token) {
  while (std::optional<ServerSentEvent> event = reader_.Next()) {
    const Progress progress = TakeEvent(*event);
    if (progress == Progress::kEnded || progress == Progress::kFailed) return progress;
    if (progress == Progress::kToken && stop_at_token) return progress;
  }
  if (reader_.too_large()) {
    stream_failure_ = Broken("the provider sent an event of more than 16 MiB");
    stream_failure_->error = ErrorClass::kStream;
    return Progress::kFailed;
  }
  return Progress::kMore;
}

HeldResponse::Progress HeldResponse::TakeEvent(const ServerSentEvent& event) {
  const ChunkInfo info = inspector_.Inspect(event);
  switch (info.kind) {
    case ChunkKind::kInvalid:
      ++invalid_chunks_;
      return Progress::kMore;
    case ChunkKind::kError:
      stream_failure_ = ClassifyErrorEvent(event.data);
      return Progress::kFailed;
    case ChunkKind::kDone:
      Pass(event.raw);
      // The line feed of a CRLF may still be on its way, and nothing after this event is read.
      if (event.raw.ends_with("\n\r")) Pass("\n");
      return Progress::kEnded;
    case ChunkKind::kToken:
      finished_ = finished_ || info.finished;
      Pass(event.raw);
      return Progress::kToken;
    case ChunkKind::kLife:
      Pass(event.raw);
      return Progress::kMore;
  }
  return Progress::kMore;
}

HeldResponse::Progress HeldResponse::EndStream() {
  std::optional<ServerSentEvent> last = reader_.Finish();
  if (last.has_value() && last->has_data) {
    // An event without the empty line after it: some providers end so. It counts if it is whole.
    const uint32_t invalid_before = invalid_chunks_;
    const Progress progress = TakeEvent(*last);
    if (progress == Progress::kFailed) return progress;
    if (invalid_chunks_ == invalid_before) Pass("\n\n");
    if (progress == Progress::kEnded) return progress;
  }
  if (response_->framing() == net::Framing::kUntilClose && !finished_) {
    stream_failure_ = Broken("the provider closed the connection in the middle of its stream");
    stream_failure_->error = ErrorClass::kStream;
    return Progress::kFailed;
  }
  Pass(kDoneEvent);
  return Progress::kEnded;
}

void HeldResponse::Pass(std::string_view bytes) {
  if (!outgoing_.empty()) {
    outgoing_.append(bytes);
  } else if (window_.empty()) {
    window_ = bytes;
  } else if (window_.data() + window_.size() == bytes.data()) {
    window_ = {window_.data(), window_.size() + bytes.size()};
  } else {
    outgoing_.assign(window_).append(bytes);
    window_ = {};
  }
}

}  // namespace junctor::engine
