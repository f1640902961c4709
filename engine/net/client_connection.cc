#include "engine/net/client_connection.h"

#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <new>

namespace junctor::net {
namespace {

// Interim (1xx) answers before the final one: 100 and a few 103s are usual, more is a flood.
constexpr int kMaxInterimAnswers = 16;

}  // namespace

ClientConnection::ClientConnection(ConnectionPool::Impl& pool, UpstreamHost& host)
    : Transport(pool.loop),
      pool_(pool),
      host_(host),
      timer_([this] { OnTimer(); }),
      cancel_hook_([this] { Cancel(); }),
      buffer_(pool.loop.buffers()) {
  ++host_.open_count;
  ++pool_.open_count;
}

ClientConnection::~ClientConnection() {
  CloseTransport();
  --host_.open_count;
  --pool_.open_count;
  pool_.OnPlaceFree(host_);
}

void ClientConnection::Begin(const SendOptions& options) {
  idle_ = false;
  cancelled_ = false;
  any_byte_received_ = false;
  broken_by_peer_ = false;
  sent_whole_ = false;
  SetDeadline(options.deadline);
  cancel_hook_.Attach(options.cancel);
}

void ClientConnection::End() {
  cancel_hook_.Detach();
  timer_.Cancel();
}

bool ClientConnection::reusable() const {
  return ended_ && sent_whole_ && head_.keep_alive && buffer_.empty() && !cancelled_ && !hung_up_ &&
         !failure_ && fd_ >= 0;
}

void ClientConnection::BecomeIdle(std::chrono::milliseconds timeout) {
  End();
  idle_ = true;
  reused_ = true;
  buffer_.ReleaseIfEmpty();
  loop_.wheel().Schedule(timer_, loop_.now() + timeout);
}

void ClientConnection::SetDeadline(TimePoint deadline) {
  deadline_ = deadline;
  timed_out_ = false;
  loop_.wheel().Schedule(timer_, deadline);
}

void ClientConnection::Cancel() {
  cancelled_ = true;
  InterruptBody();
  waiter_.ResumeLater(loop_.executor());
}

void ClientConnection::OnTimer() {
  if (idle_) {
    pool_.RemoveIdle(*this);
    return;
  }
  timed_out_ = true;
  InterruptBody();
  waiter_.ResumeLater(loop_.executor());
}

void ClientConnection::OnUnawaitedEvent() {
  if (body_source_ != nullptr && (readable_ || hung_up_)) {
    // Perhaps an answer that comes before the end of the request.
    body_interrupted_ = true;
    InterruptBody();
  }
  if (!idle_) return;
  bool dead = hung_up_;
  if (!dead && readable_) {
    // Either an answer to nothing, or what means nothing: the late event of bytes that were read
    // already, or a session ticket of TLS.
    char byte;
    dead = TryRead(&byte, 1).state != IoState::kWouldBlock;
  }
  if (dead) pool_.RemoveIdle(*this);
}

NetError ClientConnection::Error(NetErrorKind kind, const std::string& cause) const {
  return {kind, host_.label + ": " + cause};
}

NetError ClientConnection::Broken(const IoResult& result, const std::string& when) {
  broken_by_peer_ = true;
  return Error(NetErrorKind::kReset,
               (result.state == IoState::kEnd ? "the connection was closed" : io_error()) + when);
}

ClientConnection::Failure ClientConnection::Interrupted() const {
  if (cancelled_) return Error(NetErrorKind::kCancelled, "the request was cancelled");
  if (timed_out_) return Error(NetErrorKind::kTimeout, "no answer before the deadline");
  return std::nullopt;
}

void ClientConnection::BeginExchange(std::string_view head) {
  to_head_request_ = head.substr(0, 5) == "HEAD ";
  scanner_.Reset();
  head_.status = 0;
  interim_answers_ = 0;
  ended_ = false;
  failure_.reset();
  read_more_of_body_ = false;
  gather_.Clear();
}

void ClientConnection::AddHead(std::string_view head, std::string_view framing_field) {
  const auto add = [this](std::string_view text) { gather_.Add(text.data(), text.size()); };
  if (!host_.target_prefix.empty()) {
    // A proxy that has no tunnel is told the whole URL, and who asks.
    const size_t target = head.find(' ') + 1;
    const size_t fields = head.find("\r\n") + 2;
    add(head.substr(0, target));
    add(host_.target_prefix);
    add(head.substr(target, fields - target));
    add(host_.proxy_fields);
    head.remove_prefix(fields);
  }
  if (framing_field.empty()) {
    add(head);
    return;
  }
  const std::string_view empty_line = head.substr(head.size() - 2);
  add(head.substr(0, head.size() - 2));
  add(framing_field);
  add(empty_line);
}

Awaitable<std::optional<NetError>> ClientConnection::RoundTrip(
    std::string_view head, std::span<const std::string_view> body) {
  BeginExchange(head);
  AddHead(head, {});
  size_t next_piece = 0;
  IoResult written;
  bool sending = true;
  while (true) {
    if (Failure interrupted = Interrupted()) co_return interrupted;
    while (sending && writable_) {
      while (next_piece < body.size() &&
             gather_.Add(body[next_piece].data(), body[next_piece].size())) {
        ++next_piece;
      }
      written = TryWrite(gather_);
      if (written.state == IoState::kWouldBlock) break;
      if (written.state == IoState::kError) sending = false;
      if (written.state == IoState::kOk && next_piece == body.size()) {
        sending = false;
        sent_whole_ = true;
      }
      if (gather_.empty()) gather_.Clear();
    }
    if (written.state == IoState::kError) readable_ = true;  // the answer may have come before
    Failure failure;
    if (StepHead(failure)) co_return failure;
    if (written.state == IoState::kError) co_return Broken(written, " while the request was sent");
    co_await WaitReady(sending ? kRead | kWrite : kRead);
  }
}

bool ClientConnection::StepHead(Failure& failure) {
  while (true) {
    if (!buffer_.empty()) {
      const std::string_view data = buffer_.view();
      const HeadScanner::State state = scanner_.Scan(data);
      if (state == HeadScanner::State::kBareLineFeed) {
        failure = Error(NetErrorKind::kProtocol, "the answer is not HTTP/1.1");
        return true;
      }
      const bool complete = state == HeadScanner::State::kComplete;
      if ((complete ? scanner_.head_size() : data.size()) >
          pool_.options.max_response_header_bytes) {
        failure = Error(NetErrorKind::kProtocol, "the response head is too long");
        return true;
      }
      if (complete) {
        if (TakeHead(scanner_.head_size(), failure)) return true;
        continue;
      }
    }
    if (!readable_) return false;
    buffer_.EnsureRoom();
    const IoResult result = TryRead(buffer_.tail(), buffer_.room());
    if (result.state == IoState::kWouldBlock) return false;
    if (result.state != IoState::kOk) {
      failure = Broken(result,
                       any_byte_received_ ? " within the response head" : " before an answer came");
      return true;
    }
    any_byte_received_ = true;
    buffer_.Extend(result.bytes);
  }
}

// True when this was the final head, or is wrong.
bool ClientConnection::TakeHead(size_t size, Failure& failure) {
  head_bytes_.assign(buffer_.data(), size);
  buffer_.Consume(size);
  scanner_.Reset();
  const HeadError error =
      ParseResponseHead(head_bytes_, pool_.options.max_response_headers, to_head_request_, head_);
  if (!error.ok()) {
    failure = Error(NetErrorKind::kProtocol, std::string(error.message));
    return true;
  }
  if (head_.status == 101) {
    failure = Error(NetErrorKind::kProtocol, "the upstream switched protocols unasked");
    return true;
  }
  if (head_.status < 200) {
    if (++interim_answers_ <= kMaxInterimAnswers) return false;
    failure =
        Error(NetErrorKind::kProtocol, "the upstream sent more than " +
                                           std::to_string(kMaxInterimAnswers) + " interim answers");
    return true;
  }
  ended_ = head_.framing == Framing::kNone ||
           (head_.framing == Framing::kLength && head_.content_length == 0);
  remaining_ = head_.content_length;
  body_bytes_ = 0;
  decoder_.Reset();
  return true;
}

Awaitable<NetResult<std::string_view>> ClientConnection::ReadSome() {
  while (true) {
    if (std::optional<NetResult<std::string_view>> piece = TryReadSome()) {
      co_return std::move(*piece);
    }
    buffer_.ReleaseIfEmpty();
    co_await WaitReady(kRead);
  }
}

std::optional<NetResult<std::string_view>> ClientConnection::TryReadSome() {
  if (failure_) return NetResult<std::string_view>(*failure_);
  if (cancelled_) failure_ = Interrupted();
  while (!failure_) {
    if (ended_) return NetResult<std::string_view>(std::string_view());
    if (!buffer_.empty()) {
      NetResult<std::string_view> piece = TakeBody();
      if (!piece.ok()) {
        failure_ = piece.error();
      } else if (!piece->empty() || ended_) {
        return piece;
      }
      continue;
    }
    if (timed_out_) {
      failure_ = Interrupted();
      continue;
    }
    if (!readable_) return std::nullopt;
    buffer_.EnsureRoom();
    const IoResult result = TryRead(buffer_.tail(), buffer_.room());
    if (result.state == IoState::kOk) {
      buffer_.Extend(result.bytes);
    } else if (result.state == IoState::kWouldBlock) {
      return std::nullopt;
    } else if (result.state == IoState::kEnd && head_.framing == Framing::kUntilClose) {
      ended_ = true;
    } else {
      std::string when = " within the body, after " + std::to_string(body_bytes_) + " bytes";
      if (head_.framing == Framing::kLength) {
        when += " of " + std::to_string(head_.content_length);
      }
      failure_ = Broken(result, when);
    }
  }
  return NetResult<std::string_view>(*failure_);
}

NetResult<std::string_view> ClientConnection::TakeBody() {
  char* const data = buffer_.data();
  const size_t available = buffer_.size();
  size_t size = available;
  if (head_.framing == Framing::kLength) {
    size = static_cast<size_t>(std::min<uint64_t>(remaining_, available));
    buffer_.Consume(size);
    remaining_ -= size;
    ended_ = remaining_ == 0;
  } else if (head_.framing == Framing::kChunked) {
    const ChunkDecoder::Result result = decoder_.Decode(data, available);
    buffer_.Consume(result.consumed);
    size = result.produced;
    // Bytes before a fault are still passed on; the fault is met again by the next call.
    if (decoder_.failed() && size == 0) {
      return Error(NetErrorKind::kProtocol,
                   "the chunked body is malformed: " + std::string(decoder_.error()));
    }
    ended_ = decoder_.finished();
  } else {
    buffer_.Consume(available);
  }
  body_bytes_ += size;
  return std::string_view(data, size);
}

}  // namespace junctor::net
