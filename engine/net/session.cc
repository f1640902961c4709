#include "engine/net/session.h"

#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstring>

#include "engine/net/response_writer.h"

namespace junctor::net {
namespace {

// How long a closing connection is still read from, so that the client gets to see the answer
// rather than a reset.
constexpr std::chrono::seconds kLingerTime{2};
// Empty lines before a request line that are skipped, as RFC 9112 section 2.2 asks for.
constexpr int kMaxLeadingLines = 2;
constexpr HeaderView kJson{"Content-Type", "application/json"};

}  // namespace

Session::Session(WorkerContext& context, int fd, std::string remote_address)
    : Transport(context.loop),
      context_(context),
      remote_address_(std::move(remote_address)),
      buffer_(context.loop.buffers()),
      timer_([this] { OnTimer(); }),
      body_buffer_(context.loop.buffers()) {
  next_ = context_.sessions;
  if (next_ != nullptr) next_->previous_ = this;
  context_.sessions = this;
  context_.connection_count.fetch_add(1, std::memory_order_relaxed);
  head_.remote_address = remote_address_;
  closing_ = !Open(fd);
}

Session::~Session() {
  (previous_ != nullptr ? previous_->next_ : context_.sessions) = next_;
  if (next_ != nullptr) next_->previous_ = previous_;
  CloseTransport();
  context_.connection_count.fetch_sub(1, std::memory_order_relaxed);
  context_.on_session_end();
}

Awaitable<void> Session::Serve(std::unique_ptr<Session> session) { co_await session->Run(); }

Awaitable<void> Session::Run() {
  bool open = true;
  while (open) {
    BeginRequest();
    HeadStep step = StepHead();
    while (step == HeadStep::kWait) {
      co_await WaitReady(kRead);
      step = StepHead();
    }
    timer_.Cancel();
    if (step == HeadStep::kClose) break;
    if (step == HeadStep::kReject) {
      co_await SendReject();
      break;
    }
    phase_ = Phase::kHandling;
    ServerExchange exchange(*this);
    try {
      co_await context_.handler(exchange);
    } catch (...) {
      // A handler's errors are values; an exception is a fault of the handler, told to the client
      // as a 500 by EndRequest, or as a broken stream.
      close_after_response_ = true;
    }
    client_gone_.Reset();
    open = co_await EndRequest();
    first_request_ = false;
  }
}

void Session::BeginRequest() {
  phase_ = Phase::kHead;
  buffer_.MoveToFront();
  body_buffer_.Clear();
  body_buffer_.ReleaseIfEmpty();
  if (!leftover_.empty()) {
    // Only after a chunked body, which leaves nothing else in the buffer; at most one read's worth.
    buffer_.EnsureRoom();
    std::memcpy(buffer_.tail(), leftover_.data(), leftover_.size());
    buffer_.Extend(leftover_.size());
    leftover_.clear();
  }
  scanner_.Reset();
  head_started_ = false;
  timed_out_ = false;
  body_state_ = BodyState::kUnread;
  reading_body_ = false;
  body_streamed_ = false;
  response_started_ = false;
  response_finished_ = false;
  close_after_response_ = false;
  discard_body_ = false;
  bytes_sent_ = 0;
}

Session::HeadStep Session::Reject(int status, std::string_view message) {
  reject_ = {status, message};
  return HeadStep::kReject;
}

Session::HeadStep Session::StepHead() {
  if (cut_) return HeadStep::kClose;
  if (timed_out_) {
    return head_started_ ? Reject(408, "the request head took too long") : HeadStep::kClose;
  }
  while (true) {
    for (int i = 0; i < kMaxLeadingLines && buffer_.view().substr(0, 2) == "\r\n"; ++i) {
      buffer_.Consume(2);
      scanner_.Reset();
    }
    if (!buffer_.empty()) {
      const HeadStep step = CheckHead();
      if (step != HeadStep::kWait) return step;
    }
    if (!readable_) {
      if (closing_ && buffer_.empty()) return HeadStep::kClose;
      ArmHeadTimer();
      buffer_.ReleaseIfEmpty();
      return HeadStep::kWait;
    }
    buffer_.EnsureRoom();
    const IoResult result = TryRead(buffer_.tail(), buffer_.room());
    if (result.state == IoState::kOk) {
      buffer_.Extend(result.bytes);
    } else if (result.state != IoState::kWouldBlock) {
      return HeadStep::kClose;
    }
  }
}

Session::HeadStep Session::CheckHead() {
  const std::string_view data = buffer_.view();
  const HttpServerOptions& options = context_.options;
  const HeadScanner::State state = scanner_.Scan(data);
  if (state == HeadScanner::State::kBareLineFeed) {
    return Reject(400, "a line of the request head does not end in CR LF");
  }
  if (scanner_.first_line_size() > options.max_header_bytes / 2) {
    return Reject(414, "the request target is too long");
  }
  const bool complete = state == HeadScanner::State::kComplete;
  if ((complete ? scanner_.head_size() : data.size()) > options.max_header_bytes) {
    return Reject(431, "the request head is too long");
  }
  if (!complete) return HeadStep::kWait;
  reject_ = ParseRequestHead(data.substr(0, scanner_.head_size()), options.max_headers, head_);
  if (!reject_.ok()) return HeadStep::kReject;
  buffer_.Consume(scanner_.head_size());
  body_state_ = head_.framing == Framing::kNone ? BodyState::kRead : BodyState::kUnread;
  return HeadStep::kReady;
}

void Session::ArmHeadTimer() {
  const HttpServerOptions& options = context_.options;
  if (!buffer_.empty()) {
    if (head_started_) return;
    head_started_ = true;
    loop_.wheel().Schedule(timer_, loop_.now() + options.header_timeout);
  } else if (!timer_.scheduled()) {
    loop_.wheel().Schedule(
        timer_, loop_.now() + (first_request_ ? options.header_timeout : options.idle_timeout));
  }
}

Awaitable<void> Session::SendReject() {
  phase_ = Phase::kHandling;
  body_state_ = BodyState::kFailed;
  head_.method = {};
  const std::string body = ErrorBody(reject_.message, "invalid_request_error");
  const std::array<HeaderView, 1> headers{kJson};
  close_after_response_ = true;
  timed_out_ = false;
  const absl::Status status = co_await Respond(reject_.status, headers, body);
  if (status.ok()) co_await Linger();
}

Awaitable<bool> Session::EndRequest() {
  timer_.Cancel();
  timed_out_ = false;
  if (broken_ || cut_) co_return false;
  if (!response_started_) {
    const std::string body = ErrorBody("the gateway failed to answer", "server_error");
    const std::array<HeaderView, 1> headers{kJson};
    const absl::Status status = co_await Respond(500, headers, body);
    if (!status.ok()) co_return false;
  }
  if (!response_finished_) {
    Abort();
    co_return false;
  }
  // A drain may have begun after the head went out.
  const bool last = close_after_response_ || context_.draining;
  if (keep_alive_ && !last && BodyIsRead()) co_return true;
  if (body_state_ != BodyState::kRead || !buffer_.empty()) co_await Linger();
  co_return false;
}

Awaitable<void> Session::Linger() {
  ::shutdown(fd_, SHUT_WR);
  phase_ = Phase::kHandling;
  timed_out_ = false;
  loop_.wheel().Schedule(timer_, loop_.now() + kLingerTime);
  buffer_.Clear();
  buffer_.EnsureRoom();
  while (!timed_out_ && !cut_) {
    const IoResult result = TryRead(buffer_.tail(), buffer_.room());
    if (result.state == IoState::kWouldBlock) {
      co_await WaitReady(kRead);
    } else if (result.state != IoState::kOk) {
      break;
    }
  }
  timer_.Cancel();
}

void Session::OnTimer() {
  if (reading_body_ && loop_.now() < BodyDeadline()) {
    loop_.wheel().Schedule(timer_, BodyDeadline());
    return;
  }
  timed_out_ = true;
  waiter_.ResumeLater(loop_.executor());
}

void Session::OnUnawaitedEvent() {
  if (hung_up_ && phase_ == Phase::kHandling) client_gone_.Cancel();
}

CancelSignal& Session::client_gone() {
  if (hung_up_ || cut_) client_gone_.Cancel();
  return client_gone_;
}

void Session::CloseIfIdle() {
  if (phase_ != Phase::kHead || !buffer_.empty()) return;
  closing_ = true;
  readable_ = true;  // one last look for a request that has just come
  waiter_.ResumeLater(loop_.executor());
}

void Session::Cut() {
  cut_ = true;
  if (fd_ >= 0) ::shutdown(fd_, SHUT_RDWR);
  waiter_.ResumeLater(loop_.executor());
  client_gone_.Cancel();
}

}  // namespace junctor::net
