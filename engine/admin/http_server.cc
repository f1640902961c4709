#include "engine/admin/http_server.h"

#include <arpa/inet.h>
#include <netdb.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <functional>
#include <utility>

namespace junctor::engine {
namespace {

using Clock = std::chrono::steady_clock;
using std::chrono::milliseconds;

// Requests of one connection, and how long one may idle: longer than clients keep connections that
// they mean to use again, so that few lose the race against the close.
constexpr size_t kMaxRequestsOfConnection = 10'000;
constexpr milliseconds kMaxIdle(15'000);
// Connections that wait to be accepted; the kernel may allow fewer.
constexpr int kBacklog = 1024;
// Longest silence within a body or an answer.
constexpr milliseconds kMaxSilence(10'000);
// A whole head: its time and its bytes.
constexpr milliseconds kMaxHeadTime(10'000);
constexpr size_t kMaxHeadBytes = 64 * 1024;
// How long the other side may go on sending what nobody reads, before the connection is cut.
constexpr milliseconds kMaxLinger(2'000);

// Whether `socket` is ready for `events` before `deadline`.
bool Await(socket_t socket, short events, Clock::time_point deadline) {
  while (true) {
    const auto rest = std::chrono::ceil<milliseconds>(deadline - Clock::now());
    if (rest.count() <= 0) return false;
    pollfd entry{socket, events, 0};
    const int ready = poll(&entry, 1, static_cast<int>(rest.count()));
    if (ready > 0) return true;
    if (ready == 0 || errno != EINTR) return false;
  }
}

// One connection's bytes.
class Connection : public httplib::Stream {
 public:
  explicit Connection(socket_t socket) : socket_(socket) {}

  void BeginHead() {
    head_deadline_ = Clock::now() + kMaxHeadTime;
    head_bytes_ = 0;
    in_head_ = true;
  }
  void EndHead() { in_head_ = false; }
  // Bytes of a further request that came with the one before.
  bool has_buffered() const { return begin_ < end_; }

  bool is_readable() const override {
    return has_buffered() || Await(socket_, POLLIN, ReadDeadline());
  }
  bool is_writable() const override { return Await(socket_, POLLOUT, Clock::now() + kMaxSilence); }

  ssize_t read(char* out, size_t size) override {
    if (!has_buffered()) {
      if (!is_readable()) return -1;
      ssize_t got = 0;
      do {
        got = recv(socket_, buffer_.data(), buffer_.size(), 0);
      } while (got < 0 && errno == EINTR);
      if (got <= 0) return got;
      begin_ = 0;
      end_ = static_cast<size_t>(got);
    }
    const size_t count = std::min(size, end_ - begin_);
    if (in_head_ && (head_bytes_ += count) > kMaxHeadBytes) return -1;
    std::memcpy(out, buffer_.data() + begin_, count);
    begin_ += count;
    return static_cast<ssize_t>(count);
  }

  ssize_t write(const char* data, size_t size) override {
    if (!is_writable()) return -1;
    ssize_t sent = 0;
    do {
      sent = send(socket_, data, size, MSG_NOSIGNAL);
    } while (sent < 0 && errno == EINTR);
    return sent;
  }

  void get_remote_ip_and_port(std::string& ip, int& port) const override {
    NameOf(getpeername, &ip, &port);
  }
  void get_local_ip_and_port(std::string& ip, int& port) const override {
    NameOf(getsockname, &ip, &port);
  }
  socket_t socket() const override { return socket_; }

 private:
  Clock::time_point ReadDeadline() const {
    const Clock::time_point silence = Clock::now() + kMaxSilence;
    return in_head_ ? std::min(silence, head_deadline_) : silence;
  }

  void NameOf(int (*ask)(int, sockaddr*, socklen_t*), std::string* ip, int* port) const {
    sockaddr_storage address{};
    socklen_t length = sizeof(address);
    std::array<char, NI_MAXHOST> host{};
    std::array<char, NI_MAXSERV> service{};
    auto* const raw = reinterpret_cast<sockaddr*>(&address);
    if (ask(socket_, raw, &length) != 0 ||
        getnameinfo(raw, length, host.data(), host.size(), service.data(), service.size(),
                    NI_NUMERICHOST | NI_NUMERICSERV) != 0) {
      return;
    }
    *ip = host.data();
    *port = std::atoi(service.data());
  }

  const socket_t socket_;
  std::array<char, 16 * 1024> buffer_;
  size_t begin_ = 0;  // of what was received and not read yet
  size_t end_ = 0;
  Clock::time_point head_deadline_;
  size_t head_bytes_ = 0;
  bool in_head_ = false;
};

// Closes `socket` so that what was sent last arrives: bytes of the other side that are not read
// would make the kernel reset the connection.
void CloseAfterLinger(socket_t socket) {
  shutdown(socket, SHUT_WR);
  const Clock::time_point deadline = Clock::now() + kMaxLinger;
  std::array<char, 16 * 1024> ignored;
  while (Await(socket, POLLIN, deadline)) {
    if (recv(socket, ignored.data(), ignored.size(), 0) <= 0) break;
  }
  close(socket);
}

// The library's pool, which ends after the connections that wait for its threads.
class AdminPool : public httplib::TaskQueue {
 public:
  explicit AdminPool(IdleConnections* idle) : idle_(idle), pool_(kAdminThreads) {}

  void enqueue(std::function<void()> work) override { pool_.enqueue(std::move(work)); }
  void shutdown() override {
    idle_->Stop();
    pool_.shutdown();
  }

 private:
  IdleConnections* const idle_;
  httplib::ThreadPool pool_;
};

}  // namespace

HttpServer::HttpServer()
    : idle_(kMaxIdle, [this](socket_t socket, size_t answered) {
        pool_->enqueue([this, socket, answered] { Serve(socket, answered); });
      }) {
  new_task_queue = [this] {
    auto* const pool = new AdminPool(&idle_);  // the library's from now on
    pool_ = pool;
    return pool;
  };
  // What the answers' headers say of it.
  set_keep_alive_max_count(kMaxRequestsOfConnection);
  set_keep_alive_timeout(std::chrono::duration_cast<std::chrono::seconds>(kMaxIdle).count());
}

void HttpServer::WidenBacklog() { ::listen(svr_sock_, kBacklog); }

void HttpServer::StopSoon() {
  stopping_ = true;
  stop();
}

bool HttpServer::process_and_close_socket(socket_t socket) {
  idle_.Watch(socket, 0);
  return true;
}

void HttpServer::Serve(socket_t socket, size_t answered) {
  Connection connection(socket);
  do {
    connection.BeginHead();
    bool is_closed = false;
    const bool may_go_on = process_request(connection, ++answered == kMaxRequestsOfConnection,
                                           is_closed, [&connection](httplib::Request& request) {
                                             connection.EndHead();
                                             // The library would cut the answer and still call it
                                             // whole.
                                             request.ranges.clear();
                                           });
    if (!may_go_on || is_closed || stopping_) {
      CloseAfterLinger(socket);
      return;
    }
  } while (connection.has_buffered());
  idle_.Watch(socket, answered);
}

}  // namespace junctor::engine
