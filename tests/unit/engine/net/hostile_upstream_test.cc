// Upstreams that answer wrongly or without end: each case ends, bounded, as the right kind of
// error.
#include <gtest/gtest.h>

#include "tests/unit/engine/net/client_testing.h"

namespace junctor::net {
namespace {

using testing::ClientTest;
using testing::Fetched;
using testing::RawListener;
using testing::RawSocket;

class HostileUpstreamTest : public ClientTest {
 protected:
  // Serves one connection with an endless repetition after a beginning, until the client closes.
  // How much it could send.
  Fetched FetchEndless(const std::string& beginning, const std::string& repeated, size_t& sent) {
    RawListener listener;
    std::thread upstream([&] {
      RawSocket peer = listener.Accept();
      (void)peer.ReceiveUntil("\r\n\r\n");
      peer.Send(beginning);
      std::string block;
      while (block.size() < 16'384) block += repeated;
      sent = 0;
      while (sent < (256u << 20) &&
             ::send(peer.fd(), block.data(), block.size(), MSG_NOSIGNAL) > 0) {
        sent += block.size();
      }
    });
    Fetched fetched = Fetch(listener.port());
    upstream.join();
    return fetched;
  }
};

TEST_F(HostileUpstreamTest, RefusesHeadsThatTwoParsersCouldReadDifferently) {
  const std::string ok = "HTTP/1.1 200 OK\r\n";
  const std::pair<std::string, std::string> cases[] = {
      {"length and coding", ok + "Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n"},
      {"two differing lengths", ok + "Content-Length: 3\r\nContent-Length: 4\r\n\r\n"},
      {"list of differing lengths", ok + "Content-Length: 3, 4\r\n\r\n"},
      {"signed length", ok + "Content-Length: +3\r\n\r\n"},
      {"length beyond 64 bits", ok + "Content-Length: 99999999999999999999\r\n\r\n"},
      {"coding gzip, chunked", ok + "Transfer-Encoding: gzip, chunked\r\n\r\n"},
      {"coding chunked twice",
       ok + "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n"},
      {"coding in HTTP/1.0", "HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"},
      {"folded header", ok + "X: a\r\n b\r\n\r\n"},
      {"space before the colon", ok + "Content-Length : 3\r\n\r\nabc"},
      {"bare CR in a value", ok + "X: a\rb\r\n\r\n"},
      {"bare CR in the status line", "HTTP/1.1 200 O\rK\r\n\r\n"},
      {"two CRs at a line's end", ok + "X: a\r\r\n\r\n"},
      {"bare LF", ok + "X: a\nContent-Length: 3\r\n\r\nabc"},
      {"no status", "HTTP/1.1 OK\r\n\r\n"},
      {"status with four digits", "HTTP/1.1 2000 OK\r\n\r\n"},
      {"HTTP/2", "HTTP/2 200 OK\r\n\r\n"},
      {"switched protocols unasked", "HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n\r\n"},
      {"an interim answer with a body",
       "HTTP/1.1 100 Continue\r\nContent-Length: 3\r\n\r\nabcHTTP/1.1 200 OK\r\n\r\n"},
  };
  for (const auto& [sentence, answer] : cases) {
    SCOPED_TRACE(sentence);
    const Fetched fetched = FetchFrom(answer);
    EXPECT_EQ(fetched.error, NetErrorKind::kProtocol) << fetched.status << " " << fetched.message;
    EXPECT_EQ(IdleCount(), 0u);
  }
}

TEST_F(HostileUpstreamTest, RefusesWrongChunkFraming) {
  const std::string head = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n";
  for (const std::string wrong :
       {"0x5\r\nhello\r\n", "+5\r\nhello\r\n", "-1\r\n", " 5\r\nhello\r\n", "5 \r\nhello\r\n",
        "5\nhello\r\n", "10000000000000000\r\n", "ffffffffffffffff\r\n", "\r\n", "g\r\n",
        "1\r\nabX", "0\r\nX: \x01\r\n\r\n", "5;\x01\r\nhello\r\n"}) {
    SCOPED_TRACE(wrong);
    const Fetched fetched = FetchFrom(head + wrong);
    EXPECT_EQ(fetched.error, NetErrorKind::kProtocol) << fetched.message;
    EXPECT_EQ(fetched.body.substr(0, 5), "hello");
    EXPECT_FALSE(fetched.ended);
    EXPECT_EQ(IdleCount(), 0u);
  }
}

TEST_F(HostileUpstreamTest, SkipsTrailersAndKeepsTheConnection) {
  RawListener listener;
  std::thread upstream([&] {
    RawSocket peer = listener.Accept();
    for (int i = 0; i < 2; ++i) {
      (void)peer.ReceiveUntil("\r\n\r\n");
      peer.Send(
          "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTrailer: X\r\n\r\n"
          "2\r\nok\r\n0\r\nX: HTTP/1.1 500\r\nContent-Length: 9\r\n\r\n");
    }
  });
  EXPECT_EQ(Fetch(listener.port()).body, "ok");
  const Fetched second = Fetch(listener.port());
  EXPECT_EQ(second.body, "ok") << second.message;
  EXPECT_TRUE(second.reused);
  upstream.join();
}

TEST_F(HostileUpstreamTest, EndsWhatHasNoEnd) {
  const std::string chunked = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nx\r\n";
  struct Case {
    const char* sentence;
    std::string beginning;
    std::string repeated;
  };
  const Case cases[] = {
      {"a head of endless fields", "HTTP/1.1 200 OK\r\n", "X: y\r\n"},
      {"one endless field", "HTTP/1.1 200 OK\r\nX: ", "yyyyyyyyy"},
      {"an endless status line", "HTTP/1.1 200 ", "yyyyyyyyy"},
      {"interim answers for ever", "", "HTTP/1.1 103 Early Hints\r\n\r\n"},
      {"trailers for ever", chunked + "0\r\n", "X: y\r\n"},
      {"an endless chunk extension", chunked + "1;", "abcdefgh"},
      {"chunks that are mostly extensions", chunked, "1;" + std::string(200, 'x') + "\r\nx\r\n"},
      {"an endless chunk size", chunked, "0"},
  };
  for (const Case& c : cases) {
    SCOPED_TRACE(c.sentence);
    size_t sent = 0;
    const Fetched fetched = FetchEndless(c.beginning, c.repeated, sent);
    EXPECT_EQ(fetched.error, NetErrorKind::kProtocol) << fetched.message;
    EXPECT_LT(sent, 64u << 20);
  }
}

TEST_F(HostileUpstreamTest, NeverReusesAConnectionWithMoreOnItThanItsAnswer) {
  for (const std::string answer :
       {"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nokHTTP/1.1 200 OK\r\nContent-Length: "
        "4\r\n\r\n",
        "HTTP/1.1 204 No Content\r\nContent-Length: 4\r\n\r\nevil",
        "HTTP/1.1 204 No Content\r\nTransfer-Encoding: chunked\r\n\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\nevil"}) {
    SCOPED_TRACE(answer);
    const Fetched fetched = FetchFrom(answer);
    EXPECT_FALSE(fetched.error) << fetched.message;
    EXPECT_TRUE(fetched.body == "ok" || fetched.body.empty());
    EXPECT_EQ(IdleCount(), 0u);
  }
}

TEST_F(HostileUpstreamTest, DropsAnIdleConnectionOnWhichBytesCome) {
  RawListener listener;
  std::promise<void> more;
  std::thread upstream([&] {
    RawSocket peer = listener.Accept();
    (void)peer.ReceiveUntil("\r\n\r\n");
    peer.Send("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
    more.get_future().wait();
    peer.Send("HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil");
    (void)peer.ReceiveAll();
  });
  EXPECT_EQ(Fetch(listener.port()).body, "ok");
  EXPECT_EQ(IdleCount(), 1u);
  more.set_value();
  upstream.join();  // it has seen the end
  EXPECT_EQ(IdleCount(), 0u);
}

TEST_F(HostileUpstreamTest, ReadsAnHttp10AnswerWithoutLengthToItsEnd) {
  const Fetched fetched = FetchFrom("HTTP/1.0 200 OK\r\nConnection: keep-alive\r\n\r\nhello");
  EXPECT_EQ(fetched.body, "hello");
  EXPECT_EQ(fetched.framing, Framing::kUntilClose);
  EXPECT_TRUE(fetched.ended);
  EXPECT_EQ(IdleCount(), 0u);
}

}  // namespace
}  // namespace junctor::net
