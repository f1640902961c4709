// The client sending bodies that come piece by piece: framing, early answers, stale connections,
// stalls; and the whole way from a server's request to an upstream.
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <deque>

#include "engine/net/request_body_source.h"
#include "engine/net/waiter.h"
#include "tests/unit/engine/net/client_testing.h"

namespace junctor::net {
namespace {

using testing::BodyOf;
using testing::Fetched;
using testing::RawListener;
using testing::RawSocket;
using testing::StartServer;
using testing::StatusLineOf;

constexpr std::string_view kPost = "POST /u HTTP/1.1\r\nHost: h\r\n\r\n";
constexpr std::string_view kUploaded = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

// Gives the pieces it has, then waits (kWait), fails (kFail) or ends.
class ScriptedSource final : public BodySource {
 public:
  enum class Then { kEnd, kWait, kFail };

  ScriptedSource(EventLoop& loop, std::deque<std::string> pieces, std::optional<uint64_t> length,
                 Then then = Then::kEnd)
      : loop_(loop), pieces_(std::move(pieces)), length_(length), then_(then) {}

  std::optional<uint64_t> content_length() const override { return length_; }
  Awaitable<NetResult<std::string_view>> ReadSome() override {
    ++reads_;
    if (!pieces_.empty()) {
      current_ = std::move(pieces_.front());
      pieces_.pop_front();
      co_return std::string_view(current_);
    }
    if (then_ == Then::kEnd) co_return std::string_view();
    if (then_ == Then::kFail) co_return NetError{NetErrorKind::kReset, "the source broke"};
    co_await waiter_.Wait();
    co_return NetError{NetErrorKind::kCancelled, "interrupted"};
  }
  void Interrupt() override {
    ++interrupts_;
    waiter_.ResumeLater(loop_.executor());
  }
  int reads() const { return reads_; }
  int interrupts() const { return interrupts_; }

