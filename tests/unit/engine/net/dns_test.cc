// Names to addresses: times to live, failures, stale answers, the hosts file.
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <fstream>

#include "engine/net/dns_cache.h"
#include "tests/unit/engine/net/dns_testing.h"
#include "tests/unit/engine/net/net_testing.h"

namespace junctor::net {
namespace {

using testing::DnsServer;
using testing::LoopThread;

class DnsTest : public ::testing::Test {
 public:
  DnsTest() {
    thread_.Do([this] { cache_ = std::make_unique<DnsCache>(thread_.loop(), server_.servers()); });
  }
  ~DnsTest() override {
    thread_.Do([this] { cache_.reset(); });
  }

  // The addresses, separated by spaces, or "error: …".
  std::string Look(const std::string& name) {
    std::string outcome;
    thread_.Await([&]() -> Awaitable<void> { return LookInto(name, outcome); });
    return outcome;
  }

  Awaitable<void> LookInto(std::string name, std::string& outcome) {
    thread_.loop().UpdateNow();
    const std::shared_ptr<DnsAnswer> answer = cache_->Look(name);
    Waiter waiter;
    while (answer->pending) {
      answer->waiters.push_back(&waiter);
      co_await waiter.Wait();
    }
    if (answer->addresses.empty()) outcome = "error: " + answer->error;
    for (const auto& address : answer->addresses) {
      if (!outcome.empty()) outcome += ' ';
      outcome += address.to_string();
    }
  }

