#include "engine/net/public_address.h"

#include <gtest/gtest.h>

#include <chrono>
#include <future>
#include <string>
#include <vector>

#include <string>

namespace junctor::net {
namespace {

namespace ip = boost::asio::ip;

TEST(PublicAddress, IsWhatTheInternetRoutes) {
  for (const char* const text : {"1.1.1.1",
                                 "8.8.8.8",
                                 "9.255.255.255",
                                 "11.0.0.0",
                                 "100.63.255.255",
                                 "100.128.0.0",
                                 "126.255.255.255",
                                 "128.0.0.1",
                                 "172.15.255.255",
                                 "172.32.0.0",
                                 "192.167.255.255",
                                 "192.169.0.0",
                                 "198.17.255.255",
                                 "198.20.0.0",
                                 "223.255.255.255",
                                 "2606:4700::1111",
                                 "2001:4860:4860::8888",
                                 "2a00::1",
                                 "::ffff:8.8.8.8",
                                 "64:ff9b::808:808",
                                 "2002:808:808::1"}) {
    EXPECT_TRUE(IsPublicAddress(ip::make_address(text))) << text;
  }
}

TEST(PublicAddress, IsNothingElse) {
  for (const char* const text : {"0.0.0.0",
                                 "0.1.2.3",
                                 "10.0.0.1",
                                 "10.255.255.255",
                                 "100.64.0.0",
                                 "100.127.255.255",
                                 "127.0.0.1",
                                 "127.255.255.255",
                                 "169.254.169.254",
                                 "172.16.0.0",
                                 "172.31.255.255",
                                 "192.0.0.8",
                                 "192.0.2.1",
                                 "192.168.0.1",
                                 "198.18.0.1",
                                 "198.19.255.255",
                                 "198.51.100.7",
                                 "203.0.113.9",
                                 "224.0.0.1",
                                 "239.255.255.255",
                                 "240.0.0.1",
                                 "255.255.255.255",
                                 "::",
                                 "::1",
                                 "::7f00:1",
                                 "fc00::1",
                                 "fdff::1",
                                 "fe80::1",
                                 "febf::1",
                                 "fec0::1",
                                 "ff02::1",
                                 "2001:db8::1",
                                 "2001::1",
                                 "3fff::1",
                                 "100::1",
                                 "::ffff:127.0.0.1",
                                 "::ffff:10.1.2.3",
                                 "64:ff9b::a00:1",
                                 "2002:7f00:1::1",
                                 "2002:c0a8:101::1"}) {
    EXPECT_FALSE(IsPublicAddress(ip::make_address(text))) << text;
  }
}

TEST(PrivateTargets, ThatAreNamedAreAllowed) {
  const auto targets =
      PrivateTargets::Parse({"localhost", "10.1.0.0/16", "fd00:1::/32", "192.168.7.9"});
  ASSERT_TRUE(targets.ok()) << targets.status();
  struct Case {
    const char* host;
    const char* address;
    bool allowed;
  };
  const Case table[] = {
      {"a.example", "8.8.8.8", true},        {"localhost", "127.0.0.1", true},
      {"LOCALHOST.", "::1", true},           {"evil.example", "127.0.0.1", false},
      {"sub.localhost", "127.0.0.1", false}, {"a.example", "10.1.255.255", true},
      {"a.example", "10.2.0.0", false},      {"a.example", "::ffff:10.1.0.1", true},
      {"a.example", "fd00:1:2::3", true},    {"a.example", "fd00:2::3", false},
      {"192.168.7.9", "192.168.7.9", true},  {"192.168.7.8", "192.168.7.8", false},
  };
  for (const Case& one : table) {
    EXPECT_EQ(targets->Allows(one.host, ip::make_address(one.address)), one.allowed)
        << one.host << " at " << one.address;
  }
  EXPECT_FALSE(PrivateTargets().Allows("localhost", ip::make_address("127.0.0.1")));
}

TEST(PrivateTargets, ThatAreNeitherNameNorNetworkAreRefused) {
  for (const char* const entry : {"", "10.0.0.0/33", "10.0.0.0/-1", "10.0.0.0/", "10.0.0.0/8x",
                                  "a b", "host/8", "http://localhost", "fd00::/129", "[::1]"}) {
    const auto targets = PrivateTargets::Parse({entry});
    ASSERT_FALSE(targets.ok()) << entry;
    EXPECT_NE(targets.status().message().find("`" + std::string(entry) + "`"),
              absl::string_view::npos);
  }
}

TEST(CheckTarget, DoesNotWaitForNameServersThatDoNotAnswer) {
  std::promise<void> answer;
  const std::shared_future<void> answered = answer.get_future().share();
  const auto slow = [answered](const std::string&) {
    answered.wait();
    return std::vector<ip::address>{ip::make_address("127.0.0.1")};
  };
  const PrivateTargets none;
  EXPECT_TRUE(CheckTarget("slow.example", none, std::chrono::milliseconds(1), slow).ok())
      << "left to the check when it is connected to";
  answer.set_value();
  EXPECT_FALSE(CheckTarget("slow.example", none, kMaxTargetLookup, slow).ok());
}

TEST(CheckTarget, LooksAtWhereNamesLead) {
  const PrivateTargets none;
  EXPECT_FALSE(CheckTarget("127.0.0.1", none).ok());
  EXPECT_FALSE(CheckTarget("::1", none).ok());
  EXPECT_FALSE(CheckTarget("localhost", none).ok());
  // Other ways to write 127.0.0.1.
  EXPECT_FALSE(CheckTarget("127.1", none).ok());
  EXPECT_FALSE(CheckTarget("2130706433", none).ok());
  EXPECT_FALSE(CheckTarget("0x7f000001", none).ok());
  EXPECT_TRUE(CheckTarget("8.8.8.8", none).ok());
  EXPECT_TRUE(CheckTarget("no-such-host.invalid", none).ok()) << "checked when it is connected to";
  EXPECT_TRUE(CheckTarget("localhost", *PrivateTargets::Parse({"localhost"})).ok());
}

}  // namespace
}  // namespace junctor::net