 private:
  EventLoop& loop_;
  std::deque<std::string> pieces_;
  const std::optional<uint64_t> length_;
  const Then then_;
  std::string current_;
  Waiter waiter_;
  int reads_ = 0;
  int interrupts_ = 0;
};

using Then = ScriptedSource::Then;

class ClientUploadTest : public testing::ClientTest {
 protected:
  Awaitable<void> UploadInto(Fetched& result, BodySource& source, SendOptions options,
                             uint16_t port) {
    const Upstream upstream{"127.0.0.1", port, false};
    NetResult<std::unique_ptr<ClientExchange>> sent =
        co_await pool_->Send(upstream, kPost, source, options);
    co_await TakeAnswer(std::move(sent), result);
  }
  Fetched Upload(BodySource& source, uint16_t port, SendOptions options = {}) {
    Fetched result;
    thread_.Await([&]() -> Awaitable<void> { return UploadInto(result, source, options, port); });
    return result;
  }
  ScriptedSource Source(std::deque<std::string> pieces, std::optional<uint64_t> length,
                        Then then = Then::kEnd) {
    return ScriptedSource(thread_.loop(), std::move(pieces), length, then);
  }
  // What an upstream received up to `mark`, having answered then.
  std::string SeenUntil(RawListener& listener, BodySource& source, std::string_view mark,
                        Fetched& fetched) {
    std::string seen;
    std::thread upstream([&] {
      RawSocket peer = listener.Accept();
      seen = peer.ReceiveUntil(mark);
      peer.Send(kUploaded);
      (void)peer.ReceiveAll();
    });
    fetched = Upload(source, listener.port());
    thread_.Do([this] { pool_->CloseIdle(); });
    upstream.join();
    return seen;
  }
};

TEST_F(ClientUploadTest, WritesTheFramingThatTheLengthAsksFor) {
  RawListener listener;
  Fetched fetched;
  ScriptedSource known = Source({"hel", "lo"}, 5);
  EXPECT_EQ(SeenUntil(listener, known, "hello", fetched),
            "POST /u HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n\r\nhello");
  EXPECT_EQ(fetched.body, "ok") << fetched.message;
  EXPECT_EQ(known.reads(), 2);  // not asked beyond its length

  ScriptedSource unknown = Source({"hel", std::string(300, 'x')}, std::nullopt);
  EXPECT_EQ(SeenUntil(listener, unknown, "0\r\n\r\n", fetched),
            "POST /u HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nhel\r\n12c\r\n" +
                std::string(300, 'x') + "\r\n0\r\n\r\n");
  EXPECT_EQ(fetched.body, "ok");

  ScriptedSource empty = Source({}, 0);
  EXPECT_EQ(SeenUntil(listener, empty, "\r\n\r\n", fetched),
            "POST /u HTTP/1.1\r\nHost: h\r\nContent-Length: 0\r\n\r\n");
  ScriptedSource empty_chunked = Source({}, std::nullopt);
  EXPECT_EQ(SeenUntil(listener, empty_chunked, "0\r\n\r\n", fetched),
            "POST /u HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n");
}

TEST_F(ClientUploadTest, KeepsTheConnectionAfterAWholeUpload) {
  RawListener listener;
  std::thread upstream([&] {
    RawSocket peer = listener.Accept();
    (void)peer.ReceiveUntil("0\r\n\r\n");
    peer.Send(kUploaded);
    (void)peer.ReceiveUntil("hi");
    peer.Send(kUploaded);
  });
  ScriptedSource unknown = Source({"a"}, std::nullopt);
  EXPECT_FALSE(Upload(unknown, listener.port()).reused);
  ScriptedSource whole = Source({"hi"}, 2);
  const Fetched second = Upload(whole, listener.port());
  EXPECT_EQ(second.body, "ok") << second.message;
  EXPECT_TRUE(second.reused);
  upstream.join();
}

TEST_F(ClientUploadTest, ClosesWhenTheBodyIsShorterOrLongerThanAnnounced) {
  struct Case {
    std::deque<std::string> pieces;
    NetErrorKind kind;
    std::string message;
  };
  const Case cases[] = {
      {{"abc"}, NetErrorKind::kReset, "the request body ended after 3 of 5 bytes"},
      {{}, NetErrorKind::kReset, "the request body ended after 0 of 5 bytes"},
      {{"abc", "def"}, NetErrorKind::kProtocol, "longer than its 5 bytes"},
      {{"abcdef"}, NetErrorKind::kProtocol, "longer than its 5 bytes"},
  };
  for (const Case& c : cases) {
    SCOPED_TRACE(c.message);
    RawListener listener;
    std::string seen;
    std::thread upstream([&] { seen = listener.Accept().ReceiveAll(); });
    ScriptedSource source = Source(c.pieces, 5);
    const Fetched fetched = Upload(source, listener.port());
    upstream.join();
    EXPECT_EQ(fetched.error, c.kind);
    EXPECT_NE(fetched.message.find(c.message), std::string::npos) << fetched.message;
    EXPECT_EQ(seen.find("abcdef"), std::string::npos);
    EXPECT_EQ(IdleCount(), 0u);
  }
}

TEST_F(ClientUploadTest, ReturnsTheFailureOfTheSource) {
  RawListener listener;
  std::thread upstream([&] { (void)listener.Accept().ReceiveAll(); });
  ScriptedSource source = Source({"abc"}, std::nullopt, Then::kFail);
  const Fetched fetched = Upload(source, listener.port());
  EXPECT_EQ(fetched.error, NetErrorKind::kReset);
  EXPECT_EQ(fetched.message, "the source broke");
  upstream.join();
}

TEST_F(ClientUploadTest, TakesAnAnswerThatComesWhileTheSourceIsSilent) {
  RawListener listener;
  std::thread upstream([&] {
    RawSocket peer = listener.Accept();
    (void)peer.ReceiveUntil("3\r\nabc\r\n");
    // Interim and cut in two: the source is interrupted for each, and asked again.
    peer.Send("HTTP/1.1 103 Early Hints\r\n\r\n");
    ::usleep(20'000);
    peer.Send("HTTP/1.1 413 Too");
    ::usleep(20'000);
    peer.Send(" Large\r\nContent-Length: 2\r\n\r\nno");
    (void)peer.ReceiveAll();
  });
  ScriptedSource source = Source({"abc"}, std::nullopt, Then::kWait);
  const Fetched fetched = Upload(source, listener.port());
  EXPECT_EQ(fetched.status, 413) << fetched.message;
  EXPECT_EQ(fetched.body, "no");
  EXPECT_GE(source.interrupts(), 1);
  EXPECT_EQ(IdleCount(), 0u);
  upstream.join();
}

TEST_F(ClientUploadTest, TakesAnAnswerThatComesWhileTheUpstreamTakesNothing) {
  RawListener listener;
  std::thread upstream([&] {
    RawSocket peer = listener.Accept();
    (void)peer.ReceiveUntil("\r\n\r\n");
    peer.Send("HTTP/1.1 401 Unauthorized\r\nContent-Length: 2\r\n\r\nno");
    ::usleep(50'000);
    (void)peer.ReceiveAll();
  });
  ScriptedSource source = Source(std::deque<std::string>(40, std::string(1 << 20, 'x')), 40 << 20);
  const Fetched fetched = Upload(source, listener.port());
  EXPECT_EQ(fetched.status, 401) << fetched.message;
  EXPECT_EQ(fetched.body, "no");
  EXPECT_LT(source.reads(), 40);
  upstream.join();
}

TEST_F(ClientUploadTest, ReportsAnUpstreamThatBreaksWithinTheUpload) {
  RawListener listener;
  std::thread upstream([&] {
    RawSocket peer = listener.Accept();
    (void)peer.ReceiveUntil("abc");
    peer.Reset();
  });
  ScriptedSource source = Source({"abc"}, 100, Then::kWait);
  const Fetched fetched = Upload(source, listener.port());
  EXPECT_EQ(fetched.error, NetErrorKind::kReset) << fetched.message;
  upstream.join();
}

TEST_F(ClientUploadTest, ReplacesAStaleConnectionForAWholeFirstPieceAndSparesOthersOne) {
  RawListener listener;
  std::string replayed;
  std::string fresh;
  std::thread upstream([&] {
    {
      RawSocket first = listener.Accept();
      (void)first.ReceiveUntil("\r\n\r\n");
      first.Send(kUploaded);
      // Takes the next request, and closes without a byte of an answer.
      (void)first.ReceiveUntil("whole");
    }
    RawSocket second = listener.Accept();
    replayed = second.ReceiveUntil("whole");
    second.Send(kUploaded);
    // This connection is kept, but a body in two pieces does not take it.
    RawSocket third = listener.Accept();
    fresh = third.ReceiveUntil("in two");
    third.Send(kUploaded);
  });
  EXPECT_EQ(Fetch(listener.port()).body, "ok");
  ScriptedSource whole = Source({"whole"}, 5);
  const Fetched again = Upload(whole, listener.port());
  EXPECT_EQ(again.body, "ok") << again.message;
  EXPECT_EQ(whole.reads(), 1);
  EXPECT_NE(replayed.find("Content-Length: 5\r\n\r\nwhole"), std::string::npos);
  EXPECT_EQ(IdleCount(), 1u);
  ScriptedSource two = Source({"in ", "two"}, 6);
  const Fetched other = Upload(two, listener.port());
  EXPECT_EQ(other.body, "ok") << other.message;
  EXPECT_FALSE(other.reused);
  upstream.join();
}

TEST_F(ClientUploadTest, EndsAtTheDeadlineOnCancelOnAStallAndWithoutAnAnswer) {
  RawListener listener;
  std::vector<RawSocket> peers;
  std::promise<void> done;
  std::thread upstream([&] {
    for (int i = 0; i < 4; ++i) peers.push_back(listener.Accept());
    done.get_future().wait();
  });
  const auto soon = [] { return Clock::now() + std::chrono::milliseconds(40); };
  {
    ScriptedSource silent = Source({"abc"}, std::nullopt, Then::kWait);
    SendOptions options;
    options.deadline = soon();
    EXPECT_EQ(Upload(silent, listener.port(), options).error, NetErrorKind::kTimeout);
  }
  {
    // Before the first piece: no connection is made.
    ScriptedSource silent = Source({}, std::nullopt, Then::kWait);
    SendOptions options;
    options.deadline = soon();
    const Fetched fetched = Upload(silent, listener.port(), options);
    EXPECT_EQ(fetched.error, NetErrorKind::kTimeout) << fetched.message;
  }
  {
    ScriptedSource silent = Source({"abc"}, std::nullopt, Then::kWait);
    CancelSignal signal;
    Timer timer([&] { signal.Cancel(); });
    thread_.Do([&] { thread_.loop().wheel().Schedule(timer, soon()); });
    SendOptions options;
    options.cancel = &signal;
    EXPECT_EQ(Upload(silent, listener.port(), options).error, NetErrorKind::kCancelled);
  }
  {
    ScriptedSource big = Source(std::deque<std::string>(40, std::string(1 << 20, 'x')), 40 << 20);
    SendOptions options;
    options.upload_stall_timeout = std::chrono::milliseconds(60);
    const Fetched fetched = Upload(big, listener.port(), options);
    EXPECT_EQ(fetched.error, NetErrorKind::kTimeout);
    EXPECT_NE(fetched.message.find("took no byte"), std::string::npos) << fetched.message;
  }
  {
    ScriptedSource small = Source({"abc"}, 3);
    SendOptions options;
    options.answer_timeout = std::chrono::milliseconds(40);
    EXPECT_EQ(Upload(small, listener.port(), options).error, NetErrorKind::kTimeout);
  }
  done.set_value();
  upstream.join();
}

// A server that passes every request's body on to an upstream, and its answer back.
class PassThrough {
 public:
  explicit PassThrough(uint16_t upstream_port, HttpServerOptions options = {}) {
    options.worker_state = [](EventLoop& loop, size_t) -> std::shared_ptr<void> {
      return std::make_shared<ConnectionPool>(loop, PoolOptions{}, nullptr);
    };
    server_ = StartServer(
        [this, upstream_port](ServerExchange& exchange) -> Awaitable<void> {
          return Handle(exchange, upstream_port);
        },
        options);
  }
  uint16_t port() const { return server_->port(); }
  std::string last_failure() { return failure_.get_future().get(); }

 private:
  Awaitable<void> Handle(ServerExchange& exchange, uint16_t upstream_port) {
    const Upstream upstream{"127.0.0.1", upstream_port, false};
    RequestBodySource source(exchange);
    SendOptions options;
    options.cancel = &exchange.client_gone();
    NetResult<std::unique_ptr<ClientExchange>> sent =
        co_await exchange.worker_state<ConnectionPool>().Send(upstream, kPost, source, options);
    if (!sent.ok()) {
      failure_.set_value(std::string(NetErrorKindName(sent.error().kind)) + " " +
                         absl::StatusCodeToString(source.status().code()));
      (void)co_await exchange.Respond(source.status().ok() ? 502 : 400, {}, sent.error().message);
      co_return;
    }
    std::string body;
    while (true) {
      NetResult<std::string_view> piece = co_await (*sent)->ReadSome();
      if (!piece.ok() || piece->empty()) break;
      body += *piece;
    }
    (void)co_await exchange.Respond((*sent)->head().status, {}, body);
  }

  std::promise<std::string> failure_;
  std::unique_ptr<HttpServer> server_;
};

TEST(PassThroughUpload, CarriesBothFramingsOfManyMegabytes) {
  RawListener listener;
  constexpr size_t kBody = 30'000'000;
  std::array<size_t, 2> all_received{};
  std::array<std::string, 2> heads;
  std::thread upstream([&] {
    for (size_t i = 0; i < 2; ++i) {
      size_t& received = all_received[i];
      std::string& head = heads[i];
      RawSocket peer = listener.Accept();
      std::string text = peer.ReceiveUntil("\r\n\r\n");
      head = text.substr(0, text.find("\r\n\r\n"));
      const bool chunked = head.find("chunked") != std::string::npos;
      std::string tail = text.substr(head.size() + 4);
      while (true) {
        received += static_cast<size_t>(std::count(tail.begin(), tail.end(), 'x'));
        if (chunked ? tail.ends_with("0\r\n\r\n") : received == kBody) break;
        // The last bytes may come apart.
        std::string kept = tail.size() < 4 ? tail : tail.substr(tail.size() - 4);
        received -= static_cast<size_t>(std::count(kept.begin(), kept.end(), 'x'));
        tail = kept;
        if (!peer.ReceiveMore(tail)) break;
      }
      peer.Send("HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 5\r\n\r\ntaken");
    }
  });
  PassThrough gateway(listener.port());
  RawSocket client = RawSocket::Connect(gateway.port());
  client.Send("POST /x HTTP/1.1\r\nHost: h\r\nContent-Length: " + std::to_string(kBody) +
              "\r\n\r\n" + std::string(kBody, 'x'));
  EXPECT_EQ(BodyOf(client.ReceiveUntil("taken")), "taken");
  client.Send("POST /x HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n");
  const std::string chunk = "2710\r\n" + std::string(10'000, 'x') + "\r\n";
  for (size_t i = 0; i < kBody / 10'000; ++i) client.Send(chunk);
  client.Send("0\r\n\r\n");
  EXPECT_EQ(BodyOf(client.ReceiveUntil("taken")), "taken");
  upstream.join();
  EXPECT_EQ(all_received, (std::array<size_t, 2>{kBody, kBody}));
  EXPECT_NE(heads[0].find("Content-Length: 30000000"), std::string::npos) << heads[0];
  EXPECT_NE(heads[1].find("Transfer-Encoding: chunked"), std::string::npos) << heads[1];
}

TEST(PassThroughUpload, PassesAnEarlyAnswerOnWhileTheClientStillSends) {
  RawListener listener;
  std::thread upstream([&] {
    RawSocket peer = listener.Accept();
    (void)peer.ReceiveUntil("abc");
    peer.Send("HTTP/1.1 413 Too Large\r\nContent-Length: 2\r\n\r\nno");
    (void)peer.ReceiveAll();
  });
  PassThrough gateway(listener.port());
  RawSocket client = RawSocket::Connect(gateway.port());
  client.Send("POST /x HTTP/1.1\r\nHost: h\r\nContent-Length: 100000\r\n\r\nabc");
  const std::string answer = client.ReceiveAll();
  EXPECT_EQ(StatusLineOf(answer), "HTTP/1.1 413 Payload Too Large");
  EXPECT_EQ(BodyOf(answer), "no");
  upstream.join();
}

TEST(PassThroughUpload, TellsAFailureOfTheClientFromOneOfTheUpstream) {
  RawListener listener;
  std::thread upstream([&] {
    for (int i = 0; i < 2; ++i) (void)listener.Accept().ReceiveAll();
  });
  {
    PassThrough gateway(listener.port());
    RawSocket client = RawSocket::Connect(gateway.port());
    client.Send("POST /x HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n");
    ::usleep(20'000);
    client.Send("zz\r\n");
    EXPECT_EQ(StatusLineOf(client.ReceiveAll()), "HTTP/1.1 400 Bad Request");
    EXPECT_EQ(gateway.last_failure(), "protocol INVALID_ARGUMENT");
  }
  {
    PassThrough gateway(listener.port());
    RawSocket client = RawSocket::Connect(gateway.port());
    client.Send("POST /x HTTP/1.1\r\nHost: h\r\nContent-Length: 10\r\n\r\nab");
    ::usleep(20'000);
    client.Close();
    EXPECT_EQ(gateway.last_failure(), "cancelled CANCELLED");
  }
  upstream.join();
}

}  // namespace
}  // namespace junctor::net
