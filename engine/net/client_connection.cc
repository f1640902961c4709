#include "engine/net/client_connection.h"

#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <new>

namespace junctor::net {

ClientConnection::ClientConnection(ConnectionPool::Impl& pool, UpstreamHost& host)
    : Transport(pool.loop),
      pool_(pool),
      host_(host),
      timer_([this] { OnTimer(); }),
      cancel_hook_([this] { Cancel(); }) {
  ++host_.open_count;
  ++pool_.open_count;
}

ClientConnection::~ClientConnection() {
  loop_.buffers().Give(buffer_, capacity_);
  CloseTransport();
  --host_.open_count;
  --pool_.open_count;
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
  return ended_ && sent_whole_ && head_.keep_alive && begin_ == end_ && !cancelled_ && !hung_up_ &&
         !failure_ && fd_ >= 0;
}

void ClientConnection::BecomeIdle(std::chrono::milliseconds timeout) {
  End();
  idle_ = true;
  reused_ = true;
  ReleaseBufferIfEmpty();
  loop_.wheel().Schedule(timer_, loop_.now() + timeout);
}

void ClientConnection::SetDeadline(TimePoint deadline) {
  deadline_ = deadline;
  timed_out_ = false;
  loop_.wheel().Schedule(timer_, deadline);
}

void ClientConnection::Cancel() {
  cancelled_ = true;
  waiter_.ResumeLater(loop_.executor());
}

void ClientConnection::OnTimer() {
  if (idle_) {
    pool_.RemoveIdle(*this);
    return;
  }
  timed_out_ = true;
  waiter_.ResumeLater(loop_.executor());
}

void ClientConnection::OnUnawaitedEvent() {
  if (!idle_) return;
  bool dead = hung_up_;
  if (!dead && readable_ && tls() == nullptr) {
    // Either an answer to nothing, or the late event of bytes that were read already.
    char byte;
    dead = ::recv(fd_, &byte, 1, MSG_PEEK) >= 0 || (errno != EAGAIN && errno != EWOULDBLOCK);
    if (!dead) readable_ = false;
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

Awaitable<std::optional<NetError>> ClientConnection::RoundTrip(
    std::string_view head, std::span<const std::string_view> body) {
  to_head_request_ = head.substr(0, 5) == "HEAD ";
  scanner_.Reset();
  head_.status = 0;
  ended_ = false;
  failure_.reset();
  gather_.Clear();
  gather_.Add(head.data(), head.size());
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
    if (end_ > begin_) {
      const std::string_view data(buffer_ + begin_, end_ - begin_);
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
    EnsureRoom();
    const IoResult result = TryRead(buffer_ + end_, capacity_ - end_);
    if (result.state == IoState::kWouldBlock) return false;
    if (result.state != IoState::kOk) {
      failure = Broken(result,
                       any_byte_received_ ? " within the response head" : " before an answer came");
      return true;
    }
    any_byte_received_ = true;
    end_ += result.bytes;
  }
}

// True when this was the final head, or is wrong.
bool ClientConnection::TakeHead(size_t size, Failure& failure) {
  head_bytes_.assign(buffer_ + begin_, size);
  begin_ += size;
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
  if (head_.status < 200) return false;
  ended_ = head_.framing == Framing::kNone ||
           (head_.framing == Framing::kLength && head_.content_length == 0);
  remaining_ = head_.content_length;
  body_bytes_ = 0;
  decoder_.Reset();
  return true;
}

void ClientConnection::EnsureRoom() {
  if (buffer_ == nullptr) {
    buffer_ = loop_.buffers().Take();
    capacity_ = BufferPool::kBlockBytes;
    begin_ = end_ = 0;
  }
  if (begin_ == end_) begin_ = end_ = 0;
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

void ClientConnection::ReleaseBufferIfEmpty() {
  if (buffer_ == nullptr || end_ > begin_) return;
  loop_.buffers().Give(buffer_, capacity_);
  buffer_ = nullptr;
  capacity_ = begin_ = end_ = 0;
}

Awaitable<NetResult<std::string_view>> ClientConnection::ReadSome() {
  while (true) {
    if (std::optional<NetResult<std::string_view>> piece = TryReadSome()) {
      co_return std::move(*piece);
    }
    ReleaseBufferIfEmpty();
    co_await WaitReady(kRead);
  }
}

std::optional<NetResult<std::string_view>> ClientConnection::TryReadSome() {
  if (failure_) return NetResult<std::string_view>(*failure_);
  if (cancelled_) failure_ = Interrupted();
  while (!failure_) {
    if (ended_) return NetResult<std::string_view>(std::string_view());
    if (end_ > begin_) {
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
    EnsureRoom();
    const IoResult result = TryRead(buffer_, capacity_);
    if (result.state == IoState::kOk) {
      end_ = result.bytes;
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
  char* const data = buffer_ + begin_;
  const size_t available = end_ - begin_;
  size_t size = available;
  if (head_.framing == Framing::kLength) {
    size = static_cast<size_t>(std::min<uint64_t>(remaining_, available));
    begin_ += size;
    remaining_ -= size;
    ended_ = remaining_ == 0;
  } else if (head_.framing == Framing::kChunked) {
    const ChunkDecoder::Result result = decoder_.Decode(data, available);
    begin_ += result.consumed;
    size = result.produced;
    // Bytes before a fault are still passed on; the fault is met again by the next call.
    if (decoder_.failed() && size == 0) {
      return Error(NetErrorKind::kProtocol,
                   "the chunked body is malformed: " + std::string(decoder_.error()));
    }
    ended_ = decoder_.finished();
  } else {
    begin_ = end_;
  }
  body_bytes_ += size;
  return std::string_view(data, size);
}

}  // namespace junctor::net
