// A client with its loop and pool, for tests against scripted upstreams.
#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include "engine/net/client.h"
#include "tests/unit/engine/net/net_testing.h"

namespace junctor::net::testing {

inline constexpr std::string_view kHead = "GET / HTTP/1.1\r\nHost: h\r\n\r\n";

// What came of one request.
struct Fetched {
  int status = 0;
  std::string body;
  Framing framing = Framing::kNone;
  bool ended = false;
  bool reused = false;
  std::optional<NetErrorKind> error;
  std::string message;
};

class ClientTest : public ::testing::Test {
 protected:
  ClientTest() { MakePool(); }
  ~ClientTest() override {
    thread_.Do([this] { pool_.reset(); });
  }

  // A new pool, with pool_options_ and tls_ as they are now.
  void MakePool() {
    thread_.Do(
        [this] { pool_ = std::make_unique<ConnectionPool>(thread_.loop(), pool_options_, tls_); });
  }

  Awaitable<void> FetchInto(Fetched& result, std::string_view head, SendOptions options,
                            Upstream upstream) {
    thread_.loop().UpdateNow();  // as an event would
    NetResult<std::unique_ptr<ClientExchange>> sent =
        co_await pool_->Send(upstream, head, body_, options);
    co_await TakeAnswer(std::move(sent), result);
  }

  static Awaitable<void> TakeAnswer(NetResult<std::unique_ptr<ClientExchange>> sent,
                                    Fetched& result) {
    if (!sent.ok()) {
      result.error = sent.error().kind;
      result.message = sent.error().message;
      co_return;
    }
    ClientExchange& answer = **sent;
    result.status = answer.head().status;
    result.framing = answer.head().framing;
    result.reused = answer.reused_connection();
    while (true) {
      NetResult<std::string_view> piece = co_await answer.ReadSome();
      if (!piece.ok()) {
        result.error = piece.error().kind;
        result.message = piece.error().message;
        break;
      }
      if (piece->empty()) break;
      result.body += *piece;
    }
    result.ended = answer.ended();
  }

  Fetched Fetch(const Upstream& upstream, SendOptions options = {}, std::string_view head = kHead) {
    Fetched result;
    thread_.Await([&]() -> Awaitable<void> { return FetchInto(result, head, options, upstream); });
    return result;
  }
  Fetched Fetch(uint16_t port, SendOptions options = {}, std::string_view head = kHead) {
    return Fetch(Upstream{"127.0.0.1", port, false}, options, head);
  }

  // Serves one connection with a fixed text after one request each, then closes it.
  Fetched FetchFrom(const std::string& answer, std::string_view head = kHead) {
    RawListener listener;
    std::thread upstream([&] {
      RawSocket peer = listener.Accept();
      (void)peer.ReceiveUntil("\r\n\r\n");
      peer.Send(answer);
      peer.ShutdownWrite();
      (void)peer.ReceiveAll();
    });
    Fetched result = Fetch(listener.port(), {}, head);
    upstream.join();
    return result;
  }

  size_t IdleCount() {
    size_t count = 0;
    thread_.Do([&] { count = pool_->idle_count(); });
    return count;
  }

  PoolOptions pool_options_;
  std::shared_ptr<const TlsClientContext> tls_;
  testing::LoopThread thread_;
  std::unique_ptr<ConnectionPool> pool_;
  std::vector<std::string_view> body_;
};

}  // namespace junctor::net::testing
