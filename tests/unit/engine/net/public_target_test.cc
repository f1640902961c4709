// Upstreams that a stranger named: to which of their addresses connections are made.
#include <gtest/gtest.h>

#include "engine/net/public_address.h"
#include "tests/unit/engine/net/client_testing.h"
#include "tests/unit/engine/net/dns_testing.h"

namespace junctor::net {
namespace {

using testing::DnsServer;
using testing::Fetched;
using testing::RawListener;
using testing::RawSocket;

class PublicTargetTest : public testing::ClientTest {
 protected:
  PublicTargetTest() {
    pool_options_.dns_servers = names_.servers();
    MakePool();
  }
  void Allow(const std::vector<std::string>& entries) {
    auto targets = PrivateTargets::Parse(entries);
    ASSERT_TRUE(targets.ok()) << targets.status();
    pool_options_.private_targets = std::make_shared<const PrivateTargets>(*std::move(targets));
    thread_.Do([this] { pool_.reset(); });
    MakePool();
  }
  Upstream To(const std::string& host) {
    Upstream upstream{host, listener_.port(), false};
    upstream.public_only = true;
    return upstream;
  }
  // Serves one connection with `answers` answers.
  std::thread Serve(int answers) {
    return std::thread([this, answers] {
      RawSocket peer = listener_.Accept();
      for (int i = 0; i < answers; ++i) {
        (void)peer.ReceiveUntil("\r\n\r\n");
        peer.Send("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
      }
    });
  }

  DnsServer names_;
  RawListener listener_{"127.0.0.1"};
};

TEST_F(PublicTargetTest, PrivateAddressesAreRefusedHoweverTheyAreNamed) {
  names_.Set("inside.test", {{"127.0.0.1"}, 60});
  names_.Set("both.test", {{"10.0.0.1", "::ffff:127.0.0.1"}, 60});
  for (const char* host :
       {"127.0.0.1", "::1", "169.254.169.254", "10.0.0.1", "inside.test", "both.test"}) {
    const Fetched fetched = Fetch(To(host));
    EXPECT_EQ(fetched.error, NetErrorKind::kConnect) << host;
    EXPECT_NE(fetched.message.find("no address that may be connected to"), std::string::npos)
        << fetched.message;
  }
}

TEST_F(PublicTargetTest, WhatTheOperatorNamesMayBeReached) {
  names_.Set("inside.test", {{"127.0.0.1"}, 60});
  for (const char* entry : {"inside.test", "127.0.0.1", "127.0.0.0/8"}) {
    Allow({entry});
    std::thread upstream = Serve(1);
    EXPECT_EQ(Fetch(To("inside.test")).body, "ok") << entry;
    upstream.join();
  }
  Allow({"other.test", "10.0.0.0/8"});
  EXPECT_EQ(Fetch(To("inside.test")).error, NetErrorKind::kConnect);
}

TEST_F(PublicTargetTest, ANameThatMovesIsLookedAtAgain) {
  Allow({"127.0.0.1/32"});
  names_.Set("moving.test", {{"127.0.0.1"}, 0});
  std::thread upstream([this] {
    RawSocket peer = listener_.Accept();
    (void)peer.ReceiveUntil("\r\n\r\n");
    peer.Send("HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nok");
  });
  EXPECT_EQ(Fetch(To("moving.test")).body, "ok");
  upstream.join();
  names_.Set("moving.test", {{"127.0.0.2"}, 0});
  // The old address is kept for DnsCache::kMinTtl; nobody answers there any more.
  Fetched fetched;
  const TimePoint until = Clock::now() + std::chrono::seconds(20);
  do {
    SendOptions options;
    options.deadline = Clock::now() + std::chrono::milliseconds(100);
    fetched = Fetch(To("moving.test"), options);
  } while (fetched.message.find("may be connected to: 127.0.0.2") == std::string::npos &&
           Clock::now() < until);
  EXPECT_NE(fetched.message.find("may be connected to: 127.0.0.2"), std::string::npos)
      << fetched.message;
}

TEST_F(PublicTargetTest, AConnectionOfATrustedUpstreamIsNotLentOut) {
  std::thread upstream = Serve(1);
  EXPECT_EQ(Fetch(Upstream{"127.0.0.1", listener_.port(), false}).body, "ok");
  upstream.join();
  EXPECT_EQ(Fetch(To("127.0.0.1")).error, NetErrorKind::kConnect);
}

}  // namespace
}  // namespace junctor::net
