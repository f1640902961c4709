// Requests through an HTTP proxy: tunnels for TLS, absolute targets without.
#include <gtest/gtest.h>

#include "engine/net/proxy_settings.h"
#include "tests/unit/engine/net/client_testing.h"
#include "tests/unit/engine/net/tls_testing.h"

namespace junctor::net {
namespace {

using testing::ClientTest;
using testing::Fetched;
using testing::RawListener;
using testing::RawSocket;

std::shared_ptr<const ProxySettings> Through(uint16_t port) {
  auto settings =
      ProxySettings::FromEnvironment([&](std::string_view name) -> std::optional<std::string> {
        if (name != "ALL_PROXY") return std::nullopt;
        return "http://user:secret@127.0.0.1:" + std::to_string(port);
      });
  EXPECT_TRUE(settings.ok()) << settings.status();
  return std::make_shared<const ProxySettings>(*std::move(settings));
}

constexpr std::string_view kCredentials = "Proxy-Authorization: Basic dXNlcjpzZWNyZXQ=\r\n";

TEST_F(ClientTest, GivesAProxyTheWholeUrlAndItsCredentials) {
  RawListener proxy;
  pool_options_.proxies = Through(proxy.port());
  MakePool();
  std::vector<std::string> seen;
  std::thread server([&] {
    RawSocket peer = proxy.Accept();
    for (int i = 0; i < 2; ++i) {
      seen.push_back(peer.ReceiveUntil("\r\n\r\nbody"));
      peer.Send("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
    }
  });
  body_ = {"body"};
  const Upstream upstream{"plain.test", 8080, false};
  for (int i = 0; i < 2; ++i) {
    const Fetched fetched =
        Fetch(upstream, {}, "POST /p?q HTTP/1.1\r\nHost: plain.test\r\nContent-Length: 4\r\n\r\n");
    EXPECT_EQ(fetched.body, "ok") << fetched.message;
    EXPECT_EQ(fetched.reused, i > 0);
  }
  server.join();
  for (const std::string& request : seen) {
    EXPECT_EQ(request, "POST http://plain.test:8080/p?q HTTP/1.1\r\n" + std::string(kCredentials) +
                           "Host: plain.test\r\nContent-Length: 4\r\n\r\nbody");
  }
}

TEST_F(ClientTest, GoesDirectlyToThisMachine) {
  RawListener listener;
  RawListener proxy;
  pool_options_.proxies = Through(proxy.port());
  MakePool();
  std::string seen;
  std::thread server([&] {
    RawSocket peer = listener.Accept();
    seen = peer.ReceiveUntil("\r\n\r\n");
    peer.Send("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
  });
  EXPECT_EQ(Fetch(listener.port()).body, "ok");
  server.join();
  EXPECT_EQ(seen, testing::kHead);
}

TEST_F(ClientTest, ReportsAProxyThatDoesNotOpenTheTunnel) {
  RawListener proxy;
  pool_options_.proxies = Through(proxy.port());
  auto tls = TlsClientContext::Create("");
  ASSERT_TRUE(tls.ok()) << tls.status();
  tls_ = *tls;
  MakePool();
  const std::pair<std::string, std::string> cases[] = {
      {"HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 5\r\n\r\nlogin",
       "the proxy refused CONNECT: 407 Proxy Authentication Required"},
      {"HTTP/1.1 502 Bad Gateway\r\n\r\n", "the proxy refused CONNECT: 502 Bad Gateway"},
      {"", "the connection was closed before an answer came"},
      {"nonsense\r\n\r\n", "the status line is not"},
      {"HTTP/1.1 200 OK\r\n\r\nearly", "the proxy sent bytes before the tunnel was used"},
  };
  const Upstream upstream{"target.test", 443, true};
  for (const auto& [answer, cause] : cases) {
    SCOPED_TRACE(cause);
    std::string seen;
    std::thread server([&] {
      RawSocket peer = proxy.Accept();
      seen = peer.ReceiveUntil("\r\n\r\n");
      peer.Send(answer);
    });
    const Fetched fetched = Fetch(upstream);
    server.join();
    EXPECT_EQ(fetched.error, NetErrorKind::kConnect);
    EXPECT_EQ(fetched.message.find("target.test:443 through the proxy 127.0.0.1:" +
                                   std::to_string(proxy.port()) + ": " + cause),
              0u)
        << fetched.message;
    EXPECT_EQ(fetched.message.find("secret"), std::string::npos);
    EXPECT_EQ(seen, "CONNECT target.test:443 HTTP/1.1\r\nHost: target.test:443\r\n" +
                        std::string(kCredentials) + "\r\n");
  }
  // A silent one ends with the connect timeout.
  SendOptions options;
  options.connect_timeout = std::chrono::milliseconds(50);
  const Fetched silent = Fetch(upstream, options);
  EXPECT_EQ(silent.error, NetErrorKind::kConnect);
  EXPECT_NE(silent.message.find("within 50 ms"), std::string::npos) << silent.message;
}

using ProxyTlsTest = testing::TlsTest;

// Opens one tunnel to a port of this machine and carries bytes until either end closes.
void ServeTunnel(RawListener& proxy, uint16_t target_port, std::string& connect_head,
                 std::string& carried_up) {
  RawSocket client = proxy.Accept();
  connect_head = client.ReceiveUntil("\r\n\r\n");
  RawSocket target = RawSocket::Connect(target_port);
  client.Send("HTTP/1.1 200 Connection established\r\n\r\n");
  while (true) {
    std::array<pollfd, 2> ready{pollfd{client.fd(), POLLIN, 0}, pollfd{target.fd(), POLLIN, 0}};
    if (::poll(ready.data(), ready.size(), testing::kPatienceMs) <= 0) break;
    std::string bytes;
    if (ready[0].revents != 0) {
      if (!client.ReceiveMore(bytes)) break;
      carried_up += bytes;
      target.Send(bytes);
    } else {
      if (!target.ReceiveMore(bytes)) break;
      client.Send(bytes);
    }
  }
}

TEST_F(ProxyTlsTest, SpeaksTlsToTheTargetThroughTheTunnel) {
  StartTlsServer("target.test");
  RawListener proxy;
  PoolOptions options;
  options.proxies = Through(proxy.port());
  std::string connect_head;
  std::string carried_up;
  std::thread tunnel([&] { ServeTunnel(proxy, port_, connect_head, carried_up); });
  const std::string page = Fetch("target.test", (directory_ / "ca.pem").string(), 1, options);
  tunnel.join();
  EXPECT_NE(page.find("s_server"), std::string::npos) << page;
  EXPECT_EQ(connect_head.find("CONNECT target.test:" + std::to_string(port_) + " HTTP/1.1\r\n"),
            0u);
  EXPECT_NE(connect_head.find(kCredentials), std::string::npos);
  EXPECT_EQ(carried_up.find("Proxy-Authorization"), std::string::npos);
}

TEST_F(ProxyTlsTest, VerifiesTheTargetsNameNotTheProxys) {
  StartTlsServer("other.test");
  RawListener proxy;
  PoolOptions options;
  options.proxies = Through(proxy.port());
  std::string connect_head;
  std::string carried_up;
  std::thread tunnel([&] { ServeTunnel(proxy, port_, connect_head, carried_up); });
  const std::string outcome = Fetch("other.test", (directory_ / "ca.pem").string(), 1, options);
  tunnel.join();
  EXPECT_NE(outcome.find("connect: other.test:"), std::string::npos) << outcome;
  EXPECT_NE(outcome.find("hostname mismatch"), std::string::npos) << outcome;
}

}  // namespace
}  // namespace junctor::net
