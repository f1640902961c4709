// The end of a server: running requests finish, idle connections go, the stubborn are cut.
#include <gtest/gtest.h>

#include "tests/unit/engine/net/net_testing.h"

namespace junctor::net {
namespace {

using testing::BodyOf;
using testing::Echo;
using testing::RawSocket;
using testing::StartServer;

constexpr std::string_view kGetRoot = "GET / HTTP/1.1\r\nHost: h\r\n\r\n";

TEST(Drain, ClosesIdleConnectionsAndLetsRunningRequestsFinish) {
  std::promise<void> handling;
  std::promise<void> go_on;
  CancelSignal release;
  EventLoop* loop = nullptr;
  auto server = StartServer([&](ServerExchange& exchange) -> Awaitable<void> {
    if (exchange.head().target == "/wait") {
      loop = &exchange.loop();
      handling.set_value();
      (void)co_await SleepUntil(exchange.loop(), Clock::now() + std::chrono::seconds(30), &release);
    }
    (void)co_await exchange.Respond(200, {}, "done");
  });
  RawSocket idle = RawSocket::Connect(server->port());
  idle.Send(kGetRoot);
  EXPECT_EQ(BodyOf(idle.ReceiveUntil("done")), "done");
  RawSocket busy = RawSocket::Connect(server->port());
  busy.Send("GET /wait HTTP/1.1\r\nHost: h\r\n\r\n");
  handling.get_future().wait();

  const uint16_t port = server->port();
  std::thread drainer(
      [&] { EXPECT_EQ(server->Drain(Clock::now() + std::chrono::seconds(20)), 0u); });
  EXPECT_EQ(idle.ReceiveAll(), "");  // closed while the other still runs
  loop->Post([&] { release.Cancel(); });
  const std::string answer = busy.ReceiveAll();
  EXPECT_NE(answer.find("Connection: close"), std::string::npos);
  EXPECT_EQ(BodyOf(answer), "done");
  drainer.join();
  EXPECT_EQ(server->connection_count(), 0u);

  const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  EXPECT_NE(::connect(fd, reinterpret_cast<sockaddr*>(&address), sizeof(address)), 0);
  ::close(fd);
}

TEST(Drain, CutsWhatStillRunsAtTheDeadline) {
  std::promise<void> handling;
  std::atomic<bool> cancelled = false;
  auto server = StartServer([&](ServerExchange& exchange) -> Awaitable<void> {
    EXPECT_TRUE((co_await exchange.StartStream(200, {}, std::nullopt, "part")).ok());
    handling.set_value();
    cancelled = !co_await SleepUntil(exchange.loop(), Clock::now() + std::chrono::seconds(30),
                                     &exchange.client_gone());
  });
  RawSocket client = RawSocket::Connect(server->port());
  client.Send(kGetRoot);
  handling.get_future().wait();
  EXPECT_EQ(server->Drain(Clock::now() + std::chrono::milliseconds(20)), 1u);
  EXPECT_TRUE(cancelled);
  EXPECT_EQ(BodyOf(client.ReceiveAll()), "4\r\npart\r\n");
}

TEST(HttpServer, GivesEachWorkerItsState) {
  HttpServerOptions options;
  options.threads = 3;
  std::atomic<int> alive = 0;
  struct State {
    explicit State(std::atomic<int>& a, size_t i) : count(a), index(i) { ++count; }
    ~State() { --count; }
    std::atomic<int>& count;
    size_t index;
  };
  options.worker_state = [&](EventLoop&, size_t i) { return std::make_shared<State>(alive, i); };
  auto server = StartServer(
      [](ServerExchange& exchange) -> Awaitable<void> {
        EXPECT_EQ(exchange.worker_state<State>().index, exchange.worker_index());
        EXPECT_EQ(exchange.head().remote_address, "127.0.0.1");
        (void)co_await exchange.Respond(200, {}, "ok");
      },
      options);
  EXPECT_EQ(alive, 3);
  for (int i = 0; i < 20; ++i) {
    RawSocket client = RawSocket::Connect(server->port());
    client.Send(kGetRoot);
    EXPECT_EQ(BodyOf(client.ReceiveUntil("ok")), "ok");
  }
  std::atomic<int> posted = 0;
  server->PostToAll([&](EventLoop&, size_t) { ++posted; });
  server->Drain(Clock::now() + std::chrono::seconds(5));
  EXPECT_EQ(posted, 3);
  EXPECT_EQ(alive, 0);
}

}  // namespace
}  // namespace junctor::net
