#include "engine/faulty/connection.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/err.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>

namespace junctor::engine {
namespace {

// A client that sends more is broken; the tool must not fill the machine's memory.
constexpr size_t kMaxHeadBytes = 1024 * 1024;
constexpr size_t kMaxBodyBytes = 256 * 1024 * 1024;
constexpr size_t kReadBytes = 64 * 1024;
constexpr int kHex = 16;

std::string_view Trimmed(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

bool ParseSize(std::string_view text, int base, size_t* size) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), *size, base);
  return error == std::errc() && end == text.data() + text.size() && *size <= kMaxBodyBytes;
}

bool ParseRequestLine(std::string_view line, ReceivedRequest* request) {
  const size_t first = line.find(' ');
  const size_t last = line.rfind(' ');
  if (first == line.npos || first == last) return false;
  request->method = line.substr(0, first);
  request->target = line.substr(first + 1, last - first - 1);
  const std::string_view version = line.substr(last + 1);
  request->minor_version = version == "HTTP/1.0" ? 0 : 1;
  return version.starts_with("HTTP/1.");
}

}  // namespace

Connection::Connection(int socket, int stop, SSL_CTX* tls, uint64_t number)
    : socket_(socket), stop_(stop), number_(number) {
  // Tokens go out one by one, at once.
  const int yes = 1;
  (void)setsockopt(socket_, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
  if (tls == nullptr) return;
  ssl_ = SSL_new(tls);
  if (ssl_ == nullptr || SSL_set_fd(ssl_, socket_) != 1) broken_ = true;
}

Connection::~Connection() {
  if (ssl_ != nullptr) {
    if (!broken_) SSL_shutdown(ssl_);
    SSL_free(ssl_);
    ERR_clear_error();
  }
  close(socket_);
}

bool Connection::WaitFor(short events, std::optional<std::chrono::milliseconds> time) {
  using Clock = std::chrono::steady_clock;
  const Clock::time_point deadline =
      time.has_value() ? Clock::now() + *time : Clock::time_point::max();
  while (true) {
    std::array<pollfd, 2> files = {{{socket_, events, 0}, {stop_, POLLIN, 0}}};
    int wait = -1;
    if (time.has_value()) {
      const auto left =
          std::chrono::duration_cast<std::chrono::milliseconds>(deadline - Clock::now());
      wait = static_cast<int>(std::max<int64_t>(left.count(), 0));
    }
    const int ready = poll(files.data(), files.size(), wait);
    if (ready < 0 && errno == EINTR) continue;
    if (ready <= 0 || files[1].revents != 0) return false;
    return files[0].revents != 0;
  }
}

bool Connection::Handshake() {
  if (ssl_ == nullptr) return true;
  while (!broken_) {
    const int result = SSL_accept(ssl_);
    if (result == 1) return true;
    const int error = SSL_get_error(ssl_, result);
    const bool waits = error == SSL_ERROR_WANT_READ || error == SSL_ERROR_WANT_WRITE;
    if (!waits || !WaitFor(error == SSL_ERROR_WANT_READ ? POLLIN : POLLOUT, std::nullopt)) {
      broken_ = true;
    }
  }
  return false;
}

bool Connection::ReadMore() {
  std::array<char, kReadBytes> bytes;
  while (!broken_) {
    if (ssl_ != nullptr) {
      const int count = SSL_read(ssl_, bytes.data(), static_cast<int>(bytes.size()));
      if (count > 0) {
        buffer_.append(bytes.data(), static_cast<size_t>(count));
        return true;
      }
      const int error = SSL_get_error(ssl_, count);
      if (error != SSL_ERROR_WANT_READ && error != SSL_ERROR_WANT_WRITE) return false;
      if (!WaitFor(error == SSL_ERROR_WANT_READ ? POLLIN : POLLOUT, std::nullopt)) return false;
      continue;
    }
    const ssize_t count = recv(socket_, bytes.data(), bytes.size(), 0);
    if (count > 0) {
      buffer_.append(bytes.data(), static_cast<size_t>(count));
      return true;
    }
    if (count == 0 || (errno != EAGAIN && errno != EINTR)) return false;
    if (!WaitFor(POLLIN, std::nullopt)) return false;
  }
  return false;
}

bool Connection::Write(std::string_view bytes) {
  while (!bytes.empty() && !broken_) {
    if (ssl_ != nullptr) {
      const size_t size = std::min(bytes.size(), kReadBytes);
      const int count = SSL_write(ssl_, bytes.data(), static_cast<int>(size));
      if (count > 0) {
        bytes.remove_prefix(static_cast<size_t>(count));
        continue;
      }
      const int error = SSL_get_error(ssl_, count);
      const bool waits = error == SSL_ERROR_WANT_READ || error == SSL_ERROR_WANT_WRITE;
      // A retry must have the same buffer and size: both are as they were.
      if (!waits || !WaitFor(error == SSL_ERROR_WANT_READ ? POLLIN : POLLOUT, std::nullopt)) {
        broken_ = true;
      }
      continue;
    }
    const ssize_t count = send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (count >= 0) {
      bytes.remove_prefix(static_cast<size_t>(count));
    } else if (errno == EAGAIN) {
      if (!WaitFor(POLLOUT, std::nullopt)) broken_ = true;
    } else if (errno != EINTR) {
      broken_ = true;
    }
  }
  return !broken_;
}

void Connection::WritePlain(std::string_view bytes) {
  // A few bytes on a fresh connection fit its buffer; a client that is gone is what we want anyway.
  (void)send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
}

bool Connection::Pause(std::chrono::milliseconds time) {
  using Clock = std::chrono::steady_clock;
  const Clock::time_point end = Clock::now() + time;
  if (time.count() > 0 && (broken_ || WaitFor(POLLRDHUP, time))) broken_ = true;
  // Early without an event: the provider stops.
  if (Clock::now() + std::chrono::milliseconds(1) < end) broken_ = true;
  return !broken_;
}

bool Connection::IsStopping() const {
  pollfd file = {stop_, POLLIN, 0};
  return poll(&file, 1, 0) > 0;
}

void Connection::WaitForPeer() { (void)WaitFor(POLLRDHUP, std::nullopt); }

bool Connection::WaitForBytes() { return WaitFor(POLLIN, std::nullopt); }

void Connection::ResetAtEnd() {
  const linger now = {1, 0};
  (void)setsockopt(socket_, SOL_SOCKET, SO_LINGER, &now, sizeof now);
  broken_ = true;
}

std::optional<ReceivedRequest> Connection::ReadRequest() {
  ReceivedRequest request;
  request.connection = number_;
  if (!ReadHead(&request)) return std::nullopt;
  if (net::EqualsIgnoreCase(request.Header("expect"), "100-continue") &&
      !Write("HTTP/1.1 100 Continue\r\n\r\n")) {
    return std::nullopt;
  }
  request.complete = ReadBody(&request);
  return request;
}

bool Connection::ReadHead(ReceivedRequest* request) {
  size_t end = buffer_.find("\r\n\r\n");
  while (end == std::string::npos) {
    if (buffer_.size() > kMaxHeadBytes || !ReadMore()) return false;
    end = buffer_.find("\r\n\r\n");
  }
  const std::string head = buffer_.substr(0, end + 2);
  buffer_.erase(0, end + 4);
  std::string_view rest = head;
  for (bool first = true; !rest.empty(); first = false) {
    const size_t length = rest.find("\r\n");
    const std::string_view line = rest.substr(0, length);
    rest.remove_prefix(length + 2);
    if (first) {
      if (!ParseRequestLine(line, request)) return false;
      continue;
    }
    const size_t colon = line.find(':');
    if (colon == line.npos) return false;
    request->headers.emplace_back(line.substr(0, colon), Trimmed(line.substr(colon + 1)));
  }
  return true;
}

bool Connection::ReadBody(ReceivedRequest* request) {
  if (net::EqualsIgnoreCase(request->Header("transfer-encoding"), "chunked")) {
    return ReadChunks(&request->body);
  }
  const std::string_view length = request->Header("content-length");
  size_t size = 0;
  if (length.empty()) return true;
  return ParseSize(length, 10, &size) && TakeExactly(size, &request->body);
}

bool Connection::ReadChunks(std::string* body) {
  std::string line;
  while (TakeLine(&line)) {
    size_t size = 0;
    if (!ParseSize(Trimmed(std::string_view(line).substr(0, line.find(';'))), kHex, &size)) {
      return false;
    }
    if (size == 0) {
      // Trailers end with an empty line.
      while (TakeLine(&line)) {
        if (line.empty()) return true;
      }
      return false;
    }
    if (body->size() + size > kMaxBodyBytes || !TakeExactly(size, body) || !TakeLine(&line) ||
        !line.empty()) {
      return false;
    }
  }
  return false;
}

bool Connection::TakeExactly(size_t count, std::string* out) {
  while (true) {
    const size_t taken = std::min(count, buffer_.size());
    out->append(buffer_, 0, taken);
    buffer_.erase(0, taken);
    count -= taken;
    if (count == 0) return true;
    if (!ReadMore()) return false;
  }
}

bool Connection::TakeLine(std::string* line) {
  size_t end = buffer_.find("\r\n");
  while (end == std::string::npos) {
    if (buffer_.size() > kMaxHeadBytes || !ReadMore()) return false;
    end = buffer_.find("\r\n");
  }
  line->assign(buffer_, 0, end);
  buffer_.erase(0, end + 2);
  return true;
}

}  // namespace junctor::engine
