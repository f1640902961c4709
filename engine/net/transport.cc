#include "engine/net/transport.h"

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <system_error>

namespace junctor::net {
namespace {

// One TLS record's worth: gathered pieces are copied together up to this, since TLS copies anyway.
constexpr size_t kTlsWriteBytes = 16 * 1024;

}  // namespace

bool Gather::Add(const char* data, size_t size) {
  if (size == 0) return true;
  if (full()) return false;
  pieces_[count_].iov_base = const_cast<char*>(data);
  pieces_[count_].iov_len = size;
  ++count_;
  return true;
}

void Gather::Consume(size_t bytes) {
  while (bytes > 0) {
    iovec& piece = pieces_[first_];
    if (bytes < piece.iov_len) {
      piece.iov_base = static_cast<char*>(piece.iov_base) + bytes;
      piece.iov_len -= bytes;
      return;
    }
    bytes -= piece.iov_len;
    ++first_;
  }
}

Transport::~Transport() { CloseTransport(); }

void Transport::CloseTransport() {
  if (tls_ != nullptr) {
    if (fd_ >= 0) SSL_shutdown(tls_);  // best effort: says that this end is deliberate
    SSL_free(tls_);
    ERR_clear_error();
    tls_ = nullptr;
  }
  CloseFd();
}

IoResult Transport::Fail(int error) {
  io_error_ = std::generic_category().message(error);
  readable_ = false;
  return {IoState::kError, 0};
}

IoResult Transport::TryRead(char* data, size_t size) {
  if (tls_ != nullptr) return TryReadTls(data, size);
  if (fd_ < 0) return Fail(ENOTCONN);
  while (true) {
    const ssize_t n = ::recv(fd_, data, size, 0);
    if (n > 0) {
      // A short read has emptied the socket; what comes later is a new event. Unless the end is
      // known to be next.
      if (static_cast<size_t>(n) < size && !hung_up_) readable_ = false;
      return {IoState::kOk, static_cast<size_t>(n)};
    }
    if (n == 0) return {IoState::kEnd, 0};
    if (errno == EINTR) continue;
    if (errno == EAGAIN || errno == EWOULDBLOCK) {
      readable_ = false;
      return {IoState::kWouldBlock, 0};
    }
    return Fail(errno);
  }
}

IoResult Transport::TryWrite(Gather& gather) {
  if (tls_ != nullptr) return TryWriteTls(gather);
  if (fd_ < 0) return Fail(ENOTCONN);
  size_t written = 0;
  while (!gather.empty()) {
    msghdr message{};
    message.msg_iov = gather.pieces();
    message.msg_iovlen = gather.count();
    const ssize_t n = ::sendmsg(fd_, &message, MSG_NOSIGNAL);
    if (n >= 0) {
      gather.Consume(static_cast<size_t>(n));
      written += static_cast<size_t>(n);
      continue;
    }
    if (errno == EINTR) continue;
    if (errno == EAGAIN || errno == EWOULDBLOCK) {
      writable_ = false;
      return {IoState::kWouldBlock, written};
    }
    return Fail(errno);
  }
  return {IoState::kOk, written};
}

IoResult Transport::TryReadTls(char* data, size_t size) {
  ERR_clear_error();
  errno = 0;
  const int n = SSL_read(tls_, data, static_cast<int>(std::min<size_t>(size, 1 << 30)));
  if (n > 0) return {IoState::kOk, static_cast<size_t>(n)};
  switch (SSL_get_error(tls_, n)) {
    case SSL_ERROR_WANT_READ:
    case SSL_ERROR_WANT_WRITE:
      readable_ = false;
      return {IoState::kWouldBlock, 0};
    case SSL_ERROR_ZERO_RETURN:
      return {IoState::kEnd, 0};
    case SSL_ERROR_SYSCALL:
      if (errno != 0) return Fail(errno);
      [[fallthrough]];
    default:
      io_error_ = TlsErrorText("the connection ended without TLS's close_notify");
      return {IoState::kError, 0};
  }
}

IoResult Transport::TryWriteTls(Gather& gather) {
  thread_local char scratch[kTlsWriteBytes];
  size_t written = 0;
  while (!gather.empty()) {
    const iovec* pieces = gather.pieces();
    const char* data = static_cast<const char*>(pieces[0].iov_base);
    size_t size = std::min(pieces[0].iov_len, kTlsWriteBytes);
    if (size < kTlsWriteBytes && gather.count() > 1) {
      size = 0;
      for (size_t i = 0; i < gather.count() && size < kTlsWriteBytes; ++i) {
        const size_t part = std::min(pieces[i].iov_len, kTlsWriteBytes - size);
        std::memcpy(scratch + size, pieces[i].iov_base, part);
        size += part;
      }
      data = scratch;
    }
    ERR_clear_error();
    errno = 0;
    const int n = SSL_write(tls_, data, static_cast<int>(size));
    if (n > 0) {
      gather.Consume(static_cast<size_t>(n));
      written += static_cast<size_t>(n);
      continue;
    }
    switch (SSL_get_error(tls_, n)) {
      case SSL_ERROR_WANT_WRITE:
      case SSL_ERROR_WANT_READ:
        writable_ = false;
        return {IoState::kWouldBlock, written};
      case SSL_ERROR_SYSCALL:
        if (errno != 0) return Fail(errno);
        [[fallthrough]];
      default:
        io_error_ = TlsErrorText("the TLS connection broke");
        return {IoState::kError, written};
    }
  }
  return {IoState::kOk, written};
}

std::string TlsErrorText(const std::string& fallback) {
  const unsigned long code = ERR_peek_last_error();
  ERR_clear_error();
  if (code == 0) return fallback;
  const char* reason = ERR_reason_error_string(code);
  return reason == nullptr ? fallback : std::string(reason);
}

}  // namespace junctor::net
