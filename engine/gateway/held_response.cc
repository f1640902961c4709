#include "engine/gateway/held_response.h"

#include <algorithm>
#include <utility>

#include "engine/prices/estimate.h"
#include "engine/providers/chat/failure_classifier.h"
#include "engine/providers/chat/media_type.h"
#include "engine/providers/chat/stream_usage.h"

namespace junctor::engine {
namespace {

constexpr std::string_view kDoneEvent = "data: [DONE]\n\n";
// How long the rest of an exchange is waited for once its answer is complete: only to save its
// connection.
constexpr std::chrono::milliseconds kDrainTimeout{1000};

Failure Broken(std::string message) {
  return ClassifyNetError(net::NetError{net::NetErrorKind::kReset, std::move(message)});
}

StreamDialect DialectOf(Operation operation) {
  return operation == Operation::kResponses ? StreamDialect::kResponses : StreamDialect::kChat;
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

HeldResponse::HeldResponse(std::unique_ptr<ModelResponse> response, HeldOptions options)
    : response_(std::move(response)),
      options_(std::move(options)),
      is_event_stream_(IsEventStream(response_->headers())),
      inspector_(DialectOf(options_.operation), options_.provider) {}

std::optional<Usage> HeldResponse::usage() const {
  std::optional<Usage> usage = response_->usage();
  if (!is_event_stream_) {
    if (usage.has_value() || body_tail_.empty()) return usage.has_value() ? usage : body_usage_;
    return ended_ ? UsageOfBody(body_tail_.view(), options_.provider) : std::nullopt;
  }
  if (!usage.has_value()) usage = inspector_.usage();
  // Some providers count as they go, and the first count comes before the text.
  const bool is_partial = !finished_ && !ended_;
  if (usage.has_value() && is_partial &&
      usage->output.value_or(0) < EstimateTokens(inspector_.text_bytes())) {
    usage->output.reset();
  }
  return usage;
}

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
    switch (TakeRead(*piece, /*stop_at_token=*/true)) {
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
        co_return TakeAttemptFailure();
      case Progress::kMore:
        break;
    }
    // The provider's buffer is used anew by the next read: what is held is copied, once, before
    // that.
    KeepWindow();
    if (outgoing_.size() > kMaxHeldBytes) {
      co_return Broken("the provider sent more than 64 KiB without a token");
    }
  }
}

net::Awaitable<std::optional<Failure>> HeldResponse::AwaitPlainBody() {
  while (true) {
    net::NetResult<std::string_view> piece = co_await response_->ReadSome();
    if (!piece.ok()) co_return ClassifyNetError(piece.error());
    if (piece->empty() && !response_->ended()) {
      // Its first bytes are there, only the translation waits for the rest.
      response_->SetDeadline(net::Clock::now() + options_.stall_timeout);
      continue;
    }
    if (piece->empty()) {
      body_ended_ = ended_ = true;
      break;
    }
    NotePlain(*piece);
    Pass(*piece);
    if (response_->ended()) {
      body_ended_ = ended_ = true;
      break;
    }
    KeepWindow();
    if (outgoing_.size() >= kMaxHeldBytes) {
      body_tail_.Add(outgoing_);
      co_return std::nullopt;
    }
    // The first byte is there: from here on only silence counts (R20).
    response_->SetDeadline(net::Clock::now() + options_.stall_timeout);
  }
  const std::string_view body = outgoing_.empty() ? window_ : std::string_view(outgoing_);
  if (IsErrorBody(body)) {
    body_bytes_ = 0;  // An error is no answer.
    co_return ClassifyErrorEvent(body);
  }
  if (!response_->usage().has_value()) body_usage_ = UsageOfBody(body, options_.provider);
  co_return std::nullopt;
}

net::Awaitable<std::optional<Failure>> HeldResponse::AwaitWhole() {
  if (is_event_stream_ && !ended_) {
    const Progress progress = TakeEvents(/*stop_at_token=*/false);
    if (progress == Progress::kEnded) ended_ = true;
    if (progress == Progress::kFailed) co_return TakeAttemptFailure();
  }
  while (!ended_ && outgoing_.size() + window_.size() <= kMaxWholeBytes) {
    KeepWindow();
    response_->SetDeadline(net::Clock::now() + options_.stall_timeout);
    net::NetResult<std::string_view> piece = co_await response_->ReadSome();
    if (!piece.ok()) co_return ClassifyNetError(piece.error());
    if (!is_event_stream_) {
      NotePlain(*piece);
      Pass(*piece);
      body_ended_ = ended_ = response_->ended();
      continue;
    }
    const Progress progress = TakeRead(*piece, /*stop_at_token=*/false);
    if (progress == Progress::kEnded) ended_ = true;
    if (progress == Progress::kFailed) co_return TakeAttemptFailure();
  }
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
  response_->SetDeadline(net::Clock::now() + options_.stall_timeout);
  net::NetResult<std::string_view> read = co_await response_->ReadSome();
  if (!read.ok()) {
    Failure failure = ClassifyNetError(read.error());
    failure.error = ErrorClass::kStream;
    co_return Result(std::move(failure));
  }
  ResponsePiece piece;
  if (!is_event_stream_) {
    piece.bytes = *read;
    NotePlain(*read);
    piece.ended = response_->ended();
    body_ended_ = ended_ = piece.ended;
    co_return Result(piece);
  }
  const Progress progress = TakeRead(*read, /*stop_at_token=*/false);
  if (progress == Progress::kEnded) ended_ = true;
  piece.bytes = outgoing_.empty() ? window_ : std::string_view(outgoing_);
  piece.ended = ended_;
  if (progress == Progress::kFailed && piece.bytes.empty()) co_return Result(TakeStreamFailure());
  co_return Result(piece);
}

Failure HeldResponse::TakeAttemptFailure() {
  Failure failure = std::move(*stream_failure_);
  if (failure.error == ErrorClass::kStream) failure.error = ErrorClass::kReset;
  return failure;
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
    if (!piece.ok() || response_->ended()) co_return;
    drained += std::max<size_t>(piece->size(), 1);
  }
}

