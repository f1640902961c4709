// One client's connection at the faulty provider: bytes in, bytes out, and ways to break it off.
// Blocks the thread that calls it; everything ends early when the provider stops.
#pragma once

#include <openssl/ssl.h>

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "engine/faulty/received_request.h"
#include "engine/faulty/tls_faults.h"

namespace junctor::engine {

class Connection {
 public:
  // Takes over `socket` (non-blocking). `stop` becomes readable when the provider stops. `tls` may
  // be null and outlives this object.
  Connection(int socket, int stop, SSL_CTX* tls, uint64_t number);
  ~Connection();
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  // The TLS handshake, where there is TLS. False where it fails.
  bool Handshake();
  // The next request with its body; answers `Expect: 100-continue`. Empty where the client is gone
  // or does not speak HTTP/1.
  std::optional<ReceivedRequest> ReadRequest();
  // False when the client is gone, and ever after.
  bool Write(std::string_view bytes);
  // Waits, or less when the client goes away or the provider stops; then false.
  bool Pause(std::chrono::milliseconds time);
  // Whether the provider stops: for those who write without an end.
  bool IsStopping() const;
  // Waits until the client goes away or the provider stops.
  void WaitForPeer();
  // Waits for the client's first bytes and leaves them unread.
  bool WaitForBytes();
  // The next end of the connection is a reset, not an orderly close.
  void ResetAtEnd();
  // Writes past TLS.
  void WritePlain(std::string_view bytes);

 private:
  // Waits for `events` on the socket. False at the deadline, and when the provider stops.
  bool WaitFor(short events, std::optional<std::chrono::milliseconds> time);
  // Reads some bytes into `buffer_`. False at the end.
  bool ReadMore();
  bool ReadHead(ReceivedRequest* request);
  bool ReadBody(ReceivedRequest* request);
  bool ReadChunks(std::string* body);
  bool TakeExactly(size_t count, std::string* out);
  // A line without its CRLF.
  bool TakeLine(std::string* line);

  const int socket_;
  const int stop_;
  SSL* ssl_ = nullptr;
  const uint64_t number_;
  std::string buffer_;  // read, not yet used
  bool broken_ = false;
};

}  // namespace junctor::engine
