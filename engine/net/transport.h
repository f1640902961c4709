// A socket that may speak TLS: reads and gathered writes that never block. Sessions and upstream
// connections are built on it.
#pragma once

#include <sys/uio.h>

#include <cstddef>
#include <string>

#include "engine/net/poller.h"

struct ssl_st;

namespace junctor::net {

enum class IoState {
  kOk,
  kWouldBlock,
  kEnd,    // reads only: the peer ended its side properly
  kError,  // Transport::io_error() says what
};

struct IoResult {
  IoState state = IoState::kOk;
  size_t bytes = 0;
};

// The rest of a gathered write.
class Gather {
 public:
  static constexpr size_t kMaxPieces = 64;

  // False when it is full. Empty pieces are left out.
  bool Add(const char* data, size_t size);
  void Consume(size_t bytes);
  bool empty() const { return first_ == count_; }
  bool full() const { return count_ == kMaxPieces; }
  iovec* pieces() { return pieces_ + first_; }
  size_t count() const { return count_ - first_; }
  void Clear() { first_ = count_ = 0; }

 private:
  size_t first_ = 0;
  size_t count_ = 0;
  iovec pieces_[kMaxPieces];
};

// Used on the loop's thread.
class Transport : public Channel {
 public:
  using Channel::Channel;
  ~Transport() override;

 protected:
  // Reads what is there, at most `size` bytes.
  IoResult TryRead(char* data, size_t size);
  // Writes as much as the socket takes at once and removes it from `gather`. kOk: all of it.
  IoResult TryWrite(Gather& gather);
  void CloseTransport();

  // Takes ownership of a TLS connection whose handshake is done on fd().
  void SetTls(ssl_st* tls) { tls_ = tls; }
  ssl_st* tls() const { return tls_; }
  // After kError: the cause in words, e.g. "Connection reset by peer".
  const std::string& io_error() const { return io_error_; }

 private:
  IoResult TryReadTls(char* data, size_t size);
  IoResult TryWriteTls(Gather& gather);
  IoResult Fail(int error);

  ssl_st* tls_ = nullptr;
  std::string io_error_;
};

// The newest error of OpenSSL's queue in words, or `fallback`; empties the queue.
std::string TlsErrorText(const std::string& fallback);

}  // namespace junctor::net
