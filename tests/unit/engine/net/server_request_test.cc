// The server reading requests: framing, limits, time, pipelining.
#include <gtest/gtest.h>

#include "tests/unit/engine/net/net_testing.h"

namespace junctor::net {
namespace {

using testing::BodyOf;
using testing::Echo;
using testing::RawSocket;
using testing::StartServer;
using testing::StatusLineOf;

constexpr std::string_view kGetPath = "GET /x HTTP/1.1\r\nHost: h\r\n\r\n";
constexpr std::string_view kGetClose = "GET /x HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n";

TEST(ServerRequest, KeepsTheConnectionForTheNextRequest) {
  auto server = StartServer(Echo);
  RawSocket client = RawSocket::Connect(server->port());
  for (int i = 0; i < 3; ++i) {
    client.Send("POST /a HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n\r\nhello");
    EXPECT_EQ(BodyOf(client.ReceiveUntil("hello")), "POST /a hello");
  }
  client.Send(kGetClose);
  const std::string last = client.ReceiveAll();
  EXPECT_NE(last.find("Connection: close"), std::string::npos) << last;
  EXPECT_EQ(BodyOf(last), "GET /x ");
}

TEST(ServerRequest, AnswersPipelinedRequestsInOrder) {
  auto server = StartServer(Echo);
  RawSocket client = RawSocket::Connect(server->port());
  std::string requests;
  for (int i = 0; i < 50; ++i) {
    requests += "POST /" + std::to_string(i) + " HTTP/1.1\r\nHost: h\r\n";
    requests += i % 2 == 0 ? "Content-Length: 3\r\n\r\nabc"
                           : "Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n";
  }
  requests += kGetClose;
  client.Send(requests);
  const std::string answers = client.ReceiveAll();
  size_t at = 0;
  for (int i = 0; i < 50; ++i) {
    at = answers.find("POST /" + std::to_string(i) + " abc", at);
    ASSERT_NE(at, std::string::npos) << i;
  }
  EXPECT_NE(answers.find("GET /x ", at), std::string::npos);
}

TEST(ServerRequest, ReadsARequestCutAtEveryByte) {
  auto server = StartServer(Echo);
  const std::string request =
      "POST /p HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n"
      "4;x=y\r\nab12\r\n1\r\nc\r\n0\r\nT: v\r\n\r\n";
  RawSocket client = RawSocket::Connect(server->port());
  for (size_t cut = 1; cut < request.size(); ++cut) {
    client.Send(std::string_view(request).substr(0, cut));
    client.Send(std::string_view(request).substr(cut));
    ASSERT_EQ(BodyOf(client.ReceiveUntil("ab12c")), "POST /p ab12c") << cut;
  }
}

TEST(ServerRequest, GivesBigBodiesContiguouslyWithReadablePadding) {
  auto server = StartServer([](ServerExchange& exchange) -> Awaitable<void> {
    absl::StatusOr<BodyBuffer> body = co_await exchange.ReadBody(64 << 20);
    EXPECT_TRUE(body.ok()) << body.status();
    uint64_t sum = 0;
    for (size_t i = 0; i < body->readable_size(); ++i) {
      sum += i < body->size() ? static_cast<unsigned char>(body->data()[i]) : body->data()[i] * 0u;
    }
    const std::string text = std::to_string(sum) + "!";
    (void)co_await exchange.Respond(200, {}, text);
  });
  RawSocket client = RawSocket::Connect(server->port());
  std::string body(3'000'000, 'a');
  client.Send("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: " + std::to_string(body.size()) +
              "\r\n\r\n" + body);
  EXPECT_EQ(BodyOf(client.ReceiveUntil("!")), std::to_string(97u * body.size()) + "!");
  std::string chunked;
  for (int i = 0; i < 3000; ++i) chunked += "3e8\r\n" + std::string(1000, 'b') + "\r\n";
  client.Send("POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n" + chunked +
              "0\r\n\r\n");
  EXPECT_EQ(BodyOf(client.ReceiveUntil("!")), std::to_string(98u * 3'000'000u) + "!");
}

TEST(ServerRequest, RefusesTooLargeBodiesBothWays) {
  auto server = StartServer(Echo);
  {
    RawSocket client = RawSocket::Connect(server->port());
    client.Send("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 1048577\r\n\r\nabc");
    EXPECT_EQ(StatusLineOf(client.ReceiveAll()), "HTTP/1.1 413 Payload Too Large");
  }
  {
    RawSocket client = RawSocket::Connect(server->port());
    client.Send("POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n200000\r\n");
    client.Send(std::string(0x180000, 'x'));
    EXPECT_EQ(StatusLineOf(client.ReceiveAll()), "HTTP/1.1 413 Payload Too Large");
  }
}

TEST(ServerRequest, RefusesAMalformedChunk) {
  auto server = StartServer(Echo);
  RawSocket client = RawSocket::Connect(server->port());
  client.Send("POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n");
  EXPECT_EQ(StatusLineOf(client.ReceiveAll()), "HTTP/1.1 400 Bad Request");
}

// One request is answered with 400 and nothing after it is read as another.
TEST(ServerRequest, RefusesSmugglingAndClosesTheConnection) {
  auto server = StartServer(Echo);
  const std::string post = "POST /a HTTP/1.1\r\nHost: h\r\n";
  const std::string chunked = post + "Transfer-Encoding: chunked\r\n\r\n";
  const std::pair<std::string, std::string> cases[] = {
      {"length and coding",
       post + "Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"},
      {"two differing lengths", post + "Content-Length: 0\r\nContent-Length: 40\r\n\r\n"},
      {"coding not exactly chunked", post + "Transfer-Encoding: chunked, identity\r\n\r\n"},
      {"coding in quotes", post + "Transfer-Encoding: \"chunked\"\r\n\r\n"},
      {"folded coding", post + "Transfer-Encoding:\r\n chunked\r\n\r\n"},
      {"space before the colon", post + "Transfer-Encoding : chunked\r\n\r\n"},
      {"bare CR before a field", post + "X: y\rContent-Length: 40\r\n\r\n"},
      {"bare CR in the request line", "POST /a\r HTTP/1.1\r\nHost: h\r\n\r\n"},
      {"bare LF before a field", post + "X: y\nContent-Length: 40\r\n\r\n"},
      {"chunk size 0x5", chunked + "0x5\r\nhello\r\n0\r\n\r\n"},
      {"signed chunk size", chunked + "+5\r\nhello\r\n0\r\n\r\n"},
      {"negative chunk size", chunked + "-1\r\n"},
      {"chunk size beyond 64 bits", chunked + "10000000000000005\r\nhello\r\n0\r\n\r\n"},
      {"chunk size line ended by LF", chunked + "5\nhello\r\n0\r\n\r\n"},
      {"chunk longer than its size", chunked + "4\r\nhello\r\n0\r\n\r\n"},
      {"control character in a chunk extension", chunked + "5;a\nb\r\nhello\r\n0\r\n\r\n"},
      {"long chunk extension", chunked + "5;" + std::string(300, 'x') + "\r\nhello\r\n"},
      {"bare LF in the trailers", chunked + "0\r\nX: y\n\r\n"},
  };
  for (const auto& [sentence, request] : cases) {
    SCOPED_TRACE(sentence);
    RawSocket client = RawSocket::Connect(server->port());
    client.Send(request + std::string(kGetPath));
    const std::string answer = client.ReceiveAll();
    EXPECT_EQ(StatusLineOf(answer), "HTTP/1.1 400 Bad Request");
    EXPECT_NE(answer.find("Connection: close"), std::string::npos);
    EXPECT_EQ(answer.find("HTTP/1.1 ", 9), std::string::npos) << answer;
  }
}

TEST(ServerRequest, AnswersExpectContinueBeforeTheBody) {
  auto server = StartServer(Echo);
  RawSocket client = RawSocket::Connect(server->port());
  client.Send("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\n");
  EXPECT_EQ(client.ReceiveUntil("\r\n\r\n"), "HTTP/1.1 100 Continue\r\n\r\n");
  client.Send("hi");
  EXPECT_EQ(BodyOf(client.ReceiveUntil("hi")), "POST / hi");
}

TEST(ServerRequest, AnswersProtocolErrorsInOpenAisShapeAndCloses) {
  HttpServerOptions options;
  options.max_header_bytes = 2000;
  auto server = StartServer(Echo, options);
  const std::pair<std::string, std::string> cases[] = {
      {"POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n",
       "HTTP/1.1 400 Bad Request"},
      {"GET / HTTP/1.1\nHost: h\n\n", "HTTP/1.1 400 Bad Request"},
      {"GET / HTTP/1.1\r\n\r\n", "HTTP/1.1 400 Bad Request"},
      {"GET / HTTP/3.0\r\nHost: h\r\n\r\n", "HTTP/1.1 505 HTTP Version Not Supported"},
      {"GET / HTTP/1.1\r\nHost: h\r\nExpect: x\r\n\r\n", "HTTP/1.1 417 Expectation Failed"},
      {"GET /" + std::string(3000, 'a') + " HTTP/1.1\r\n", "HTTP/1.1 414 URI Too Long"},
      {"GET / HTTP/1.1\r\nHost: h\r\nX: " + std::string(3000, 'a'),
       "HTTP/1.1 431 Request Header Fields Too Large"},
  };
  for (const auto& [request, status_line] : cases) {
    SCOPED_TRACE(request.substr(0, 80));
    RawSocket client = RawSocket::Connect(server->port());
    client.Send(request);
    const std::string answer = client.ReceiveAll();
    EXPECT_EQ(StatusLineOf(answer), status_line);
    EXPECT_NE(answer.find("Connection: close"), std::string::npos);
    EXPECT_EQ(BodyOf(answer).substr(0, 21), "{\"error\":{\"message\":\"");
    EXPECT_NE(answer.find("\"type\":\"invalid_request_error\",\"param\":null,\"code\":null}}"),
              std::string::npos);
  }
}

TEST(ServerRequest, EndsSlowHeadsSlowBodiesAndIdleConnections) {
  HttpServerOptions options;
  options.header_timeout = std::chrono::milliseconds(40);
  options.body_timeout = std::chrono::milliseconds(40);
  options.idle_timeout = std::chrono::milliseconds(40);
  auto server = StartServer(Echo, options);
  RawSocket silent = RawSocket::Connect(server->port());
  RawSocket slow_head = RawSocket::Connect(server->port());
  slow_head.Send("GET / HT");
  RawSocket slow_body = RawSocket::Connect(server->port());
  slow_body.Send("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n\r\nab");
  RawSocket idle = RawSocket::Connect(server->port());
  idle.Send(kGetPath);
  EXPECT_EQ(silent.ReceiveAll(), "");
  EXPECT_EQ(StatusLineOf(slow_head.ReceiveAll()), "HTTP/1.1 408 Request Timeout");
  EXPECT_EQ(StatusLineOf(slow_body.ReceiveAll()), "HTTP/1.1 408 Request Timeout");
  EXPECT_EQ(BodyOf(idle.ReceiveAll()), "GET /x ");
}

TEST(ServerRequest, RefusesConnectionsOverTheLimit) {
  HttpServerOptions options;
  options.max_connections = 1;
  auto server = StartServer(Echo, options);
  RawSocket first = RawSocket::Connect(server->port());
  first.Send(kGetPath);
  EXPECT_EQ(BodyOf(first.ReceiveUntil("GET /x ")), "GET /x ");
  RawSocket second = RawSocket::Connect(server->port());
  EXPECT_EQ(StatusLineOf(second.ReceiveAll()), "HTTP/1.1 503 Service Unavailable");
}

TEST(ServerRequest, ClosesAfterABodyThatTheHandlerDidNotRead) {
  auto server = StartServer([](ServerExchange& exchange) -> Awaitable<void> {
    (void)co_await exchange.Respond(200, {}, "no");
  });
  RawSocket client = RawSocket::Connect(server->port());
  client.Send("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 100000\r\n\r\nGET / HTTP/1.1\r\n\r\n");
  const std::string answer = client.ReceiveAll();
  EXPECT_EQ(BodyOf(answer), "no");
  EXPECT_NE(answer.find("Connection: close"), std::string::npos);
}

TEST(ParseListenEndpoint, TakesHostsAndPorts) {
  EXPECT_EQ(ParseListenEndpoint("[::1]:80")->host, "::1");
  EXPECT_EQ(ParseListenEndpoint("localhost:0")->port, 0);
  for (const char* text : {"", "x", "x:", ":1", "::1:80", "h:65536", "h:-1", "h:1x", "[]:1"}) {
    EXPECT_FALSE(ParseListenEndpoint(text).ok()) << text;
  }
}

TEST(HttpServer, SaysWhichAddressIsTaken) {
  auto server = StartServer(Echo);
  HttpServerOptions options;
  options.listen = server->address();
  HttpServer second(options, Echo);
  const absl::Status status = second.Start();
  EXPECT_EQ(std::string(status.message()),
            "cannot listen on " + server->address() + ": Address already in use");
}

TEST(HttpServer, ListensOnIpv6) {
  HttpServerOptions options;
  options.listen = "[::1]:0";
  HttpServer server(options, Echo);
  const absl::Status status = server.Start();
  if (!status.ok()) GTEST_SKIP() << "no IPv6 here: " << status;
  EXPECT_EQ(server.address(), "[::1]:" + std::to_string(server.port()));
}

}  // namespace
}  // namespace junctor::net
