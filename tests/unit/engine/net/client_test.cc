// The client against scripted upstreams: framing, broken answers, reuse, stale connections,
// deadlines, cancellation.
#include "engine/net/client.h"

#include <gtest/gtest.h>

#include "tests/unit/engine/net/client_testing.h"

namespace junctor::net {
namespace {

using testing::RawListener;
using testing::RawSocket;

using testing::ClientTest;
using testing::Fetched;
using testing::kHead;

TEST_F(ClientTest, ReadsEachFramingToItsEnd) {
  Fetched length = FetchFrom("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello");
  EXPECT_EQ(length.body, "hello");
  EXPECT_EQ(length.framing, Framing::kLength);
  EXPECT_TRUE(length.ended);
  Fetched chunked = FetchFrom(
      "HTTP/1.1 201 Created\r\nTransfer-Encoding: chunked\r\n\r\n"
      "2;x=y\r\nhe\r\n3\r\nllo\r\n0\r\nTrailer: 1\r\n\r\n");
  EXPECT_EQ(chunked.status, 201);
  EXPECT_EQ(chunked.body, "hello");
  EXPECT_EQ(chunked.framing, Framing::kChunked);
  EXPECT_TRUE(chunked.ended);
  Fetched until_close = FetchFrom("HTTP/1.1 200 OK\r\n\r\nhello");
  EXPECT_EQ(until_close.body, "hello");
  EXPECT_EQ(until_close.framing, Framing::kUntilClose);
  EXPECT_TRUE(until_close.ended);
}

TEST_F(ClientTest, SkipsInterimAnswersAndKnowsBodilessOnes) {
  Fetched fetched = FetchFrom(
      "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n"
      "HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nx");
  EXPECT_EQ(fetched.status, 200);
  EXPECT_EQ(fetched.body, "x");
  Fetched none = FetchFrom("HTTP/1.1 204 No Content\r\n\r\n");
  EXPECT_EQ(none.framing, Framing::kNone);
  EXPECT_TRUE(none.ended);
  Fetched head = FetchFrom("HTTP/1.1 200 OK\r\nContent-Length: 7\r\n\r\n",
                           "HEAD / HTTP/1.1\r\nHost: h\r\n\r\n");
  EXPECT_FALSE(head.error);
  EXPECT_TRUE(head.ended);
}

TEST_F(ClientTest, ReportsTruncatedBodies) {
  for (const std::string answer :
       {"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhello",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n9\r\nhello"}) {
    SCOPED_TRACE(answer);
    const Fetched fetched = FetchFrom(answer);
    EXPECT_EQ(fetched.body, "hello");
    EXPECT_EQ(fetched.error, NetErrorKind::kReset);
    EXPECT_FALSE(fetched.ended);
    EXPECT_NE(fetched.message.find("127.0.0.1:"), std::string::npos) << fetched.message;
    EXPECT_NE(fetched.message.find("after 5 bytes"), std::string::npos) << fetched.message;
  }
}

TEST_F(ClientTest, ReportsAResetBodyWithoutLengthAsBroken) {
  RawListener listener;
  std::thread upstream([&] {
    RawSocket peer = listener.Accept();
    (void)peer.ReceiveUntil("\r\n\r\n");
    peer.Send("HTTP/1.1 200 OK\r\n\r\nhello");
    peer.Reset();
  });
  const Fetched fetched = Fetch(listener.port());
  upstream.join();
  EXPECT_EQ(fetched.error, NetErrorKind::kReset);
  EXPECT_FALSE(fetched.ended);
}

TEST_F(ClientTest, ReportsWhatIsNotHttp) {
  const std::string cases[] = {
      "SSH-2.0-x\r\n\r\n",
      "HTTP/1.1 200 OK\nContent-Length: 0\n\n",
      "HTTP/1.1 101 Switching Protocols\r\n\r\n",
      "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
      "HTTP/1.1 200 OK\r\nX: " + std::string(70'000, 'x') + "\r\n\r\n",
  };
  for (const std::string& answer : cases) {
    SCOPED_TRACE(answer.substr(0, 40));
    EXPECT_EQ(FetchFrom(answer).error, NetErrorKind::kProtocol);
  }
  EXPECT_EQ(FetchFrom("").error, NetErrorKind::kReset);
  EXPECT_EQ(FetchFrom("HTTP/1.1 2").error, NetErrorKind::kReset);
}

TEST_F(ClientTest, ReadsAnAnswerCutAtEveryByteOnOneKeptConnection) {
  const std::string answer =
      "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n";
  RawListener listener;
  std::thread upstream([&] {
    RawSocket peer = listener.Accept();
    for (size_t cut = 1; cut < answer.size(); ++cut) {
      (void)peer.ReceiveUntil("\r\n\r\n");
      peer.Send(std::string_view(answer).substr(0, cut));
      std::this_thread::yield();
      peer.Send(std::string_view(answer).substr(cut));
    }
  });
  for (size_t cut = 1; cut < answer.size(); ++cut) {
    const Fetched fetched = Fetch(listener.port());
    ASSERT_EQ(fetched.body, "abcde") << cut << " " << fetched.message;
    ASSERT_EQ(fetched.reused, cut > 1);
  }
  upstream.join();
}

TEST_F(ClientTest, ReplacesAStaleConnectionUnseen) {
  RawListener listener;
  const std::string answer = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";
  std::thread upstream([&] {
    {
      RawSocket first = listener.Accept();
      (void)first.ReceiveUntil("\r\n\r\n");
      first.Send(answer);
      // Takes the second request and closes without a byte of an answer.
      (void)first.ReceiveUntil("\r\n\r\n");
    }
    RawSocket second = listener.Accept();
    (void)second.ReceiveUntil("\r\n\r\n");
    second.Send(answer);
    // Dies after a byte of an answer: that is not stale.
    (void)second.ReceiveUntil("\r\n\r\n");
    second.Send("H");
  });
  EXPECT_EQ(Fetch(listener.port()).body, "ok");
  const Fetched second = Fetch(listener.port());
  EXPECT_EQ(second.body, "ok") << second.message;
  EXPECT_FALSE(second.reused);
  EXPECT_EQ(Fetch(listener.port()).error, NetErrorKind::kReset);
  upstream.join();
}

TEST_F(ClientTest, DropsAnIdleConnectionThatTheUpstreamCloses) {
  RawListener listener;
  auto peer = std::make_unique<std::optional<RawSocket>>();
  std::thread upstream([&] {
    peer->emplace(listener.Accept());
    (void)(*peer)->ReceiveUntil("\r\n\r\n");
    (*peer)->Send("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
  });
  EXPECT_EQ(Fetch(listener.port()).body, "ok");
  upstream.join();
  EXPECT_EQ(IdleCount(), 1u);
  peer->reset();
  const TimePoint patience = Clock::now() + std::chrono::seconds(5);
  while (IdleCount() != 0 && Clock::now() < patience) std::this_thread::yield();
  EXPECT_EQ(IdleCount(), 0u);
}

TEST_F(ClientTest, DoesNotReuseAConnectionThatIsNotClean) {
  const std::string answers[] = {
      "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok",
      "HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nok",
      "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok-and-more",
  };
  for (const std::string& answer : answers) {
    EXPECT_EQ(FetchFrom(answer).body, "ok");
    EXPECT_EQ(IdleCount(), 0u) << answer;
  }
}

TEST_F(ClientTest, SendsHeadAndPiecesAsOneRequestWhateverTheirSizeAndNumber) {
  RawListener listener;
  const std::string big(5'000'000, 'x');
  body_.push_back("{");
  for (int i = 0; i < 200; ++i) body_.push_back(i % 2 == 0 ? "" : "ab");
  body_.push_back(big);
  body_.push_back("}");
  const size_t total = 2 + 200 + big.size();
  const std::string head =
      "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: " + std::to_string(total) + "\r\n\r\n";
  size_t received = 0;
  std::thread upstream([&] {
    RawSocket peer = listener.Accept();
    std::string text;
    while (text.size() < head.size() + total && peer.ReceiveMore(text)) {
    }
    received = text.size();
    peer.Send("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
    (void)peer.ReceiveAll();
  });
  EXPECT_EQ(Fetch(listener.port(), {}, head).status, 200);
  thread_.Do([this] { pool_->CloseIdle(); });
  upstream.join();
  EXPECT_EQ(received, head.size() + total);
}

TEST_F(ClientTest, TakesAnAnswerThatComesBeforeTheWholeRequest) {
  RawListener listener;
  const std::string big(50'000'000, 'x');
  body_ = {big};
  std::thread upstream([&] {
    RawSocket peer = listener.Accept();
    (void)peer.ReceiveUntil("\r\n\r\n");
    peer.Send("HTTP/1.1 413 Too Large\r\nContent-Length: 2\r\n\r\nno");
    peer.ShutdownWrite();
    (void)peer.ReceiveAll();
  });
  const Fetched fetched =
      Fetch(listener.port(), {}, "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 50000000\r\n\r\n");
  EXPECT_EQ(fetched.status, 413) << fetched.message;
  EXPECT_EQ(fetched.body, "no");
  EXPECT_EQ(IdleCount(), 0u);
  upstream.join();
}

TEST_F(ClientTest, ReportsARefusedConnection) {
  RawListener listener;
  const uint16_t port = listener.port();
  listener.Close();
  const Fetched fetched = Fetch(port);
  EXPECT_EQ(fetched.error, NetErrorKind::kConnect);
  EXPECT_EQ(fetched.message, "127.0.0.1:" + std::to_string(port) + ": Connection refused");
}

TEST_F(ClientTest, EndsAtTheDeadlineBeforeAndWithinAnAnswer) {
  RawListener listener;
  std::thread upstream([&] {
    RawSocket silent = listener.Accept();
    (void)silent.ReceiveAll();
    RawSocket halting = listener.Accept();
    (void)halting.ReceiveUntil("\r\n\r\n");
    halting.Send("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhello");
    (void)halting.ReceiveAll();
  });
  SendOptions options;
  TimePoint start = Clock::now();
  options.deadline = start + std::chrono::milliseconds(20);
  EXPECT_EQ(Fetch(listener.port(), options).error, NetErrorKind::kTimeout);
  EXPECT_GE(Clock::now() - start, std::chrono::milliseconds(20));
  options.deadline = Clock::now() + std::chrono::milliseconds(100);
  const Fetched halted = Fetch(listener.port(), options);
  EXPECT_EQ(halted.error, NetErrorKind::kTimeout);
  EXPECT_EQ(halted.body, "hello");
  upstream.join();
}

TEST_F(ClientTest, IsCancelledByASignalWhileItWaits) {
  RawListener listener;
  auto signal = std::make_unique<CancelSignal>();
  std::thread upstream([&] {
    RawSocket peer = listener.Accept();
    (void)peer.ReceiveUntil("\r\n\r\n");
    thread_.loop().Post([&] { signal->Cancel(); });
    EXPECT_EQ(peer.ReceiveAll(), "");  // the connection is closed
  });
  SendOptions options;
  options.cancel = signal.get();
  EXPECT_EQ(Fetch(listener.port(), options).error, NetErrorKind::kCancelled);
  upstream.join();
  EXPECT_EQ(Fetch(listener.port(), options).error, NetErrorKind::kCancelled);
}

TEST_F(ClientTest, ResolvesNames) {
  RawListener listener;
  std::thread upstream([&] {
    RawSocket peer = listener.Accept();
    (void)peer.ReceiveUntil("\r\n\r\n");
    peer.Send("HTTP/1.1 204 No Content\r\n\r\n");
  });
  int status = 0;
  thread_.Await([&]() -> Awaitable<void> {
    const Upstream upstream_address{"localhost", listener.port(), false};
    NetResult<std::unique_ptr<ClientExchange>> sent =
        co_await pool_->Send(upstream_address, kHead, body_, SendOptions{});
    if (sent.ok()) status = (*sent)->head().status;
  });
  EXPECT_EQ(status, 204);
  upstream.join();
}

}  // namespace
}  // namespace junctor::net
