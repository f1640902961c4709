// How connections come about: addresses that are raced, names that move, and the queue of those
// that wait for a place.
#include <gtest/gtest.h>

#include "engine/net/connect_race.h"
#include "tests/unit/engine/net/client_testing.h"
#include "tests/unit/engine/net/dns_testing.h"

namespace junctor::net {
namespace {

using testing::DnsServer;
using testing::Fetched;
using testing::kHead;
using testing::RawListener;
using testing::RawSocket;

constexpr std::string_view kOk = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

// A port that takes no connection and refuses none: its queue is full.
class SilentPort {
 public:
  SilentPort(const char* host, uint16_t port) : listener_(host, port, 0) {
    for (int i = 0; i < 8; ++i) {
      const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
      sockaddr_in address{};
      address.sin_family = AF_INET;
      address.sin_port = htons(listener_.port());
      ::inet_pton(AF_INET, host, &address.sin_addr);
      (void)::connect(fd, reinterpret_cast<sockaddr*>(&address), sizeof(address));
      fillers_.emplace_back(fd);
    }
  }
  uint16_t port() const { return listener_.port(); }

 private:
  RawListener listener_;
  std::vector<RawSocket> fillers_;
};

class ClientConnectTest : public testing::ClientTest {
 protected:
  ClientConnectTest() {
    pool_options_.dns_servers = names_.servers();
    MakePool();
  }
  static void ServeOnce(RawListener& listener) {
    RawSocket peer = listener.Accept();
    (void)peer.ReceiveUntil("\r\n\r\n");
    peer.Send("HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nok");
  }

  DnsServer names_;
};

std::string Joined(const std::vector<boost::asio::ip::address>& addresses) {
  std::string text;
  for (const auto& address : addresses) text += address.to_string() + " ";
  return text;
}

TEST(InterleaveFamilies, LetsTheFamiliesTakeTurns) {
  std::vector<boost::asio::ip::address> addresses;
  EXPECT_EQ(Joined(InterleaveFamilies(addresses)), "");
  for (const char* text : {"::1", "::2", "::3", "1.1.1.1", "1.1.1.2"}) {
    addresses.push_back(boost::asio::ip::make_address(text));
  }
  EXPECT_EQ(Joined(InterleaveFamilies(addresses)), "::1 1.1.1.1 ::2 1.1.1.2 ::3 ");
  std::reverse(addresses.begin(), addresses.end());
  EXPECT_EQ(Joined(InterleaveFamilies(addresses)), "1.1.1.2 ::3 1.1.1.1 ::2 ::1 ");
  addresses.resize(2);
  EXPECT_EQ(Joined(InterleaveFamilies(addresses)), "1.1.1.2 1.1.1.1 ");
}

TEST_F(ClientConnectTest, TriesTheNextAddressAtOnceWhenOneRefuses) {
  RawListener listener("127.0.0.3");
  names_.Set("many.test", {{"127.0.0.1", "127.0.0.2", "127.0.0.3"}, 60});
  std::thread upstream([&] { ServeOnce(listener); });
  const TimePoint start = Clock::now();
  const Fetched fetched = Fetch(Upstream{"many.test", listener.port(), false});
  EXPECT_EQ(fetched.body, "ok") << fetched.message;
  EXPECT_LT(Clock::now() - start, ConnectRace::kHeadStart);
  upstream.join();
}

TEST_F(ClientConnectTest, DoesNotWaitForAnAddressThatIsSilent) {
  RawListener listener("127.0.0.3");
  const SilentPort silent("127.0.0.2", listener.port());
  names_.Set("many.test", {{"127.0.0.2", "127.0.0.3"}, 60});
  std::thread upstream([&] { ServeOnce(listener); });
  const TimePoint start = Clock::now();
  const Fetched fetched = Fetch(Upstream{"many.test", listener.port(), false});
  EXPECT_EQ(fetched.body, "ok") << fetched.message;
  EXPECT_LT(Clock::now() - start, std::chrono::seconds(2));
  upstream.join();
}

TEST_F(ClientConnectTest, SaysWhyNoAddressTookIt) {
  uint16_t port = 0;
  {
    RawListener closed;
    port = closed.port();
  }
  names_.Set("many.test", {{"127.0.0.1", "127.0.0.2"}, 60});
  const Fetched refused = Fetch(Upstream{"many.test", port, false});
  EXPECT_EQ(refused.error, NetErrorKind::kConnect);
  EXPECT_NE(refused.message.find("Connection refused ("), std::string::npos) << refused.message;
  EXPECT_NE(refused.message.find("one of 2 addresses"), std::string::npos) << refused.message;
  const Fetched unknown = Fetch(Upstream{"never.test", port, false});
  EXPECT_EQ(unknown.error, NetErrorKind::kConnect);
  EXPECT_NE(unknown.message.find("the name cannot be resolved"), std::string::npos)
      << unknown.message;
}

TEST_F(ClientConnectTest, EndsASilentConnectAtItsTimeoutAtTheDeadlineAndOnCancel) {
  const SilentPort silent("127.0.0.1", 0);
  SendOptions options;
  options.connect_timeout = std::chrono::milliseconds(40);
  const Fetched timed_out = Fetch(silent.port(), options);
  EXPECT_EQ(timed_out.error, NetErrorKind::kConnect) << timed_out.message;
  EXPECT_NE(timed_out.message.find("within 40 ms"), std::string::npos) << timed_out.message;
  options.connect_timeout = std::chrono::seconds(10);
  options.deadline = Clock::now() + std::chrono::milliseconds(40);
  EXPECT_EQ(Fetch(silent.port(), options).error, NetErrorKind::kTimeout);
  CancelSignal signal;
  Timer timer([&] { signal.Cancel(); });
  thread_.Do([&] {
    thread_.loop().wheel().Schedule(timer, Clock::now() + std::chrono::milliseconds(40));
  });
  options.deadline = TimePoint::max();
  options.cancel = &signal;
  EXPECT_EQ(Fetch(silent.port(), options).error, NetErrorKind::kCancelled);
}

TEST_F(ClientConnectTest, FollowsANameThatMoves) {
  RawListener before("127.0.0.2");
  RawListener after("127.0.0.3", before.port());
  const Upstream upstream{"moving.test", before.port(), false};
  names_.Set("moving.test", {{"127.0.0.2"}, 1});
  std::thread first([&] { ServeOnce(before); });
  EXPECT_EQ(Fetch(upstream).body, "ok");
  first.join();
  names_.Set("moving.test", {{"127.0.0.3"}, 1});
  ::usleep(1'050'000);
  std::thread second([&] { ServeOnce(after); });
  EXPECT_EQ(Fetch(upstream).body, "ok");
  second.join();
}

// At most one connection, two waiting.
class ConnectionQueueTest : public testing::ClientTest {
 protected:
  ConnectionQueueTest() {
    pool_options_.max_connections_per_host = 1;
    pool_options_.max_waiting_per_host = 2;
    MakePool();
  }

