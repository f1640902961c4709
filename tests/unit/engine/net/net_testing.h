// What the tests of engine/net share: blocking sockets with a time limit, and servers on free
// ports.
#pragma once

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <functional>
#include <future>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <utility>

#include "engine/net/client.h"
#include "engine/net/server.h"

namespace junctor::net::testing {

// What no test should ever wait for in vain.
inline constexpr int kPatienceMs = 10'000;

// A blocking TCP socket.
class RawSocket {
 public:
  explicit RawSocket(int fd) : fd_(fd) {
    const int on = 1;
    ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
  }
  RawSocket(RawSocket&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  RawSocket(const RawSocket&) = delete;
  RawSocket& operator=(const RawSocket&) = delete;
  ~RawSocket() { Close(); }

  static RawSocket Connect(uint16_t port) {
    const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    EXPECT_EQ(::connect(fd, reinterpret_cast<sockaddr*>(&address), sizeof(address)), 0);
    return RawSocket(fd);
  }

  int fd() const { return fd_; }

  void Send(std::string_view text) {
    while (!text.empty()) {
      const ssize_t n = ::send(fd_, text.data(), text.size(), MSG_NOSIGNAL);
      if (n <= 0) return;
      text.remove_prefix(static_cast<size_t>(n));
    }
  }

  // Appends what comes next to `text`. False at the end, on a reset (reset() then) or when patience
  // ends.
  bool ReceiveMore(std::string& text) {
    pollfd ready{fd_, POLLIN, 0};
    if (::poll(&ready, 1, kPatienceMs) <= 0) {
      ADD_FAILURE() << "nothing came in time; so far: " << text;
      return false;
    }
    std::array<char, 65536> bytes;
    const ssize_t n = ::recv(fd_, bytes.data(), bytes.size(), 0);
    if (n < 0) reset_ = true;
    if (n <= 0) return false;
    text.append(bytes.data(), static_cast<size_t>(n));
    return true;
  }

  std::string ReceiveAll() {
    std::string text;
    while (ReceiveMore(text)) {
    }
    return text;
  }

  std::string ReceiveUntil(std::string_view mark) {
    std::string text;
    while (text.find(mark) == std::string::npos && ReceiveMore(text)) {
    }
    return text;
  }

  bool reset() const { return reset_; }
  void ShutdownWrite() { ::shutdown(fd_, SHUT_WR); }
  void Close() {
    if (fd_ >= 0) ::close(fd_);
    fd_ = -1;
  }
  // Closes with a reset.
  void Reset() {
    const linger now{1, 0};
    ::setsockopt(fd_, SOL_SOCKET, SO_LINGER, &now, sizeof(now));
    Close();
  }

 private:
  int fd_;
  bool reset_ = false;
};

// A listening socket that a test serves by hand, as a scripted upstream.
class RawListener {
 public:
  explicit RawListener(const char* host = "127.0.0.1", uint16_t port = 0, int backlog = 16)
      : fd_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    ::inet_pton(AF_INET, host, &address.sin_addr);
    EXPECT_EQ(::bind(fd_, reinterpret_cast<sockaddr*>(&address), sizeof(address)), 0);
    EXPECT_EQ(::listen(fd_, backlog), 0);
    socklen_t size = sizeof(address);
    ::getsockname(fd_, reinterpret_cast<sockaddr*>(&address), &size);
    port_ = ntohs(address.sin_port);
  }
  RawListener(const RawListener&) = delete;
  RawListener& operator=(const RawListener&) = delete;
  ~RawListener() { Close(); }

  uint16_t port() const { return port_; }
  RawSocket Accept() {
    pollfd ready{fd_, POLLIN, 0};
    if (::poll(&ready, 1, kPatienceMs) <= 0) ADD_FAILURE() << "nobody connected";
    return RawSocket(::accept(fd_, nullptr, nullptr));
  }
  void Close() {
    if (fd_ >= 0) ::close(fd_);
    fd_ = -1;
  }

 private:
  int fd_;
  uint16_t port_ = 0;
};

// An event loop on a thread of its own.
class LoopThread {
 public:
  LoopThread() : thread_([this] { loop_.Run(); }) {}
  LoopThread(const LoopThread&) = delete;
  LoopThread& operator=(const LoopThread&) = delete;
  ~LoopThread() { Stop(); }

  EventLoop& loop() { return loop_; }
  void Stop() {
    loop_.Stop();
    if (thread_.joinable()) thread_.join();
  }
  // Runs `function` on the loop and waits for it.
  void Do(std::function<void()> function) {
    std::promise<void> done;
    loop_.Post([&] {
      function();
      done.set_value();
    });
    done.get_future().wait();
  }
  // Runs a coroutine to its end. `make` outlives it.
  void Await(const std::function<Awaitable<void>()>& make) {
    std::promise<void> done;
    loop_.Spawn(AwaitThen(make, done));
    if (done.get_future().wait_for(std::chrono::milliseconds(kPatienceMs)) !=
        std::future_status::ready) {
      ADD_FAILURE() << "the coroutine did not end in time";
      std::abort();
    }
  }

 private:
  static Awaitable<void> AwaitThen(const std::function<Awaitable<void>()>& make,
                                   std::promise<void>& done) {
    co_await make();
    done.set_value();
  }

  EventLoop loop_;
  std::thread thread_;
};

inline std::unique_ptr<HttpServer> StartServer(Handler handler, HttpServerOptions options = {}) {
  auto server = std::make_unique<HttpServer>(std::move(options), std::move(handler));
  const absl::Status status = server->Start();
  EXPECT_TRUE(status.ok()) << status;
  return server;
}

// Answers "METHOD target body".
inline Awaitable<void> Echo(ServerExchange& exchange) {
  absl::StatusOr<BodyBuffer> body = co_await exchange.ReadBody(1 << 20);
  if (!body.ok()) {
    int status = 400;
    if (absl::IsResourceExhausted(body.status())) status = 413;
    if (absl::IsDeadlineExceeded(body.status())) status = 408;
    const std::string text(body.status().message().data(), body.status().message().size());
    (void)co_await exchange.Respond(status, {}, text);
    co_return;
  }
  std::string text(exchange.head().method);
  text += ' ';
  text += exchange.head().target;
  text += ' ';
  text += body->view();
  (void)co_await exchange.Respond(200, {}, text);
}

inline std::string BodyOf(const std::string& response) {
  const size_t end = response.find("\r\n\r\n");
  return end == std::string::npos ? "" : response.substr(end + 4);
}

inline std::string StatusLineOf(const std::string& response) {
  return response.substr(0, response.find("\r\n"));
}

}  // namespace junctor::net::testing
