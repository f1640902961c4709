// Reading a request's body: in place when it came with the head, into storage of its own otherwise.
#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <new>

#include "engine/net/session.h"

namespace junctor::net {
namespace {

static_assert(BufferPool::kPadding >= BodyBuffer::kPadding);

// The first allocation for a body whose announced length nobody has proved yet.
constexpr size_t kFirstBodyBytes = 256 * 1024;

// A body under construction: malloc'd, growing, always with the padding that BodyBuffer promises.
class BodyStorage {
 public:
  explicit BodyStorage(size_t capacity) { Grow(capacity); }
  BodyStorage(const BodyStorage&) = delete;
  BodyStorage& operator=(const BodyStorage&) = delete;
  ~BodyStorage() { std::free(data_); }

  void Grow(size_t capacity) {
    void* grown = std::realloc(data_, capacity + BodyBuffer::kPadding);
    if (grown == nullptr) throw std::bad_alloc();
    data_ = static_cast<char*>(grown);
    capacity_ = capacity;
  }

  char* tail() { return data_ + size_; }
  size_t room() const { return capacity_ - size_; }
  size_t size() const { return size_; }
  size_t capacity() const { return capacity_; }
  void Extend(size_t bytes) { size_ += bytes; }

  BodyBuffer Release() {
    std::memset(data_ + size_, 0, BodyBuffer::kPadding);
    BodyBuffer body(data_, size_, data_);
    data_ = nullptr;
    return body;
  }

 private:
  char* data_ = nullptr;
  size_t size_ = 0;
  size_t capacity_ = 0;
};

}  // namespace

std::optional<BodyBuffer> Session::TryReadBody(size_t max_bytes) {
  if (head_.framing == Framing::kNone) return BodyBuffer();
  if (body_state_ != BodyState::kUnread || head_.framing != Framing::kLength) return std::nullopt;
  const uint64_t length = head_.content_length;
  if (length > max_bytes || length > buffer_.size()) return std::nullopt;
  const char* data = buffer_.data();
  buffer_.Consume(static_cast<size_t>(length));
  body_state_ = BodyState::kRead;
  return BodyBuffer(data, static_cast<size_t>(length), nullptr);
}

bool Session::BodyIsRead() {
  if (body_state_ == BodyState::kUnread) (void)TryReadBody(SIZE_MAX);
  return body_state_ == BodyState::kRead;
}

TimePoint Session::BodyDeadline() const {
  const HttpServerOptions& options = context_.options;
  const std::chrono::milliseconds earned(body_received_ * 1000 / options.min_body_bytes_per_second);
  return body_start_ + options.body_timeout + earned;
}

Awaitable<absl::StatusOr<BodyBuffer>> Session::ReadBody(size_t max_bytes) {
  if (std::optional<BodyBuffer> body = TryReadBody(max_bytes)) co_return std::move(*body);
  if (body_state_ != BodyState::kUnread) {
    co_return absl::FailedPreconditionError("the body was read already");
  }
  body_state_ = BodyState::kFailed;  // until it succeeds
  if (head_.framing == Framing::kLength && head_.content_length > max_bytes) {
    co_return absl::ResourceExhaustedError(
        "the request body of " + std::to_string(head_.content_length) +
        " bytes is over the limit of " + std::to_string(max_bytes));
  }
  absl::StatusOr<BodyBuffer> body = co_await ReadBodySlow(max_bytes);
  reading_body_ = false;
  timer_.Cancel();
  if (body.ok()) body_state_ = BodyState::kRead;
  co_return body;
}

Awaitable<absl::Status> Session::SendContinue() {
  absl::Status status;
  if (!head_.expect_continue || !buffer_.empty() || response_started_) co_return status;
  static constexpr std::string_view kContinue = "HTTP/1.1 100 Continue\r\n\r\n";
  gather_.Clear();
  gather_.Add(kContinue.data(), kContinue.size());
  if (!FlushNow(status)) status = co_await FlushSlow();
  co_return status;
}

Awaitable<absl::StatusOr<BodyBuffer>> Session::ReadBodySlow(size_t max_bytes) {
  const bool chunked = head_.framing == Framing::kChunked;
  const size_t buffered = buffer_.size();
  if (absl::Status status = co_await SendContinue(); !status.ok()) co_return status;
  const size_t length = chunked ? 0 : static_cast<size_t>(head_.content_length);
  BodyStorage storage(chunked ? std::max(buffered, BufferPool::kBlockBytes)
                              : std::min(length, std::max(buffered, kFirstBodyBytes)));
  if (chunked) decoder_.Reset();
  reading_body_ = true;
  body_start_ = loop_.now();
  body_received_ = 0;

  // What came with the head is the first piece; the buffer's part of it is used up either way.
  size_t got = std::min(buffered, storage.room());
  std::memcpy(storage.tail(), buffer_.data(), got);
  buffer_.Consume(got);
  while (true) {
    body_received_ += got;
    if (chunked) {
      const ChunkDecoder::Result result = decoder_.Decode(storage.tail(), got);
      const std::string_view rest(storage.tail() + result.consumed, got - result.consumed);
      if (decoder_.failed()) {
        co_return absl::InvalidArgumentError("the chunked request body is malformed: " +
                                             std::string(decoder_.error()));
      }
      if (decoder_.finished()) leftover_.assign(rest);
      storage.Extend(result.produced);
      if (storage.size() > max_bytes) {
        co_return absl::ResourceExhaustedError("the request body is over the limit of " +
                                               std::to_string(max_bytes) + " bytes");
      }
      if (decoder_.finished()) co_return storage.Release();
    } else {
      storage.Extend(got);
      if (storage.size() == length) co_return storage.Release();
    }
    if (storage.room() < (chunked ? BufferPool::kBlockBytes / 4 : 1)) {
      const size_t doubled = storage.capacity() * 2;
      storage.Grow(chunked ? doubled : std::min(doubled, length));
    }
    // A chunked body is read a block at a time, so that what follows it fits into one.
    const size_t room =
        chunked ? std::min(storage.room(), BufferPool::kBlockBytes) : storage.room();
    IoResult result = TryRead(storage.tail(), room);
    while (result.state == IoState::kWouldBlock) {
      if (!timer_.scheduled()) loop_.wheel().Schedule(timer_, BodyDeadline());
      co_await WaitReady(kRead);
      if (timed_out_) {
        timed_out_ = false;
        co_return absl::DeadlineExceededError("the request body took too long");
      }
      result = TryRead(storage.tail(), room);
    }
    if (result.state != IoState::kOk) {
      broken_ = true;
      client_gone_.Cancel();
      co_return absl::CancelledError("the client closed the connection within the request body");
    }
    got = result.bytes;
  }
}

}  // namespace junctor::net