  // Sends requests one after the other from one coroutine each, all at once; returns when all have
  // ended, with the numbers in the order in which they did.
  std::vector<size_t> FetchAll(std::vector<Fetched>& results, uint16_t port,
                               std::vector<SendOptions> options) {
    results.resize(options.size());
    std::vector<size_t> order;
    std::promise<void> done;
    thread_.Do([&] {
      for (size_t i = 0; i < results.size(); ++i) {
        thread_.loop().Spawn(FetchOne(results, i, port, options[i], order, done));
      }
    });
    EXPECT_EQ(done.get_future().wait_for(std::chrono::milliseconds(testing::kPatienceMs)),
              std::future_status::ready);
    return order;
  }

  Awaitable<void> FetchOne(std::vector<Fetched>& results, size_t i, uint16_t port,
                           SendOptions options, std::vector<size_t>& order,
                           std::promise<void>& done) {
    const Upstream upstream{"127.0.0.1", port, false};
    co_await FetchInto(results[i], kHead, options, upstream);
    order.push_back(i);
    if (order.size() == results.size()) done.set_value();
  }
};

TEST_F(ConnectionQueueTest, ServesWhoWaitsInOrderOnTheKeptConnection) {
  RawListener listener;
  std::thread upstream([&] {
    RawSocket peer = listener.Accept();
    for (int i = 0; i < 3; ++i) {
      (void)peer.ReceiveUntil("\r\n\r\n");
      ::usleep(20'000);
      peer.Send(kOk);
    }
  });
  std::vector<Fetched> results;
  EXPECT_EQ(FetchAll(results, listener.port(), std::vector<SendOptions>(4)),
            (std::vector<size_t>{3, 0, 1, 2}));
  for (size_t i = 0; i < 3; ++i) EXPECT_EQ(results[i].body, "ok") << results[i].message;
  EXPECT_TRUE(results[2].reused);
  // The fourth found the queue full.
  EXPECT_EQ(results[3].error, NetErrorKind::kConnect);
  EXPECT_NE(results[3].message.find("2 requests wait"), std::string::npos) << results[3].message;
  upstream.join();
}

TEST_F(ConnectionQueueTest, GivesThePlaceOfAClosedConnectionToTheNext) {
  RawListener listener;
  std::thread upstream([&] {
    for (int i = 0; i < 3; ++i) {
      RawSocket peer = listener.Accept();
      (void)peer.ReceiveUntil("\r\n\r\n");
      ::usleep(20'000);
      if (i != 1) peer.Send("HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nok");
    }
  });
  std::vector<Fetched> results;
  EXPECT_EQ(FetchAll(results, listener.port(), std::vector<SendOptions>(3)),
            (std::vector<size_t>{0, 1, 2}));
  EXPECT_EQ(results[0].body, "ok");
  EXPECT_EQ(results[1].error, NetErrorKind::kReset);
  EXPECT_EQ(results[2].body, "ok") << results[2].message;
  upstream.join();
}

TEST_F(ConnectionQueueTest, LetsGoWhoseDeadlinePassesOrWhoIsCancelled) {
  RawListener listener;
  std::thread upstream([&] {
    RawSocket peer = listener.Accept();
    for (int i = 0; i < 2; ++i) {
      (void)peer.ReceiveUntil("\r\n\r\n");
      ::usleep(150'000);
      peer.Send(kOk);
    }
  });
  CancelSignal signal;
  Timer timer([&] { signal.Cancel(); });
  std::vector<SendOptions> options(3);
  options[1].deadline = Clock::now() + std::chrono::milliseconds(60);
  options[2].cancel = &signal;
  thread_.Do([&] {
    thread_.loop().wheel().Schedule(timer, Clock::now() + std::chrono::milliseconds(30));
  });
  std::vector<Fetched> results;
  EXPECT_EQ(FetchAll(results, listener.port(), options), (std::vector<size_t>{2, 1, 0}));
  EXPECT_EQ(results[0].body, "ok") << results[0].message;
  EXPECT_EQ(results[1].error, NetErrorKind::kTimeout);
  EXPECT_NE(results[1].message.find("no connection was free"), std::string::npos);
  EXPECT_EQ(results[2].error, NetErrorKind::kCancelled);
  EXPECT_EQ(Fetch(listener.port()).body, "ok");
  upstream.join();
}

}  // namespace
}  // namespace junctor::net
