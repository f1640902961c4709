// Sending a request whose body comes from a source, piece by piece, while watching for an answer
// that comes before its end.
#include <boost/asio/post.hpp>
#include <charconv>

#include "engine/net/client_connection.h"

namespace junctor::net {
namespace {

constexpr std::string_view kCrLf = "\r\n";
constexpr std::string_view kLastChunk = "0\r\n\r\n";
// Sent without waiting for anything before other connections of the loop get their turn.
constexpr size_t kFairBytes = 256 * 1024;

std::string FramingField(std::optional<uint64_t> length) {
  if (!length) return "Transfer-Encoding: chunked\r\n";
  return "Content-Length: " + std::to_string(*length) + "\r\n";
}

void AddText(std::string_view text, Gather& gather) { gather.Add(text.data(), text.size()); }

// The first piece of `body`, or why there is none: its own failure, the deadline, a cancellation.
Awaitable<NetResult<std::string_view>> ReadFirstPiece(EventLoop& loop, BodySource& body,
                                                      SendOptions options,
                                                      const std::string& label) {
  if (body.content_length() == std::optional<uint64_t>(0)) co_return std::string_view();
  bool late = false;
  Timer timer([&] {
    late = true;
    body.Interrupt();
  });
  CancelHook hook([&] { body.Interrupt(); });
  const auto cancelled = [&] { return options.cancel != nullptr && options.cancel->cancelled(); };
  if (cancelled())
    co_return NetError{NetErrorKind::kCancelled, label + ": the request was cancelled"};
  loop.wheel().Schedule(timer, options.deadline);
  hook.Attach(options.cancel);
  NetResult<std::string_view> piece = co_await body.ReadSome();
  if (!piece.ok() && piece.error().kind == NetErrorKind::kCancelled) {
    if (cancelled()) {
      co_return NetError{NetErrorKind::kCancelled, label + ": the request was cancelled"};
    }
    if (late) {
      co_return NetError{NetErrorKind::kTimeout, label + ": no request body before the deadline"};
    }
  }
  co_return piece;
}

}  // namespace

Awaitable<NetResult<std::unique_ptr<ClientExchange>>> ConnectionPool::Send(const Upstream& upstream,
                                                                           std::string_view head,
                                                                           BodySource& body,
                                                                           SendOptions options) {
  UpstreamHost& host = impl_->HostFor(upstream);
  NetResult<std::string_view> piece =
      co_await ReadFirstPiece(impl_->loop, body, options, host.label);
  if (!piece.ok()) co_return piece.error();
  // A body that is here whole can be sent again, should a kept connection turn out closed. Any
  // other is better off on a fresh one.
  std::unique_ptr<ClientConnection> connection;
  if (body.content_length() == std::optional<uint64_t>(piece->size())) {
    connection = impl_->TakeIdle(host);
  } else if (impl_->Full(host) && !host.idle.empty()) {
    impl_->RemoveIdle(*host.idle.front());
  }
  while (true) {
    if (connection != nullptr) {
      connection->Begin(options);
    } else {
      NetResult<std::unique_ptr<ClientConnection>> obtained = co_await impl_->Obtain(host, options);
      if (!obtained.ok()) co_return obtained.error();
      connection = std::move(*obtained);
    }
    std::optional<NetError> failure = co_await connection->Upload(head, body, *piece, options);
    if (!failure) {
      connection->SetDeadline(options.deadline);
      co_return std::make_unique<ClientExchange>(std::move(connection));
    }
    if (!connection->was_stale() || connection->read_more_of_body()) {
      co_return std::move(*failure);
    }
    connection.reset();
  }
}

std::optional<NetError> ClientConnection::AddUploadPiece(std::string_view piece,
                                                         UploadState& upload) {
  if (!upload.length) {
    if (piece.empty()) {
      upload.last = true;
      AddText(kLastChunk, gather_);
      return std::nullopt;
    }
    char* end = std::to_chars(upload.chunk_line, upload.chunk_line + 16, piece.size(), 16).ptr;
    *end++ = '\r';
    *end++ = '\n';
    gather_.Add(upload.chunk_line, static_cast<size_t>(end - upload.chunk_line));
    AddText(piece, gather_);
    AddText(kCrLf, gather_);
    return std::nullopt;
  }
  const uint64_t left = *upload.length - upload.taken;
  if (piece.size() > left) {
    return Error(NetErrorKind::kProtocol, "the request body is longer than its " +
                                              std::to_string(*upload.length) + " bytes announced");
  }
  if (piece.empty() && left > 0) {
    return Error(NetErrorKind::kReset, "the request body ended after " +
                                           std::to_string(upload.taken) + " of " +
                                           std::to_string(*upload.length) + " bytes");
  }
  upload.taken += piece.size();
  upload.last = upload.taken == *upload.length;
  AddText(piece, gather_);
  return std::nullopt;
}

Awaitable<std::optional<NetError>> ClientConnection::Upload(std::string_view head, BodySource& body,
                                                            std::string_view piece,
                                                            SendOptions options) {
  UploadState upload;
  upload.length = body.content_length();
  const std::string framing_field = FramingField(upload.length);
  BeginExchange(head);
  AddHead(head, framing_field);
  if (Failure failure = AddUploadPiece(piece, upload)) co_return failure;
  while (true) {
    Failure failure;
    if (!gather_.empty()) {
      if (Failure interrupted = Interrupted()) co_return interrupted;
      const IoResult written = TryWrite(gather_);
      upload.since_wait += written.bytes;
      if (written.state == IoState::kError) readable_ = true;  // the answer may have come before
      sent_whole_ = upload.last && written.state == IoState::kOk;
      if (StepHead(failure)) co_return failure;
      if (written.state == IoState::kError) {
        co_return Broken(written, " while the request was sent");
      }
      if (written.state == IoState::kWouldBlock) {
        upload.since_wait = 0;
        co_await WaitUntil(kRead | kWrite, loop_.now() + options.upload_stall_timeout);
        if (timed_out_ && !cancelled_ && loop_.now() < deadline_) {
          co_return Error(NetErrorKind::kTimeout,
                          "the upstream took no byte of the request body for " +
                              std::to_string(options.upload_stall_timeout.count()) + " ms");
        }
        continue;
      }
    }
    if (upload.last) break;
    if (upload.since_wait >= kFairBytes) {
      upload.since_wait = 0;
      co_await boost::asio::post(loop_.executor(), Waiter::Token());
    }
    if (StepHead(failure)) co_return failure;
    if (Failure interrupted = Interrupted()) co_return interrupted;
    gather_.Clear();
    SetDeadline(deadline_);
    read_more_of_body_ = true;
    body_interrupted_ = false;
    body_source_ = &body;
    NetResult<std::string_view> next = co_await body.ReadSome();
    body_source_ = nullptr;
    if (Failure interrupted = Interrupted()) co_return interrupted;
    if (!next.ok()) {
      if (StepHead(failure)) co_return failure;
      if (body_interrupted_ && next.error().kind == NetErrorKind::kCancelled) continue;
      co_return next.error();
    }
    if (Failure wrong = AddUploadPiece(*next, upload)) co_return wrong;
  }
  TimePoint until = TimePoint::max();
  if (options.answer_timeout.count() > 0) until = loop_.now() + options.answer_timeout;
  while (true) {
    Failure failure;
    if (StepHead(failure)) co_return failure;
    co_await WaitUntil(kRead, until);
    if (Failure interrupted = Interrupted()) co_return interrupted;
  }
}

void ClientConnection::InterruptBody() {
  if (body_source_ == nullptr) return;
  body_interrupted_ = true;
  body_source_->Interrupt();
}

}  // namespace junctor::net