HeldResponse::Progress HeldResponse::TakeRead(std::string_view bytes, bool stop_at_token) {
  if (!bytes.empty()) {
    reader_.Feed(bytes);
    return TakeEvents(stop_at_token);
  }
  if (!response_->ended()) return Progress::kMore;  // a sign of life
  body_ended_ = true;
  return EndStream();
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
    case ChunkKind::kGaveUp:
      stream_failure_ = Broken("the provider gave up before its answer was complete");
      stream_failure_->error = ErrorClass::kServerError;
      return Progress::kFailed;
    case ChunkKind::kDone:
      Pass(event.raw);
      // The line feed of a CRLF may still be on its way, and nothing after this event is read.
      if (event.raw.ends_with("\n\r")) Pass("\n");
      return Progress::kEnded;
    case ChunkKind::kToken:
    case ChunkKind::kLife:
      break;
  }
  if (info.usage_only && options_.swallow_usage) return Progress::kMore;
  if (!PassChunk(event, info.null_usage && options_.swallow_usage)) {
    stream_failure_ = Broken("another answer was asked for, and it differs from what was sent");
    stream_failure_->error = ErrorClass::kStream;
    stream_failure_->code = kAnswerDiffersCode;
    return Progress::kFailed;
  }
  if (info.kind == ChunkKind::kLife) return Progress::kMore;
  finished_ = finished_ || info.finished;
  // The responses API has no [DONE]: its last event is the end.
  const bool is_end = info.finished && options_.operation == Operation::kResponses;
  return is_end ? Progress::kEnded : Progress::kToken;
}

bool HeldResponse::PassChunk(const ServerSentEvent& event, bool hide_null_usage) {
  std::string rewritten;
  std::string_view chunk = event.raw;
  if (options_.continuation.has_value()) {
    switch (options_.continuation->Take(event, &rewritten)) {
      case StreamContinuation::Verdict::kUnchanged:
        break;
      case StreamContinuation::Verdict::kRewritten:
        chunk = rewritten;
        break;
      case StreamContinuation::Verdict::kDiffers:
        return false;
    }
  }
  if (hide_null_usage) {
    rewritten = WithoutNullUsage(chunk);
    chunk = rewritten;
  }
  if (chunk.data() == event.raw.data()) {
    Pass(chunk);
    return true;
  }
  KeepWindow();
  outgoing_.append(chunk);
  return true;
}

void HeldResponse::KeepWindow() {
  if (window_.empty()) return;
  outgoing_.append(window_);
  window_ = {};
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
  // Chat streams that end properly are complete without their [DONE]; those of the responses API
  // have an end of their own.
  const bool may_be_cut = response_->framing() == net::Framing::kUntilClose ||
                          options_.operation == Operation::kResponses;
  if (may_be_cut && !finished_) {
    stream_failure_ = Broken("the provider closed the connection in the middle of its stream");
    stream_failure_->error = ErrorClass::kStream;
    return Progress::kFailed;
  }
  if (options_.operation == Operation::kChat) Pass(kDoneEvent);
  return Progress::kEnded;
}

void HeldResponse::NotePlain(std::string_view piece) {
  body_bytes_ += piece.size();
  if (!body_tail_.empty()) body_tail_.Add(piece);
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
