// The HTTP/1.1 server: threads with one event loop each, their acceptors and connections. It hands
// each request to one handler coroutine as a ServerExchange and knows nothing of routes or JSON.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "engine/net/awaitable.h"
#include "engine/net/cancel.h"
#include "engine/net/event_loop.h"
#include "engine/net/http_types.h"

namespace junctor::net {

// The bytes of a request body, contiguous, with at least kPadding readable bytes of unspecified
// content after them (simdjson reads in whole blocks). Valid until the exchange ends.
class BodyBuffer {
 public:
  static constexpr size_t kPadding = 64;

  BodyBuffer() = default;
  // `data` stays the caller's; `storage` (may be null) is freed with this object.
  BodyBuffer(const char* data, size_t size, char* storage)
      : data_(data), size_(size), storage_(storage) {}

  const char* data() const { return data_; }
  size_t size() const { return size_; }
  std::string_view view() const { return {data_, size_}; }
  // Bytes that may be read from data() on: the body and its padding.
  size_t readable_size() const { return size_ + kPadding; }

 private:
  struct Free {
    void operator()(char* p) const { std::free(p); }
  };

  inline static const char kEmpty[kPadding] = {};
  const char* data_ = kEmpty;
  size_t size_ = 0;
  std::unique_ptr<char, Free> storage_;
};

class Session;

// One request on one connection, and its answer. Handed to the handler, valid until the handler's
// coroutine ends, used on its thread only, by one coroutine at a time. Status codes of what fails
// here: ResourceExhausted (body over the limit), DeadlineExceeded (the client is too slow),
// Cancelled (the client is gone), InvalidArgument (malformed bytes, or a header that can't be
// sent), FailedPrecondition (called in the wrong order).
class ServerExchange {
 public:
  explicit ServerExchange(Session& session) : session_(session) {}
  ServerExchange(const ServerExchange&) = delete;
  ServerExchange& operator=(const ServerExchange&) = delete;

  const RequestHead& head() const;
  EventLoop& loop() const;
  // 0 … threads-1.
  size_t worker_index() const;
  // What HttpServerOptions::worker_state returned for this worker.
  template <typename T>
  T& worker_state() const {
    return *static_cast<T*>(RawWorkerState());
  }

  // The whole body. Answers `Expect: 100-continue`. Once per exchange. After ResourceExhausted and
  // InvalidArgument an answer can still be sent (413, 400); the connection closes after it.
  Awaitable<absl::StatusOr<BodyBuffer>> ReadBody(size_t max_bytes);
  // A body that had arrived whole together with its head, without suspending; null when it takes
  // ReadBody().
  std::optional<BodyBuffer> TryReadBody(size_t max_bytes);

  // The next bytes of the body, framing removed; empty at its proper end, and ever after. In place
  // of ReadBody(): after the one, the other is FailedPrecondition. The view is valid until the next
  // call. The socket is read only by this call, so a slow handler slows the client. Answers
  // `Expect: 100-continue`. The time that the handler takes between two calls does not count
  // towards HttpServerOptions::body_timeout. After an error other than Aborted every call fails. An
  // answer before the end of the body is the connection's last one.
  Awaitable<absl::StatusOr<std::string_view>> ReadSomeBody();
  // Makes a ReadSomeBody() that waits return Aborted soon; nothing is lost, and it may be called
  // again. No effect when none waits.
  void InterruptBody();

  // The whole answer, in one gathered write. Content-Length, Date and Connection are written here;
  // those three, Transfer-Encoding and Keep-Alive in `headers` are left out. A header with a
  // forbidden character (CR, LF, NUL, …) is InvalidArgument and nothing is sent. To HEAD, 204 and
  // 304 no body is sent.
  Awaitable<absl::Status> Respond(int status, std::span<const HeaderView> headers,
                                  std::string_view body);

