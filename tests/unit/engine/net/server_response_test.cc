// The server writing answers: framing on the wire, streams, broken streams, back-pressure, vanished
// clients.
#include <gtest/gtest.h>

#include "tests/unit/engine/net/net_testing.h"

namespace junctor::net {
namespace {

using testing::BodyOf;
using testing::RawSocket;
using testing::StartServer;
using testing::StatusLineOf;

constexpr std::string_view kGet = "GET / HTTP/1.1\r\nHost: h\r\n\r\n";

TEST(ServerResponse, StreamsInChunksAndEndsProperly) {
  auto server = StartServer([](ServerExchange& exchange) -> Awaitable<void> {
    EXPECT_TRUE((co_await exchange.StartStream(200, {}, std::nullopt, "one")).ok());
    EXPECT_TRUE((co_await exchange.Write("two")).ok());
    EXPECT_TRUE((co_await exchange.Finish("three")).ok());
    EXPECT_FALSE((co_await exchange.Write("late")).ok());
  });
  RawSocket client = RawSocket::Connect(server->port());
  for (int i = 0; i < 2; ++i) {
    client.Send(kGet);
    const std::string answer = client.ReceiveUntil("0\r\n\r\n");
    EXPECT_NE(answer.find("Transfer-Encoding: chunked"), std::string::npos);
    EXPECT_EQ(BodyOf(answer), "3\r\none\r\n3\r\ntwo\r\n5\r\nthree\r\n0\r\n\r\n");
  }
}

TEST(ServerResponse, StreamsUntilCloseToHttp10) {
  auto server = StartServer([](ServerExchange& exchange) -> Awaitable<void> {
    EXPECT_TRUE((co_await exchange.StartStream(200, {})).ok());
    EXPECT_TRUE((co_await exchange.Write("two")).ok());
    EXPECT_TRUE((co_await exchange.Finish()).ok());
  });
  RawSocket client = RawSocket::Connect(server->port());
  client.Send("GET / HTTP/1.0\r\n\r\n");
  const std::string answer = client.ReceiveAll();
  EXPECT_EQ(answer.find("Transfer-Encoding"), std::string::npos);
  EXPECT_EQ(BodyOf(answer), "two");
  EXPECT_FALSE(client.reset());
}

TEST(ServerResponse, AbortLeavesTheStreamVisiblyBroken) {
  auto server = StartServer([](ServerExchange& exchange) -> Awaitable<void> {
    EXPECT_TRUE((co_await exchange.StartStream(200, {}, std::nullopt, "one")).ok());
    exchange.Abort();
    EXPECT_FALSE((co_await exchange.Write("two")).ok());
  });
  RawSocket client = RawSocket::Connect(server->port());
  client.Send(kGet);
  EXPECT_EQ(BodyOf(client.ReceiveAll()), "3\r\none\r\n");
  RawSocket old_client = RawSocket::Connect(server->port());
  old_client.Send("GET / HTTP/1.0\r\n\r\n");
  (void)old_client.ReceiveAll();
  EXPECT_TRUE(old_client.reset());
}

TEST(ServerResponse, HoldsAStreamToItsAnnouncedLength) {
  auto server = StartServer([](ServerExchange& exchange) -> Awaitable<void> {
    const bool too_much = exchange.head().target == "/much";
    EXPECT_TRUE((co_await exchange.StartStream(200, {}, 5, "abc")).ok());
    absl::Status status;
    if (too_much) {
      status = co_await exchange.Write("defg");
    } else if (exchange.head().target == "/right") {
      status = co_await exchange.Finish("de");
    } else {
      status = co_await exchange.Finish("d");
    }
    EXPECT_EQ(status.ok(), exchange.head().target == "/right");
  });
  for (const std::string target : {"/much", "/little", "/right"}) {
    RawSocket client = RawSocket::Connect(server->port());
    client.Send("GET " + target + " HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n");
    EXPECT_EQ(BodyOf(client.ReceiveAll()), target == "/right" ? "abcde" : "abc");
  }
}

TEST(ServerResponse, SendsNoBodyToHeadAnd204And304) {
  auto server = StartServer([](ServerExchange& exchange) -> Awaitable<void> {
    const std::string status(exchange.head().target.substr(1));
    (void)co_await exchange.Respond(std::stoi(status), {}, "body");
  });
  RawSocket client = RawSocket::Connect(server->port());
  client.Send("HEAD /200 HTTP/1.1\r\nHost: h\r\n\r\n");
  const std::string head_answer = client.ReceiveUntil("\r\n\r\n");
  EXPECT_NE(head_answer.find("Content-Length: 4\r\n"), std::string::npos);
  EXPECT_EQ(BodyOf(head_answer), "");
  client.Send("GET /204 HTTP/1.1\r\nHost: h\r\n\r\n");
  EXPECT_EQ(client.ReceiveUntil("\r\n\r\n").find("Content-Length"), std::string::npos);
  client.Send("GET /304 HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n");
  EXPECT_EQ(BodyOf(client.ReceiveAll()), "");
}

TEST(ServerResponse, RefusesHeadersThatWouldSplitTheResponse) {
  auto server = StartServer([](ServerExchange& exchange) -> Awaitable<void> {
    using namespace std::string_view_literals;
    const HeaderView bad[] = {{"X-A", "a\r\nSet-Cookie: evil=1"},
                              {"X-A", "a\nb"},
                              {"X-A", "a\rb"},
                              {"X-A", "a\0b"sv},
                              {"X A", "v"},
                              {"X:", "v"},
                              {"", "v"},
                              {"X\r\nY", "v"}};
    for (const HeaderView& header : bad) {
      const std::span<const HeaderView> one(&header, 1);
      EXPECT_TRUE(absl::IsInvalidArgument(co_await exchange.Respond(200, one, "x")));
      EXPECT_TRUE(absl::IsInvalidArgument(co_await exchange.StartStream(200, one)));
    }
    const HeaderView good[] = {{"X-A", "a"},
                               {"Content-Length", "999"},
                               {"transfer-encoding", "gzip"},
                               {"CONNECTION", "upgrade"}};
    EXPECT_TRUE((co_await exchange.Respond(200, good, "fine")).ok());
  });
  RawSocket client = RawSocket::Connect(server->port());
  client.Send(kGet);
  const std::string answer = client.ReceiveUntil("fine");
  EXPECT_EQ(answer.find("evil"), std::string::npos);
  EXPECT_EQ(answer.find("999"), std::string::npos);
  EXPECT_EQ(answer.find("gzip"), std::string::npos);
  EXPECT_EQ(answer.find("upgrade"), std::string::npos);
  EXPECT_NE(answer.find("X-A: a\r\n"), std::string::npos);
}

TEST(ServerResponse, AnswersForAHandlerThatDoesNot) {
  auto server = StartServer([](ServerExchange& exchange) -> Awaitable<void> {
    if (exchange.head().target == "/throw") throw std::runtime_error("fault");
    co_return;
  });
  for (const char* target : {"/silent", "/throw"}) {
    RawSocket client = RawSocket::Connect(server->port());
    client.Send("GET " + std::string(target) + " HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n");
    EXPECT_EQ(StatusLineOf(client.ReceiveAll()), "HTTP/1.1 500 Internal Server Error");
  }
}

TEST(ServerResponse, NoticesAtOnceThatTheClientIsGone) {
  std::promise<void> handling;
  std::promise<TimePoint> noticed;
  std::promise<void>* handling_now = &handling;
  std::promise<TimePoint>* noticed_now = &noticed;
  auto server = StartServer([&](ServerExchange& exchange) -> Awaitable<void> {
    handling_now->set_value();
    const bool elapsed = co_await SleepUntil(
        exchange.loop(), Clock::now() + std::chrono::seconds(30), &exchange.client_gone());
    EXPECT_FALSE(elapsed);
    EXPECT_TRUE(exchange.is_client_gone());
    noticed_now->set_value(Clock::now());
  });
  for (const bool reset : {false, true}) {
    handling = {};
    noticed = {};
    RawSocket client = RawSocket::Connect(server->port());
    client.Send(kGet);
    handling.get_future().wait();
    const TimePoint left = Clock::now();
    reset ? client.Reset() : client.Close();
    EXPECT_LT(noticed.get_future().get() - left, std::chrono::milliseconds(100));
  }
}

TEST(ServerResponse, DoesNotTakePipelinedBytesForALeavingClient) {
  std::promise<void> handling;
  std::atomic<bool> first = true;
  auto server = StartServer([&](ServerExchange& exchange) -> Awaitable<void> {
    if (first.exchange(false)) {
      handling.set_value();
      const bool elapsed = co_await SleepUntil(
          exchange.loop(), Clock::now() + std::chrono::milliseconds(50), &exchange.client_gone());
      EXPECT_TRUE(elapsed);
    }
    const std::string text(exchange.head().target);
    (void)co_await exchange.Respond(200, {}, text);
  });
  RawSocket client = RawSocket::Connect(server->port());
  client.Send("GET /first HTTP/1.1\r\nHost: h\r\n\r\n");
  handling.get_future().wait();
  client.Send("GET /second HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n");
  const std::string answers = client.ReceiveAll();
  EXPECT_NE(answers.find("/first"), std::string::npos);
  EXPECT_NE(answers.find("/second"), std::string::npos);
}

TEST(ServerResponse, ASlowReaderHoldsTheWriterBackUntilItsTimeIsUp) {
  std::promise<absl::Status> ended;
  std::promise<uint64_t> sent;
  HttpServerOptions options;
  options.write_stall_timeout = std::chrono::milliseconds(60);
  auto server = StartServer(
      [&](ServerExchange& exchange) -> Awaitable<void> {
        const std::string piece(1 << 20, 'x');
        absl::Status status = co_await exchange.StartStream(200, {});
        for (int i = 0; i < 1000 && status.ok(); ++i) status = co_await exchange.Write(piece);
        sent.set_value(exchange.bytes_sent());
        ended.set_value(status);
      },
      options);
  RawSocket client = RawSocket::Connect(server->port());
  client.Send(kGet);
  EXPECT_TRUE(absl::IsDeadlineExceeded(ended.get_future().get()));
  EXPECT_LT(sent.get_future().get(), 100u << 20);
}

TEST(ServerResponse, WritesABigAnswerToASlowReaderWhole) {
  const std::string big(8 << 20, 'y');
  auto server = StartServer([&](ServerExchange& exchange) -> Awaitable<void> {
    const absl::Status status = co_await exchange.Respond(200, {}, big);
    EXPECT_TRUE(status.ok()) << status;
  });
  RawSocket client = RawSocket::Connect(server->port());
  client.Send("GET / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n");
  EXPECT_EQ(BodyOf(client.ReceiveAll()).size(), big.size());
}

}  // namespace
}  // namespace junctor::net
