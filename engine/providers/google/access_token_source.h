// Access tokens for Google's services, made from service accounts' keys: asked for once, kept until
// shortly before they end, shared by all requests of one event loop.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "engine/net/awaitable.h"
#include "engine/net/cancel.h"
#include "engine/net/client.h"
#include "engine/net/event_loop.h"
#include "engine/net/net_error.h"
#include "engine/providers/chat/failure.h"
#include "engine/providers/google/service_account.h"

namespace junctor::engine {

// Most accounts whose tokens are kept; the one that was not used for the longest time goes first.
inline constexpr size_t kMaxAccessTokens = 1024;
// Largest answer of a token service that is read.
inline constexpr size_t kMaxTokenAnswerBytes = 64 * 1024;
// How long before its end a token is replaced. Those that live for less than twice that are
// replaced at half of their time.
inline constexpr int64_t kRefreshEarlySeconds = 300;
// A token is not used in its last seconds: clocks differ, and requests take their time.
inline constexpr int64_t kTokenMarginSeconds = 10;
// After an early refresh that failed, the next one waits this long: the old token still serves.
inline constexpr int64_t kRefreshPauseSeconds = 15;
// How long one refresh may take, however long its waiters would wait.
inline constexpr std::chrono::milliseconds kRefreshTimeout{10'000};

// A token, or why there is none: one of the three is there.
struct AccessTokenResult {
  std::string token;
  // The token service said no (class auth, as a 401, whatever 4xx it was; other statuses as they
  // are), or the key can't sign. Its message holds no secret.
  std::optional<Failure> failure;
  // No answer came: the service could not be reached, this waiter's deadline passed, or it was
  // cancelled.
  std::optional<net::NetError> net_error;

  bool ok() const { return !failure && !net_error; }
};

// The tokens of one event loop; used on its thread only.
class AccessTokenSource {
 public:
  // Unix seconds, now.
  using UnixClock = std::function<int64_t()>;

  // `loop` and `pool` outlive the source.
  AccessTokenSource(net::EventLoop& loop, net::ConnectionPool& pool, UnixClock clock);
  AccessTokenSource(const AccessTokenSource&) = delete;
  AccessTokenSource& operator=(const AccessTokenSource&) = delete;
  // No Get() may be waiting. Refreshes that run are cancelled, and the loop's handlers run here
  // until they have ended, so that none outlives the pool. On the loop's thread, or after its end.
  ~AccessTokenSource();

  // A token of kCloudPlatformScope for `account`. Returns without suspending while one is there.
  // Otherwise one refresh is started, or joined; `deadline` and `cancel` (may be null) end this
  // wait, not the refresh. `account` and `cancel` stay valid until it returns.
  net::Awaitable<AccessTokenResult> Get(const ServiceAccount& account, net::TimePoint deadline,
                                        net::CancelSignal* cancel);

  // Drops `token` wherever it is kept, since the service it was used on refused it (401). False:
  // it is kept no more.
  bool Invalidate(std::string_view token);

  size_t size() const;
  // Refreshes that run now.
  size_t refreshing() const;

 private:
  struct State;
  std::shared_ptr<State> state_;
};

}  // namespace junctor::engine
