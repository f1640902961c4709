// `openssl s_server` with certificates made for the test, and a client for it.
#pragma once

#include <gtest/gtest.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>

#include <cstdlib>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "tests/unit/engine/net/net_testing.h"

extern char** environ;

namespace junctor::net::testing {

// A CA, a certificate of localhost and target.test signed by it, and a server that answers every
// request with its page.
class TlsTest : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    directory_ =
        std::filesystem::temp_directory_path() / ("junctor_tls_" + std::to_string(getpid()));
    std::filesystem::create_directories(directory_);
    const std::string script =
        "cd " + directory_.string() +
        " && openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2"
        " -subj /CN=junctor-test-ca -keyout ca.key -out ca.pem"
        " && openssl req -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -subj "
        "/CN=localhost"
        " -keyout server.key -out server.csr"
        " && printf 'subjectAltName=DNS:localhost,DNS:target.test' > ext"
        " && openssl x509 -req -in server.csr -CA ca.pem -CAkey ca.key -CAcreateserial -days 2"
        " -extfile ext -out server.pem";
    ASSERT_EQ(std::system(("(" + script + ") >/dev/null 2>&1").c_str()), 0);
  }
  static void TearDownTestSuite() { std::filesystem::remove_all(directory_); }

  // Starts a server for that name, of localhost's or target.test's, and waits until it listens.
  void StartTlsServer(const std::string& server_name,
                      const std::vector<std::string>& more_words = {}) {
    {
      RawListener free_port;
      port_ = free_port.port();
    }
    const std::string accept = "127.0.0.1:" + std::to_string(port_);
    const std::string certificate = (directory_ / "server.pem").string();
    const std::string key = (directory_ / "server.key").string();
    const std::string alpn = "http/1.1";
    std::vector<std::string> words = {"openssl",
                                      "s_server",
                                      "-quiet",
                                      "-www",
                                      "-accept",
                                      accept,
                                      "-cert",
                                      certificate,
                                      "-key",
                                      key,
                                      "-alpn",
                                      alpn,
                                      "-servername",
                                      server_name,
                                      "-cert2",
                                      certificate,
                                      "-key2",
                                      key,
                                      "-servername_fatal"};
    words.insert(words.end(), more_words.begin(), more_words.end());
    std::vector<char*> arguments;
    for (const std::string& word : words) arguments.push_back(const_cast<char*>(word.c_str()));
    arguments.push_back(nullptr);
    ASSERT_EQ(posix_spawnp(&server_, "openssl", nullptr, nullptr, arguments.data(), environ), 0);
    // Until it listens.
    for (int i = 0; i < 500; ++i) {
      const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
      sockaddr_in address{};
      address.sin_family = AF_INET;
      address.sin_port = htons(port_);
      address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
      const bool up = ::connect(fd, reinterpret_cast<sockaddr*>(&address), sizeof(address)) == 0;
      ::close(fd);
      if (up) break;
      ::usleep(10'000);
    }
  }
  void TearDown() override { StopTlsServer(); }
  void StopTlsServer() {
    if (server_ == 0) return;
    ::kill(server_, SIGKILL);
    ::waitpid(server_, nullptr, 0);
    server_ = 0;
  }

  // The answer's body, or the error's "kind: message".
  std::string Fetch(const std::string& host, const std::string& ca_file, int times = 1,
                    const PoolOptions& options = {}) {
    std::string outcome;
    auto tls = TlsClientContext::Create(ca_file);
    EXPECT_TRUE(tls.ok()) << tls.status();
    testing::LoopThread thread;
    std::unique_ptr<ConnectionPool> pool;
    thread.Do([&] { pool = std::make_unique<ConnectionPool>(thread.loop(), options, *tls); });
    for (int i = 0; i < times; ++i) {
      outcome.clear();
      thread.Await([&]() -> Awaitable<void> { return FetchInto(*pool, host, outcome); });
    }
    thread.Do([&] { pool.reset(); });
    return outcome;
  }

  Awaitable<void> FetchInto(ConnectionPool& pool, std::string host, std::string& outcome) {
    const Upstream upstream{host, port_, true};
    const std::vector<std::string_view> body;
    NetResult<std::unique_ptr<ClientExchange>> sent = co_await pool.Send(
        upstream, "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n", body, SendOptions{});
    if (!sent.ok()) {
      outcome = std::string(NetErrorKindName(sent.error().kind)) + ": " + sent.error().message;
      co_return;
    }
    while (true) {
      NetResult<std::string_view> piece = co_await (*sent)->ReadSome();
      if (!piece.ok()) {
        outcome += "ERROR " + piece.error().message;
        co_return;
      }
      if (piece->empty()) co_return;
      outcome += *piece;
    }
  }

  static inline std::filesystem::path directory_;
  uint16_t port_ = 0;
  pid_t server_ = 0;
};

}  // namespace junctor::net::testing
