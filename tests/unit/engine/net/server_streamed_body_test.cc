// The server giving a request body to its handler piece by piece.
#include <gtest/gtest.h>

#include "tests/unit/engine/net/net_testing.h"

namespace junctor::net {
namespace {

using testing::BodyOf;
using testing::RawSocket;
using testing::StartServer;
using testing::StatusLineOf;

// Answers with the body, or with the error's code.
Awaitable<void> StreamedEcho(ServerExchange& exchange) {
  std::string body;
  while (true) {
    absl::StatusOr<std::string_view> piece = co_await exchange.ReadSomeBody();
    if (!piece.ok()) {
      const std::string text = absl::StatusCodeToString(piece.status().code());
      (void)co_await exchange.Respond(400, {}, text);
      co_return;
    }
    if (piece->empty()) break;
    body += *piece;
  }
  // The end is the end, however often one asks.
  absl::StatusOr<std::string_view> again = co_await exchange.ReadSomeBody();
  EXPECT_TRUE(again.ok() && again->empty()) << again.status();
  std::string text(exchange.head().target);
  text += " " + body + ".";
  (void)co_await exchange.Respond(200, {}, text);
}

TEST(ServerStreamedBody, GivesEachFramingAndLeavesTheNextRequestAlone) {
  auto server = StartServer(StreamedEcho);
  RawSocket client = RawSocket::Connect(server->port());
  std::string requests;
  for (int i = 0; i < 30; ++i) {
    requests += "POST /" + std::to_string(i) + " HTTP/1.1\r\nHost: h\r\n";
    if (i % 3 == 0) requests += "Content-Length: 3\r\n\r\nabc";
    if (i % 3 == 1)
      requests += "Transfer-Encoding: chunked\r\n\r\n1\r\na\r\n2;x\r\nbc\r\n0\r\n\r\n";
    if (i % 3 == 2) requests += "\r\n";
  }
  requests += "GET /end HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n";
  client.Send(requests);
  const std::string answers = client.ReceiveAll();
  size_t at = 0;
  for (int i = 0; i < 30; ++i) {
    at = answers.find("/" + std::to_string(i) + (i % 3 == 2 ? " ." : " abc."), at);
    ASSERT_NE(at, std::string::npos) << i << "\n" << answers;
  }
  EXPECT_NE(answers.find("/end ."), std::string::npos);
}

TEST(ServerStreamedBody, ReadsRequestsCutAtEveryByteOnOneConnection) {
  auto server = StartServer(StreamedEcho);
  RawSocket client = RawSocket::Connect(server->port());
  for (const std::string request :
       {"POST /p HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n"
        "4;x=y\r\nab12\r\n1\r\nc\r\n0\r\nT: v\r\n\r\n",
        "POST /p HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n\r\nab12c"}) {
    for (size_t cut = 1; cut < request.size(); ++cut) {
      client.Send(std::string_view(request).substr(0, cut));
      std::this_thread::yield();
      client.Send(std::string_view(request).substr(cut));
      ASSERT_EQ(BodyOf(client.ReceiveUntil("ab12c.")), "/p ab12c.") << cut;
    }
  }
}

TEST(ServerStreamedBody, KeepsTheBytesOfANextRequestThatComeWithTheLastChunk) {
  auto server = StartServer(StreamedEcho);
  RawSocket client = RawSocket::Connect(server->port());
  client.Send(
      "POST /1 HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n"
      "Expect: 100-continue\r\n\r\n");
  EXPECT_EQ(client.ReceiveUntil("\r\n\r\n"), "HTTP/1.1 100 Continue\r\n\r\n");
  client.Send("3\r\nabc\r\n0\r\n\r\nGET /2 HTTP/1.1\r\nHost: h\r\n\r\n");
  const std::string answers = client.ReceiveUntil("/2 .");
  EXPECT_NE(answers.find("/1 abc."), std::string::npos) << answers;
}

TEST(ServerStreamedBody, ReadsFromTheSocketOnlyWhenAsked) {
  std::promise<void> go;
  std::shared_future<void> gone = go.get_future().share();
  std::atomic<bool> asked{false};
  auto server = StartServer([&](ServerExchange& exchange) -> Awaitable<void> {
    absl::StatusOr<std::string_view> piece = co_await exchange.ReadSomeBody();
    EXPECT_TRUE(piece.ok()) << piece.status();
    const size_t first = piece->size();
    asked = true;
    gone.wait();  // holds up the loop, as a slow upstream would hold up the handler
    size_t rest = 0;
    do {
      piece = co_await exchange.ReadSomeBody();
      EXPECT_TRUE(piece.ok()) << piece.status();
      rest += piece->size();
    } while (!piece->empty());
    const std::string text = std::to_string(first + rest) + ".";
    (void)co_await exchange.Respond(200, {}, text);
  });
  RawSocket client = RawSocket::Connect(server->port());
  constexpr size_t kBody = 64 << 20;
  client.Send("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: " + std::to_string(kBody) +
              "\r\n\r\n");
  // As much as the kernel takes without anybody reading.
  const std::string block(64 << 10, 'x');
  size_t sent = 0;
  int full = 0;
  while (full < 20) {
    const ssize_t n = ::send(client.fd(), block.data(), block.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
    if (n > 0) {
      sent += static_cast<size_t>(n);
      full = 0;
    } else {
      if (asked) ++full;
      ::usleep(2000);
    }
  }
  EXPECT_LT(sent, kBody / 2);
  go.set_value();
  while (sent < kBody) {
    client.Send(std::string_view(block).substr(0, std::min(block.size(), kBody - sent)));
    sent += std::min(block.size(), kBody - sent);
  }
  EXPECT_EQ(BodyOf(client.ReceiveUntil(".")), std::to_string(kBody) + ".");
}

TEST(ServerStreamedBody, EndsSilentClientsAndThoseThatDrip) {
  HttpServerOptions options;
  options.body_timeout = std::chrono::milliseconds(60);
  auto server = StartServer(StreamedEcho, options);
  RawSocket silent = RawSocket::Connect(server->port());
  silent.Send("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n\r\nab");
  EXPECT_EQ(BodyOf(silent.ReceiveAll()), "DEADLINE_EXCEEDED");
  RawSocket dripping = RawSocket::Connect(server->port());
  dripping.Send("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 500\r\n\r\n");
  std::atomic<bool> answered{false};
  std::thread drip([&] {
    while (!answered) {
      dripping.Send("x");
      ::usleep(10'000);
    }
  });
  EXPECT_EQ(BodyOf(dripping.ReceiveUntil("EXCEEDED")), "DEADLINE_EXCEEDED");
  answered = true;
  drip.join();
}

TEST(ServerStreamedBody, DoesNotCountTheHandlersTimeAgainstTheClient) {
  HttpServerOptions options;
  options.body_timeout = std::chrono::milliseconds(100);
  auto server = StartServer(
      [](ServerExchange& exchange) -> Awaitable<void> {
        absl::StatusOr<std::string_view> piece = co_await exchange.ReadSomeBody();
        (void)co_await SleepUntil(exchange.loop(), Clock::now() + std::chrono::milliseconds(300),
                                  nullptr);
        piece = co_await exchange.ReadSomeBody();
        const std::string text =
            piece.ok() ? std::string(*piece) : std::string(piece.status().message());
        (void)co_await exchange.Respond(200, {}, text + ".");
      },
      options);
  RawSocket client = RawSocket::Connect(server->port());
  client.Send("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 4\r\n\r\nab");
  ::usleep(330'000);
  client.Send("cd");
  EXPECT_EQ(BodyOf(client.ReceiveUntil(".")), "cd.");
}

TEST(ServerStreamedBody, RefusesMalformedChunksAndBodiesThatBreakOff) {
  auto server = StartServer(StreamedEcho);
  RawSocket client = RawSocket::Connect(server->port());
  client.Send("POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\nzz\r\n");
  const std::string answer = client.ReceiveAll();
  EXPECT_EQ(BodyOf(answer), "INVALID_ARGUMENT");
  EXPECT_NE(answer.find("Connection: close"), std::string::npos);

  std::promise<std::string> outcome;
  auto watching = StartServer([&](ServerExchange& exchange) -> Awaitable<void> {
    absl::StatusOr<std::string_view> piece = co_await exchange.ReadSomeBody();
    while (piece.ok() && !piece->empty()) piece = co_await exchange.ReadSomeBody();
    outcome.set_value(absl::StatusCodeToString(piece.status().code()));
  });
  RawSocket leaving = RawSocket::Connect(watching->port());
  leaving.Send("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n\r\nab");
  leaving.Close();
  EXPECT_EQ(outcome.get_future().get(), "CANCELLED");
}

TEST(ServerStreamedBody, IsReadOneWayOrTheOther) {
  auto server = StartServer([](ServerExchange& exchange) -> Awaitable<void> {
    std::string text;
    if (exchange.head().target == "/some") {
      absl::StatusOr<std::string_view> piece = co_await exchange.ReadSomeBody();
      EXPECT_EQ(*piece, "ab");
      absl::StatusOr<BodyBuffer> body = co_await exchange.ReadBody(100);
      text = absl::StatusCodeToString(body.status().code());
    } else {
      absl::StatusOr<BodyBuffer> body = co_await exchange.ReadBody(100);
      EXPECT_EQ(body->view(), "ab");
      absl::StatusOr<std::string_view> piece = co_await exchange.ReadSomeBody();
      text = absl::StatusCodeToString(piece.status().code());
    }
    (void)co_await exchange.Respond(200, {}, text + ".");
  });
  RawSocket client = RawSocket::Connect(server->port());
  for (const std::string target : {"/some", "/whole"}) {
    client.Send("POST " + target + " HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\n\r\nab");
    EXPECT_EQ(BodyOf(client.ReceiveUntil(".")), "FAILED_PRECONDITION.");
  }
}

TEST(ServerStreamedBody, IsInterruptedWithoutLoss) {
  auto server = StartServer([](ServerExchange& exchange) -> Awaitable<void> {
    Timer timer([&] { exchange.InterruptBody(); });
    exchange.InterruptBody();  // nobody waits: no effect
    absl::StatusOr<std::string_view> piece = co_await exchange.ReadSomeBody();
    EXPECT_EQ(*piece, "ab");
    exchange.loop().wheel().Schedule(timer, Clock::now() + std::chrono::milliseconds(20));
    piece = co_await exchange.ReadSomeBody();
    EXPECT_TRUE(absl::IsAborted(piece.status())) << piece.status();
    const std::array<HeaderView, 1> headers{HeaderView{"X-Aborted", "1"}};
    (void)co_await exchange.StartStream(200, headers);
    piece = co_await exchange.ReadSomeBody();
    EXPECT_EQ(*piece, "cd");
    (void)co_await exchange.Finish("done.");
  });
  RawSocket client = RawSocket::Connect(server->port());
  client.Send("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 4\r\n\r\nab");
  EXPECT_NE(client.ReceiveUntil("\r\n\r\n").find("X-Aborted"), std::string::npos);
  client.Send("cd");
  EXPECT_NE(client.ReceiveUntil("done.").find("done."), std::string::npos);
}

TEST(ServerStreamedBody, ClosesAfterAnAnswerBeforeTheEndOfTheBody) {
  auto server = StartServer([](ServerExchange& exchange) -> Awaitable<void> {
    absl::StatusOr<std::string_view> piece = co_await exchange.ReadSomeBody();
    (void)co_await exchange.Respond(200, {}, "enough");
  });
  RawSocket client = RawSocket::Connect(server->port());
  client.Send("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 100000\r\n\r\nGET / HTTP/1.1\r\n\r\n");
  const std::string answer = client.ReceiveAll();
  EXPECT_EQ(StatusLineOf(answer), "HTTP/1.1 200 OK");
  EXPECT_NE(answer.find("Connection: close"), std::string::npos);
  EXPECT_EQ(BodyOf(answer), "enough");
}

}  // namespace
}  // namespace junctor::net