  DnsServer server_;
  LoopThread thread_;
  std::unique_ptr<DnsCache> cache_;
};

TEST_F(DnsTest, AsksAgainWhenTheTimeToLiveIsOver) {
  server_.Set("a.test", {{"127.0.0.2"}, 1});
  server_.Set("b.test", {{"127.0.0.2"}, 3600});
  EXPECT_EQ(Look("a.test"), "127.0.0.2");
  EXPECT_EQ(Look("a.test"), "127.0.0.2");
  EXPECT_EQ(Look("b.test"), "127.0.0.2");
  EXPECT_EQ(server_.questions(), 2);
  server_.Set("a.test", {{"127.0.0.3"}, 1});
  server_.Set("b.test", {{"127.0.0.3"}, 1});
  EXPECT_EQ(Look("a.test"), "127.0.0.2");
  ::usleep(1'050'000);
  EXPECT_EQ(Look("a.test"), "127.0.0.3");
  EXPECT_EQ(Look("b.test"), "127.0.0.2");
  EXPECT_EQ(server_.questions(), 3);
}

TEST_F(DnsTest, KeepsAFailureForASecondAndAnOldAnswerThroughFailures) {
  server_.Set("a.test", {{"127.0.0.2"}, 0});
  EXPECT_EQ(Look("a.test"), "127.0.0.2");
  EXPECT_EQ(Look("never.test").substr(0, 7), "error: ");
  EXPECT_EQ(Look("never.test").substr(0, 7), "error: ");
  const int asked = server_.questions();
  server_.Remove("a.test");
  server_.Set("never.test", {{"127.0.0.4"}, 60});
  EXPECT_EQ(Look("never.test").substr(0, 7), "error: ");
  EXPECT_EQ(server_.questions(), asked);
  ::usleep(1'050'000);
  EXPECT_EQ(Look("a.test"), "127.0.0.2");  // no such name any more: the old answer serves
  EXPECT_GT(server_.questions(), asked);
  EXPECT_EQ(Look("never.test"), "127.0.0.4");
  server_.Set("a.test", {{"127.0.0.5"}, 60});
  ::usleep(1'050'000);
  EXPECT_EQ(Look("a.test"), "127.0.0.5");
}

TEST_F(DnsTest, GivesBothFamiliesAndEachAddressOnce) {
  server_.Set("two.test", {{"127.0.0.2", "::1", "127.0.0.2", "127.0.0.3"}, 60});
  const std::string found = Look("two.test");
  for (const char* address : {"127.0.0.2", "127.0.0.3", "::1"}) {
    EXPECT_NE(found.find(address), std::string::npos) << found;
  }
  EXPECT_EQ(std::count(found.begin(), found.end(), ' '), 2) << found;
}

TEST_F(DnsTest, AsksOverTcpWhereUdpIsTooSmall) {
  server_.Truncate();
  DnsServer::Record record;
  for (int i = 2; i < 60; ++i) record.addresses.push_back("127.0.0." + std::to_string(i));
  server_.Set("many.test", record);
  const std::string found = Look("many.test");
  // As many as are used.
  EXPECT_EQ(static_cast<size_t>(std::count(found.begin(), found.end(), ' ')) + 1,
            DnsResolver::kMaxAddresses)
      << found;
}

TEST_F(DnsTest, SharesOneLookUpAmongThoseThatAskAtOnce) {
  server_.Set("a.test", {{"127.0.0.2"}, 60});
  std::array<std::string, 5> outcomes;
  std::promise<void> done;
  int left = 5;
  thread_.Await([&]() -> Awaitable<void> {
    for (std::string& outcome : outcomes) {
      thread_.loop().Spawn([](DnsTest* test, std::string& into, int& count,
                              std::promise<void>& all) -> Awaitable<void> {
        co_await test->LookInto("a.test", into);
        if (--count == 0) all.set_value();
      }(this, outcome, left, done));
    }
    co_return;
  });
  done.get_future().wait();
  for (const std::string& outcome : outcomes) EXPECT_EQ(outcome, "127.0.0.2");
  EXPECT_EQ(server_.questions(), 1);
}

TEST_F(DnsTest, HonoursTheHostsFileAndNumericAddresses) {
  EXPECT_NE(Look("localhost").find("127.0.0.1"), std::string::npos);
  EXPECT_EQ(Look("10.1.2.3"), "10.1.2.3");
  EXPECT_EQ(Look("::1"), "::1");
  EXPECT_EQ(server_.questions(), 0);
}

TEST_F(DnsTest, MayGoWhileALookUpRuns) {
  LoopThread other;
  other.Do([&] {
    // Nobody answers there.
    DnsCache cache(other.loop(), "127.0.0.1:9");
    EXPECT_TRUE(cache.Look("a.test")->pending);
  });
  other.Do([] {});
}

TEST(DnsResolver, ReadsResolvConfAnewWhenItHasChanged) {
  // The file has no way to name a port.
  DnsServer before("127.0.9.1", 53);
  DnsServer after("127.0.9.2", 53);
  if (!before.bound() || !after.bound()) GTEST_SKIP() << "port 53 cannot be had here";
  before.Set("a.test", {{"127.0.0.2"}, 60});
  after.Set("a.test", {{"127.0.0.3"}, 60});
  const std::string path = ::testing::TempDir() + "junctor_resolv_" + std::to_string(getpid());
  LoopThread thread;
  std::unique_ptr<DnsResolver> resolver;
  thread.Do([&] { resolver = std::make_unique<DnsResolver>(thread.loop(), "", path); });
  const auto look = [&] {
    std::promise<std::string> found;
    thread.Do([&] {
      resolver->Resolve("a.test", [&](DnsReply reply) {
        found.set_value(reply.addresses.empty() ? reply.error : reply.addresses[0].to_string());
      });
    });
    return found.get_future().get();
  };
  std::ofstream(path) << "nameserver 127.0.9.1"
                      << "\n";
  EXPECT_EQ(look(), "127.0.0.2");
  std::ofstream(path) << "# moved\nnameserver 127.0.9.2"
                      << "\n";
  EXPECT_EQ(look(), "127.0.0.3");
  thread.Do([&] { resolver.reset(); });
  std::remove(path.c_str());
}

TEST(KeepFor, ClampsWhatTheRecordsSay) {
  const auto keep = [](int ttl, bool hosts, bool found) {
    DnsReply reply;
    reply.ttl = std::chrono::seconds(ttl);
    reply.from_hosts_file = hosts;
    if (found) reply.addresses.push_back(boost::asio::ip::make_address("127.0.0.1"));
    return KeepFor(reply).count();
  };
  EXPECT_EQ(keep(0, false, true), 1);
  EXPECT_EQ(keep(300, false, true), 300);
  EXPECT_EQ(keep(100'000, false, true), 3600);
  EXPECT_EQ(keep(0, true, true), 30);
  EXPECT_EQ(keep(300, false, false), 1);
}

}  // namespace
}  // namespace junctor::net