  // Begins an answer whose body comes piece by piece, with the first piece in the same write as the
  // head. With `content_length` exactly that many bytes must follow; without it the body is chunked
  // (HTTP/1.0: until close). With `first_piece` null the head is sent alone.
  Awaitable<absl::Status> StartStream(int status, std::span<const HeaderView> headers,
                                      std::optional<uint64_t> content_length = std::nullopt,
                                      std::string_view first_piece = {});
  // The next piece; returns when the socket has taken it all, so a slow client slows the caller.
  // Empty: no effect.
  Awaitable<absl::Status> Write(std::string_view piece);
  // The proper end, with an optional last piece in the same write.
  Awaitable<absl::Status> Finish(std::string_view last_piece = {});
  // Cuts the connection without the proper end, so that the client sees a broken answer. Also right
  // before any answer.
  void Abort();

  // Fires when the client closes or resets its side (also only its sending side) after its request,
  // or the server cuts the request at the end of a drain. Pass it to whatever the handler waits
  // for. Bytes of a next request are not mistaken for it: they stay unread in the kernel's buffer.
  CancelSignal& client_gone();
  bool is_client_gone();

  bool response_started() const;
  // Bytes written to the socket for this exchange, heads and framing included.
  uint64_t bytes_sent() const;
  // Make this the last request on its connection.
  void CloseAfterResponse();

 private:
  void* RawWorkerState() const;

  Session& session_;
};

// Runs one request. A handler that returns without having answered gets a 500 sent in its place;
// one that returns in the middle of a stream gets it aborted.
using Handler = std::function<Awaitable<void>(ServerExchange&)>;

struct HttpServerOptions {
  std::string listen = "127.0.0.1:0";  // "host:port" or "[::1]:port"; port 0: any free one
  size_t threads = 1;                  // 0: one per core
  // Request line and headers together; more is a 431. A request line of more than half of it is a
  // 414.
  size_t max_header_bytes = 64 * 1024;
  size_t max_headers = 100;
  std::chrono::milliseconds header_timeout{
      10'000};  // from the first byte of a request, or accept, to its head's end
  // For the whole body, lengthened by the time that the bytes received may take at
  // min_body_bytes_per_second.
  std::chrono::milliseconds body_timeout{30'000};
  size_t min_body_bytes_per_second = 16 * 1024;
  std::chrono::milliseconds idle_timeout{75'000};         // between requests
  std::chrono::milliseconds write_stall_timeout{60'000};  // without the client taking a byte
  size_t max_connections = 10'000;  // of the whole server; further ones get a 503 and are closed
  // Called by Start() once per worker, before its thread runs; what it returns lives until the
  // worker's thread has ended and is destroyed before the loop. ServerExchange::worker_state gives
  // it to the handler.
  std::function<std::shared_ptr<void>(EventLoop& loop, size_t worker_index)> worker_state;
};

struct ListenEndpoint {
  std::string host;  // without brackets
  uint16_t port = 0;
};

// "127.0.0.1:8787", "localhost:80", "[::1]:0". InvalidArgument says what is wrong with it.
absl::StatusOr<ListenEndpoint> ParseListenEndpoint(std::string_view text);

// The server. Its functions are called from the thread that made it.
class HttpServer {
 public:
  HttpServer(HttpServerOptions options, Handler handler);
  HttpServer(const HttpServer&) = delete;
  HttpServer& operator=(const HttpServer&) = delete;
  // Drains with a deadline of now.
  ~HttpServer();

  // Binds, listens and starts the threads. An address that can't be bound is an error of one line
  // that names it.
  absl::Status Start();

  // After Start(): the port bound, and the address with it ("127.0.0.1:8787", "[::1]:8787").
  uint16_t port() const;
  std::string address() const;

  size_t threads() const;
  EventLoop& loop(size_t worker_index);
  // Any thread, between Start() and the end of Drain(). Runs `function` on every worker's thread;
  // returns at once.
  void PostToAll(std::function<void(EventLoop& loop, size_t worker_index)> function);
  // Any thread. Open client connections of all workers.
  size_t connection_count() const;

  // Stops accepting, closes idle connections at once, lets running requests finish until `deadline`
  // (their answers carry Connection: close), then cuts the rest; returns when all is done and the
  // threads have ended. Returns the number of requests cut.
  size_t Drain(TimePoint deadline);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace junctor::net
