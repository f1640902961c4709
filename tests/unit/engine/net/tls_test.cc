// The client over TLS, against `openssl s_server` with certificates made for the test.
#include <gtest/gtest.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>

#include <cstdlib>
#include <filesystem>

#include "tests/unit/engine/net/net_testing.h"

extern char** environ;

namespace junctor::net {
namespace {

using testing::RawListener;

// A CA, a certificate of localhost signed by it, and a server that answers every request with its
// page.
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
        " && printf 'subjectAltName=DNS:localhost' > ext"
        " && openssl x509 -req -in server.csr -CA ca.pem -CAkey ca.key -CAcreateserial -days 2"
        " -extfile ext -out server.pem";
    ASSERT_EQ(std::system(("(" + script + ") >/dev/null 2>&1").c_str()), 0);
  }
  static void TearDownTestSuite() { std::filesystem::remove_all(directory_); }

  void SetUp() override {
    {
      RawListener free_port;
      port_ = free_port.port();
    }
    const std::string accept = "127.0.0.1:" + std::to_string(port_);
    const std::string certificate = (directory_ / "server.pem").string();
    const std::string key = (directory_ / "server.key").string();
    const std::string alpn = "http/1.1";
    const std::vector<std::string> words = {"openssl",
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
                                            "localhost",
                                            "-cert2",
                                            certificate,
                                            "-key2",
                                            key,
                                            "-servername_fatal"};
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
  void TearDown() override {
    ::kill(server_, SIGKILL);
    ::waitpid(server_, nullptr, 0);
  }

  // The answer's body, or the error's "kind: message".
  std::string Fetch(const std::string& host, const std::string& ca_file, int times = 1) {
    std::string outcome;
    auto tls = TlsClientContext::Create(ca_file);
    EXPECT_TRUE(tls.ok()) << tls.status();
    testing::LoopThread thread;
    std::unique_ptr<ConnectionPool> pool;
    thread.Do([&] { pool = std::make_unique<ConnectionPool>(thread.loop(), PoolOptions{}, *tls); });
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

TEST_F(TlsTest, SpeaksToAServerOfATrustedCaWithSniAndReusesTheSession) {
  const std::string page = Fetch("localhost", (directory_ / "ca.pem").string(), 2);
  EXPECT_NE(page.find("s_server"), std::string::npos) << page;
  EXPECT_NE(page.find("Reused"), std::string::npos) << page;
}

TEST_F(TlsTest, RefusesAnUnknownCa) {
  const std::string outcome = Fetch("localhost", "");
  EXPECT_NE(outcome.find("connect: localhost:"), std::string::npos) << outcome;
  EXPECT_NE(outcome.find("certificate refused"), std::string::npos) << outcome;
}

TEST_F(TlsTest, RefusesAnotherHostName) {
  const std::string outcome = Fetch("127.0.0.1", (directory_ / "ca.pem").string());
  EXPECT_NE(outcome.find("connect: 127.0.0.1:"), std::string::npos) << outcome;
  EXPECT_NE(outcome.find("IP address mismatch"), std::string::npos) << outcome;
}

TEST(TlsClientContext, NamesACaFileThatCannotBeUsed) {
  const auto context = TlsClientContext::Create("/nowhere/ca.pem");
  ASSERT_FALSE(context.ok());
  EXPECT_NE(std::string(context.status().message()).find("/nowhere/ca.pem"), std::string::npos);
}

}  // namespace
}  // namespace junctor::net
