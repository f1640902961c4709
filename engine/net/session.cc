#include "engine/net/session.h"

#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstring>
#include <new>

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
      timer_([this] { OnTimer(); }) {
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
  loop_.buffers().Give(buffer_, capacity_);
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
  if (begin_ > 0) {
    std::memmove(buffer_, buffer_ + begin_, end_ - begin_);
    end_ -= begin_;
    begin_ = 0;
  }
  if (!leftover_.empty()) {
    // Only after a chunked body, which leaves nothing else in the buffer; at most one read's worth.
    if (buffer_ == nullptr) EnsureRoom();
    std::memcpy(buffer_ + end_, leftover_.data(), leftover_.size());
    end_ += leftover_.size();
    leftover_.clear();
  }
  scanner_.Reset();
  head_started_ = false;
  timed_out_ = false;
  body_state_ = BodyState::kUnread;
  reading_body_ = false;
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
    for (int i = 0; i < kMaxLeadingLines && end_ - begin_ >= 2 &&
                    std::memcmp(buffer_ + begin_, "\r\n", 2) == 0;
         ++i) {
      begin_ += 2;
      scanner_.Reset();
    }
    if (end_ > begin_) {
      const HeadStep step = CheckHead();
      if (step != HeadStep::kWait) return step;
    }
    if (!readable_) {
      if (closing_ && end_ == begin_) return HeadStep::kClose;
      ArmHeadTimer();
      ReleaseBufferIfEmpty();
      return HeadStep::kWait;
    }
    EnsureRoom();
    const IoResult result = TryRead(buffer_ + end_, capacity_ - end_);
    if (result.state == IoState::kOk) {
      end_ += result.bytes;
    } else if (result.state != IoState::kWouldBlock) {
      return HeadStep::kClose;
    }
  }
}

Session::HeadStep Session::CheckHead() {
  const std::string_view data(buffer_ + begin_, end_ - begin_);
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
  begin_ += scanner_.head_size();
  body_state_ = head_.framing == Framing::kNone ? BodyState::kRead : BodyState::kUnread;
  return HeadStep::kReady;
}

void Session::ArmHeadTimer() {
  const HttpServerOptions& options = context_.options;
  if (end_ > begin_) {
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
  if (body_state_ != BodyState::kRead || end_ > begin_) co_await Linger();
  co_return false;
}

Awaitable<void> Session::Linger() {
  ::shutdown(fd_, SHUT_WR);
  phase_ = Phase::kHandling;
  timed_out_ = false;
  loop_.wheel().Schedule(timer_, loop_.now() + kLingerTime);
  begin_ = end_ = 0;
  EnsureRoom();
  while (!timed_out_ && !cut_) {
    const IoResult result = TryRead(buffer_, capacity_);
    if (result.state == IoState::kWouldBlock) {
      co_await WaitReady(kRead);
    } else if (result.state != IoState::kOk) {
      break;
    }
  }
  timer_.Cancel();
}

void Session::EnsureRoom() {
  if (buffer_ == nullptr) {
    buffer_ = loop_.buffers().Take();
    capacity_ = BufferPool::kBlockBytes;
    begin_ = end_ = 0;
  }
  if (end_ < capacity_) return;
  if (begin_ > 0) {
    std::memmove(buffer_, buffer_ + begin_, end_ - begin_);
    end_ -= begin_;
    begin_ = 0;
    return;
  }
  void* grown = std::realloc(buffer_, capacity_ * 2 + BufferPool::kPadding);
  if (grown == nullptr) throw std::bad_alloc();
  buffer_ = static_cast<char*>(grown);
  capacity_ *= 2;
}

void Session::ReleaseBufferIfEmpty() {
  if (buffer_ == nullptr || end_ > begin_) return;
  loop_.buffers().Give(buffer_, capacity_);
  buffer_ = nullptr;
  capacity_ = begin_ = end_ = 0;
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
  if (phase_ != Phase::kHead || end_ > begin_) return;
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
