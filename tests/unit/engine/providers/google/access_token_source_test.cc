// Access tokens against a token server on loopback: kept, shared, renewed early, dropped, refused.
#include "engine/providers/google/access_token_source.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <deque>
#include <mutex>
#include <vector>

#include "tests/unit/engine/net/net_testing.h"
#include "tests/unit/engine/providers/google/service_account_testing.h"

namespace junctor::engine {
namespace {

using net::testing::LoopThread;
using testing::AccountText;
using ::testing::HasSubstr;
using ::testing::Not;
using testing::SharedKey;

constexpr int64_t kStart = 1'790'000'000;

// What the token server does with one request; the last one stands for all further ones.
struct Reply {
  int status = 200;
  std::string body;
  bool held = false;  // answered only after Release()
};

Reply Token(const std::string& token, int64_t seconds = 3600) {
  return {200, R"({"access_token":")" + token + R"(","expires_in":)" + std::to_string(seconds) +
                   R"(,"token_type":"Bearer"})"};
}

// A token service of one thread.
class TokenServer {
 public:
  explicit TokenServer(std::deque<Reply> replies)
      : replies_(std::move(replies)),
        server_(net::testing::StartServer(
            [this](net::ServerExchange& exchange) { return Serve(exchange); })) {}

  uint16_t port() const { return server_->port(); }
  int requests() const { return requests_; }
  void Release() { released_ = true; }
  std::string last_body() {
    const std::lock_guard lock(mutex_);
    return last_body_;
  }

 private:
  net::Awaitable<void> Serve(net::ServerExchange& exchange) {
    absl::StatusOr<net::BodyBuffer> body = co_await exchange.ReadBody(1 << 20);
    if (!body.ok()) co_return;
    Reply reply;
    {
      const std::lock_guard lock(mutex_);
      last_body_ = std::string(body->view());
      reply = replies_.front();
      if (replies_.size() > 1) replies_.pop_front();
    }
    ++requests_;
    while (reply.held && !released_) {
      const net::TimePoint soon = net::Clock::now() + std::chrono::milliseconds(5);
      if (!co_await net::SleepUntil(exchange.loop(), soon, &exchange.client_gone())) co_return;
    }
    (void)co_await exchange.Respond(reply.status, {}, reply.body);
  }

  std::mutex mutex_;
  std::deque<Reply> replies_;
  std::string last_body_;
  std::atomic<int> requests_ = 0;
  std::atomic<bool> released_ = false;
  std::unique_ptr<net::HttpServer> server_;
};

class AccessTokenSourceTest : public ::testing::Test {
 protected:
  AccessTokenSourceTest() {
    thread_.Do([this] {
      pool_ = std::make_unique<net::ConnectionPool>(thread_.loop(), net::PoolOptions{}, nullptr);
      source_ = std::make_unique<AccessTokenSource>(thread_.loop(), *pool_,
                                                    [this] { return now_.load(); });
    });
  }
  ~AccessTokenSourceTest() override {
    thread_.Do([this] {
      source_.reset();
      pool_.reset();
    });
  }

  static ServiceAccount Account(uint16_t port, const std::string& email = "a@example.com") {
    AccountText text;
    text.client_email = email;
    const std::string origin = "http://127.0.0.1:" + std::to_string(port);
    text.token_uri = origin + "/token";
    const std::vector<std::string> allowed = {origin};
    absl::StatusOr<ServiceAccount> account = ParseServiceAccount(text.Json(), allowed);
    EXPECT_TRUE(account.ok()) << account.status();
    return *std::move(account);
  }

  net::Awaitable<void> GetInto(AccessTokenResult& result, const ServiceAccount& account,
                               net::TimePoint deadline, net::CancelSignal* cancel) {
    result = co_await source_->Get(account, deadline, cancel);
  }

  AccessTokenResult Get(const ServiceAccount& account,
                        std::chrono::milliseconds patience = std::chrono::seconds(8)) {
    AccessTokenResult result;
    thread_.Await([&] { return GetInto(result, account, net::Clock::now() + patience, nullptr); });
    return result;
  }

  // Waits until `condition` holds on the loop's thread.
  void WaitFor(const std::function<bool()>& condition) {
    for (int i = 0; i < 2000; ++i) {
      bool holds = false;
      thread_.Do([&] { holds = condition(); });
      if (holds) return;
      std::this_thread::sleep_for(std::chrono::milliseconds(5));
    }
    FAIL() << "what was waited for did not come";
  }

  void WaitUntilIdle() {
    WaitFor([this] { return source_->refreshing() == 0; });
  }

