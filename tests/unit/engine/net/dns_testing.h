// A name server on loopback whose records a test sets.
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
#include <map>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace junctor::net::testing {

// Answers over UDP, on a thread of its own; over TCP too, for who is told to ask there.
class DnsServer {
 public:
  struct Record {
    std::vector<std::string> addresses;  // IPv4 and IPv6
    uint32_t ttl = 60;
  };

  // Port 0: any free one. Another one that cannot be had: bound() says so.
  explicit DnsServer(const char* host = "127.0.0.1", uint16_t port = 0) {
    // A port that is free for the one protocol may be taken for the other.
    for (int i = 0; i < 100 && !Bind(host, port) && port == 0; ++i) Close();
    EXPECT_TRUE(bound_ || port != 0);
    thread_ = std::thread([this] { Serve(); });
  }
  DnsServer(const DnsServer&) = delete;
  DnsServer& operator=(const DnsServer&) = delete;
  ~DnsServer() {
    stop_ = true;
    thread_.join();
    Close();
  }

  bool bound() const { return bound_; }
  // As PoolOptions::dns_servers.
  const std::string& servers() const { return servers_; }
  void Set(const std::string& name, Record record) {
    const std::lock_guard lock(mutex_);
    records_[name] = std::move(record);
  }
  // From now on the name does not exist.
  void Remove(const std::string& name) {
    const std::lock_guard lock(mutex_);
    records_.erase(name);
  }
  // From now on UDP answers say that they are truncated, and TCP ones come in small pieces.
  void Truncate() { truncate_ = true; }
  // Questions for IPv4 addresses that were answered, with or without success.
  int questions() const { return questions_; }

 private:
  bool Bind(const char* host, uint16_t port) {
    fd_ = ::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    tcp_fd_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    ::inet_pton(AF_INET, host, &address.sin_addr);
    socklen_t size = sizeof(address);
    bound_ = ::bind(fd_, reinterpret_cast<sockaddr*>(&address), size) == 0 &&
             ::getsockname(fd_, reinterpret_cast<sockaddr*>(&address), &size) == 0 &&
             ::bind(tcp_fd_, reinterpret_cast<sockaddr*>(&address), size) == 0 &&
             ::listen(tcp_fd_, 4) == 0;
    servers_ = std::string(host) + ":" + std::to_string(ntohs(address.sin_port));
    return bound_;
  }
  void Close() {
    ::close(fd_);
    ::close(tcp_fd_);
  }
  static void Add16(std::string& out, unsigned value) {
    out += static_cast<char>(value >> 8);
    out += static_cast<char>(value & 0xff);
  }

  void Serve() {
    while (!stop_) {
      std::array<pollfd, 2> ready{pollfd{fd_, POLLIN, 0}, pollfd{tcp_fd_, POLLIN, 0}};
      if (::poll(ready.data(), ready.size(), 20) <= 0) continue;
      if (ready[1].revents != 0) ServeTcp();
      if (ready[0].revents != 0) ServeUdp();
    }
  }

  void ServeUdp() {
    std::array<char, 2048> query;
    sockaddr_in peer{};
    socklen_t peer_size = sizeof(peer);
    // Not waiting: a TCP connection that was served meanwhile may have answered it.
    const ssize_t n = ::recvfrom(fd_, query.data(), query.size(), MSG_DONTWAIT,
                                 reinterpret_cast<sockaddr*>(&peer), &peer_size);
    if (n < 17) return;
    std::string answer = Answer(std::string(query.data(), static_cast<size_t>(n)));
    if (truncate_) {
      answer = answer.substr(0, static_cast<size_t>(n));
      answer[2] = static_cast<char>(answer[2] | 0x02);
      answer[7] = 0;  // no records
    }
    ::sendto(fd_, answer.data(), answer.size(), 0, reinterpret_cast<sockaddr*>(&peer), peer_size);
  }

  // All questions of one connection.
  void ServeTcp() {
    const int fd = ::accept(tcp_fd_, nullptr, nullptr);
    const int on = 1;
    ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
    std::array<unsigned char, 2> length;
    while (!stop_) {
      // Another question may come over UDP meanwhile.
      std::array<pollfd, 2> ready{pollfd{fd, POLLIN, 0}, pollfd{fd_, POLLIN, 0}};
      if (::poll(ready.data(), ready.size(), 20) <= 0) continue;
      if (ready[1].revents != 0) ServeUdp();
      if (ready[0].revents == 0) continue;
      if (::recv(fd, length.data(), 2, MSG_WAITALL) != 2) break;
      std::string query(length[0] * 256u + length[1], '\0');
      if (::recv(fd, query.data(), query.size(), MSG_WAITALL) <= 0) break;
      const std::string answer = Answer(query);
      std::string message;
      Add16(message, static_cast<unsigned>(answer.size()));
      message += answer;
      for (const char c : message) ::send(fd, &c, 1, MSG_NOSIGNAL);
    }
    ::close(fd);
  }

  std::string Answer(const std::string& query) {
    std::string name;
    size_t at = 12;
    while (at < query.size() && query[at] != 0) {
      const auto length = static_cast<size_t>(query[at]);
      if (!name.empty()) name += '.';
      name += query.substr(at + 1, length);
      at += 1 + length;
    }
    const int type = static_cast<unsigned char>(query[at + 2]);
    const size_t question_end = at + 5;
    if (type == 1) ++questions_;
    const std::lock_guard lock(mutex_);
    const auto found = records_.find(name);
    std::string records;
    unsigned count = 0;
    if (found != records_.end()) {
      for (const std::string& address : found->second.addresses) {
        std::array<char, 16> bytes;
        const bool v6 = address.find(':') != std::string::npos;
        if (v6 != (type == 28)) continue;
        ::inet_pton(v6 ? AF_INET6 : AF_INET, address.c_str(), bytes.data());
        Add16(records, 0xc00c);
        Add16(records, v6 ? 28 : 1);
        Add16(records, 1);
        Add16(records, found->second.ttl >> 16);
        Add16(records, found->second.ttl & 0xffff);
        Add16(records, v6 ? 16 : 4);
        records.append(bytes.data(), v6 ? 16 : 4);
        ++count;
      }
    }
    std::string answer = query.substr(0, 2);
    Add16(answer, 0x8180u | (found == records_.end() ? 3u : 0u));  // 3: no such name
    Add16(answer, 1);
    Add16(answer, count);
    Add16(answer, 0);
    Add16(answer, 0);
    answer += query.substr(12, question_end - 12);
    return answer + records;
  }

  int fd_ = -1;
  int tcp_fd_ = -1;
  bool bound_ = false;
  std::string servers_;
  std::atomic<bool> truncate_{false};
  std::atomic<bool> stop_{false};
  std::atomic<int> questions_{0};
  std::mutex mutex_;
  std::map<std::string, Record> records_;
  std::thread thread_;
};

}  // namespace junctor::net::testing