  LoopThread thread_;
  std::atomic<int64_t> now_ = kStart;
  std::unique_ptr<net::ConnectionPool> pool_;
  std::unique_ptr<AccessTokenSource> source_;
};

TEST_F(AccessTokenSourceTest, ATokenIsAskedForOnceAndKept) {
  TokenServer server({Token("ya29.first"), Token("ya29.second")});
  const ServiceAccount account = Account(server.port());
  EXPECT_EQ(Get(account).token, "ya29.first");
  EXPECT_EQ(Get(account).token, "ya29.first");
  EXPECT_EQ(server.requests(), 1);
}

TEST_F(AccessTokenSourceTest, TheAssertionIsSentAsAFormAndVerifies) {
  TokenServer server({Token("ya29.first")});
  const ServiceAccount account = Account(server.port());
  EXPECT_TRUE(Get(account).ok());
  const std::string body = server.last_body();
  constexpr std::string_view kPrefix =
      "grant_type=urn%3Aietf%3Aparams%3Aoauth%3Agrant-type%3Ajwt-bearer&assertion=";
  ASSERT_TRUE(body.starts_with(kPrefix)) << body;
  EXPECT_EQ(body.substr(kPrefix.size()), *MakeAssertion(account, kCloudPlatformScope, kStart));
}

TEST_F(AccessTokenSourceTest, AllWhoWaitShareOneRequest) {
  Reply held = Token("ya29.shared");
  held.held = true;
  TokenServer server({held});
  const ServiceAccount account = Account(server.port());
  std::vector<AccessTokenResult> results(20);
  std::atomic<int> done = 0;
  const net::TimePoint deadline = net::Clock::now() + std::chrono::seconds(8);
  const auto wait = [&](AccessTokenResult* result) -> net::Awaitable<void> {
    *result = co_await source_->Get(account, deadline, nullptr);
    ++done;
  };
  thread_.Do([&] {
    for (AccessTokenResult& result : results) thread_.loop().Spawn(wait(&result));
  });
  WaitFor([&] { return server.requests() == 1; });
  EXPECT_EQ(done, 0);
  server.Release();
  WaitFor([&] { return done == 20; });
  for (const AccessTokenResult& result : results) EXPECT_EQ(result.token, "ya29.shared");
  EXPECT_EQ(server.requests(), 1);
}

TEST_F(AccessTokenSourceTest, OneThatIsStillValidIsGivenWhileTheNextIsFetched) {
  Reply held = Token("ya29.second");
  held.held = true;
  TokenServer server({Token("ya29.first"), held});
  const ServiceAccount account = Account(server.port());
  EXPECT_EQ(Get(account).token, "ya29.first");
  now_ = kStart + 3600 - kRefreshEarlySeconds - 1;
  EXPECT_EQ(Get(account).token, "ya29.first");
  EXPECT_EQ(server.requests(), 1);
  now_ = kStart + 3600 - kRefreshEarlySeconds;
  EXPECT_EQ(Get(account).token, "ya29.first");  // not held up by the held request
  EXPECT_EQ(Get(account).token, "ya29.first");
  WaitFor([&] { return server.requests() == 2; });
  server.Release();
  WaitUntilIdle();
  EXPECT_EQ(Get(account).token, "ya29.second");
  EXPECT_EQ(server.requests(), 2);
}

TEST_F(AccessTokenSourceTest, AnEarlyRefreshThatFailsIsTriedAgainAfterAPause) {
  TokenServer server({Token("ya29.first"), {503, "busy"}, Token("ya29.third")});
  const ServiceAccount account = Account(server.port());
  EXPECT_EQ(Get(account).token, "ya29.first");
  now_ = kStart + 3600 - kRefreshEarlySeconds;
  EXPECT_EQ(Get(account).token, "ya29.first");
  WaitUntilIdle();
  EXPECT_EQ(Get(account).token, "ya29.first");
  WaitUntilIdle();
  EXPECT_EQ(server.requests(), 2);
  now_ += kRefreshPauseSeconds;
  EXPECT_EQ(Get(account).token, "ya29.first");
  WaitUntilIdle();
  EXPECT_EQ(Get(account).token, "ya29.third");
  EXPECT_EQ(server.requests(), 3);
}

TEST_F(AccessTokenSourceTest, OneThatEndedIsNotGiven) {
  TokenServer server({Token("ya29.first"), Token("ya29.second")});
  const ServiceAccount account = Account(server.port());
  EXPECT_EQ(Get(account).token, "ya29.first");
  now_ = kStart + 3600 - kTokenMarginSeconds;
  EXPECT_EQ(Get(account).token, "ya29.second");
}

TEST_F(AccessTokenSourceTest, ARefusedTokenIsDropped) {
  TokenServer server({Token("ya29.first"), Token("ya29.second")});
  const ServiceAccount account = Account(server.port());
  EXPECT_EQ(Get(account).token, "ya29.first");
  bool dropped = false;
  bool again = true;
  bool empty = true;
  thread_.Do([&] {
    dropped = source_->Invalidate("ya29.first");
    again = source_->Invalidate("ya29.first");
    empty = source_->Invalidate("");
  });
  EXPECT_TRUE(dropped);
  EXPECT_FALSE(again);
  EXPECT_FALSE(empty);
  EXPECT_EQ(Get(account).token, "ya29.second");
}

TEST_F(AccessTokenSourceTest, AccountsDoNotShareTokens) {
  TokenServer server({Token("ya29.first"), Token("ya29.second"), Token("ya29.third")});
  const ServiceAccount account = Account(server.port());
  EXPECT_EQ(Get(account).token, "ya29.first");
  EXPECT_EQ(Get(Account(server.port(), "b@example.com")).token, "ya29.second");
  // Who knows the names of an account, but not its private key, gets nothing of it.
  ServiceAccount impostor = account;
  impostor.private_key = Secret("-----BEGIN PRIVATE KEY-----\n-----END PRIVATE KEY-----\n");
  const AccessTokenResult result = Get(impostor);
  ASSERT_TRUE(result.failure.has_value());
  EXPECT_TRUE(result.token.empty());
  EXPECT_EQ(result.failure->error, ErrorClass::kAuth);
  EXPECT_EQ(server.requests(), 2);
}

TEST_F(AccessTokenSourceTest, RefusalsAreFailuresOfAuthentication) {
  struct Case {
    Reply reply;
    ErrorClass error;
    int status;
    const char* message;
  };
  const std::vector<Case> cases = {
      {{400, R"({"error":"invalid_grant","error_description":"Invalid JWT Signature."})"},
       ErrorClass::kAuth,
       401,
       "invalid_grant: Invalid JWT Signature."},
      {{401, R"({"error":"invalid_client"})"}, ErrorClass::kAuth, 401, "invalid_client"},
      {{404, "<html>"}, ErrorClass::kAuth, 401, "<html>"},
      {{429, R"({"error":"slow_down"})"}, ErrorClass::kRateLimit, 429, "slow_down"},
      {{500, R"({"error":"internal_failure"})"}, ErrorClass::kServerError, 500, "internal_failure"},
      {{503, ""}, ErrorClass::kOverloaded, 503, "503"},
      {{302, ""}, ErrorClass::kBadRequest, 302, "302"},
      {{200, "not json"}, ErrorClass::kServerError, 502, "no usable access_token"},
      {{200, "{}"}, ErrorClass::kServerError, 502, "no usable access_token"},
      {{200, R"({"access_token":"a\r\nb: c"})"}, ErrorClass::kServerError, 502, "no usable"},
      {{200, R"({"access_token":"a b"})"}, ErrorClass::kServerError, 502, "no usable"},
      {{200, R"({"access_token":"a","token_type":"MAC"})"},
       ErrorClass::kServerError,
       502,
       "no usable"},
  };
  for (const Case& c : cases) {
    TokenServer server({c.reply});
    const AccessTokenResult result = Get(Account(server.port()));
    EXPECT_FALSE(result.ok());
    EXPECT_TRUE(result.token.empty());
    ASSERT_TRUE(result.failure.has_value()) << c.reply.status << " " << c.reply.body;
    EXPECT_EQ(result.failure->error, c.error) << c.reply.status << " " << c.reply.body;
    EXPECT_EQ(result.failure->upstream_status, c.status) << c.reply.status << " " << c.reply.body;
    EXPECT_THAT(result.failure->message, HasSubstr(c.message));
    EXPECT_TRUE(result.failure->body.empty());
  }
}

TEST_F(AccessTokenSourceTest, ARefusalIsNotKept) {
  TokenServer server({{400, R"({"error":"invalid_grant"})"}, Token("ya29.second")});
  const ServiceAccount account = Account(server.port());
  EXPECT_FALSE(Get(account).ok());
  EXPECT_EQ(Get(account).token, "ya29.second");
}

TEST_F(AccessTokenSourceTest, AServiceThatIsNotThereIsANetError) {
  uint16_t port = 0;
  {
    const net::testing::RawListener listener;
    port = listener.port();
  }
  const AccessTokenResult result = Get(Account(port));
  ASSERT_TRUE(result.net_error.has_value());
  EXPECT_EQ(result.net_error->kind, net::NetErrorKind::kConnect);
}

TEST_F(AccessTokenSourceTest, AnAnswerThatIsTooLargeIsANetError) {
  TokenServer server({{200, std::string(kMaxTokenAnswerBytes + 1, ' ')}});
  const AccessTokenResult result = Get(Account(server.port()));
  ASSERT_TRUE(result.net_error.has_value());
  EXPECT_EQ(result.net_error->kind, net::NetErrorKind::kProtocol);
}

TEST_F(AccessTokenSourceTest, ADeadlineEndsTheWaitAndNotTheRefresh) {
  Reply held = Token("ya29.late");
  held.held = true;
  TokenServer server({held});
  const ServiceAccount account = Account(server.port());
  const AccessTokenResult result = Get(account, std::chrono::milliseconds(30));
  ASSERT_TRUE(result.net_error.has_value());
  EXPECT_EQ(result.net_error->kind, net::NetErrorKind::kTimeout);
  server.Release();
  WaitUntilIdle();
  EXPECT_EQ(Get(account).token, "ya29.late");
  EXPECT_EQ(server.requests(), 1);
}

TEST_F(AccessTokenSourceTest, ACallerWhoLeavesEndsTheWaitAndNotTheRefresh) {
  Reply held = Token("ya29.late");
  held.held = true;
  TokenServer server({held});
  const ServiceAccount account = Account(server.port());
  net::CancelSignal cancel;
  AccessTokenResult left;
  AccessTokenResult stayed;
  std::atomic<int> done = 0;
  const net::TimePoint deadline = net::Clock::now() + std::chrono::seconds(8);
  const auto wait = [&](AccessTokenResult* result,
                        net::CancelSignal* signal) -> net::Awaitable<void> {
    *result = co_await source_->Get(account, deadline, signal);
    ++done;
  };
  thread_.Do([&] {
    thread_.loop().Spawn(wait(&left, &cancel));
    thread_.loop().Spawn(wait(&stayed, nullptr));
  });
  WaitFor([&] { return server.requests() == 1; });
  thread_.Do([&] { cancel.Cancel(); });
  WaitFor([&] { return done == 1; });
  ASSERT_TRUE(left.net_error.has_value());
  EXPECT_EQ(left.net_error->kind, net::NetErrorKind::kCancelled);
  server.Release();
  WaitFor([&] { return done == 2; });
  EXPECT_EQ(stayed.token, "ya29.late");
}

TEST_F(AccessTokenSourceTest, TheCacheHasABound) {
  // Keys that can't sign: nothing goes over the wire, but each has its entry.
  ServiceAccount account = Account(1);
  account.private_key = Secret("none");
  for (size_t i = 0; i < kMaxAccessTokens + 50; ++i) {
    account.client_email = "a" + std::to_string(i) + "@example.com";
    EXPECT_FALSE(Get(account).ok());
  }
  size_t size = 0;
  thread_.Do([&] { size = source_->size(); });
  EXPECT_EQ(size, kMaxAccessTokens);
}

TEST_F(AccessTokenSourceTest, ARefreshThatRunsEndsWithTheSource) {
  Reply held = Token("ya29.never");
  held.held = true;
  TokenServer server({Token("ya29.first"), held});
  const ServiceAccount account = Account(server.port());
  EXPECT_EQ(Get(account).token, "ya29.first");
  now_ = kStart + 3600 - kRefreshEarlySeconds;
  EXPECT_EQ(Get(account).token, "ya29.first");
  WaitFor([&] { return server.requests() == 2; });
  thread_.Do([&] {
    EXPECT_EQ(source_->refreshing(), 1u);
    source_.reset();
    EXPECT_EQ(pool_->open_count(), pool_->idle_count());
  });
}

TEST(AccessTokenSourceAfterItsLoop, ARefreshThatRunsEndsWithTheSource) {
  Reply held = Token("ya29.never");
  held.held = true;
  TokenServer server({held});
  auto thread = std::make_unique<LoopThread>();
  auto pool = std::make_unique<net::ConnectionPool>(thread->loop(), net::PoolOptions{}, nullptr);
  auto source = std::make_unique<AccessTokenSource>(thread->loop(), *pool, [] { return kStart; });
  AccountText text;
  const std::string origin = "http://127.0.0.1:" + std::to_string(server.port());
  text.token_uri = origin + "/token";
  const std::vector<std::string> allowed = {origin};
  const absl::StatusOr<ServiceAccount> account = ParseServiceAccount(text.Json(), allowed);
  ASSERT_TRUE(account.ok());
  AccessTokenResult result;
  const auto get = [&]() -> net::Awaitable<void> {
    result =
        co_await source->Get(*account, net::Clock::now() + std::chrono::milliseconds(50), nullptr);
  };
  thread->Await(get);
  EXPECT_FALSE(result.ok());
  thread->Stop();
  source.reset();
  EXPECT_EQ(pool->open_count(), pool->idle_count());
  pool.reset();
}

}  // namespace
}  // namespace junctor::engine
