// A place where one coroutine waits until somebody resumes it. What every wait of this folder is
// made of: it costs no allocation beyond the coroutine's own frame.
#pragma once

#include <boost/asio/async_result.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <optional>
#include <utility>

#include "engine/net/awaitable.h"

namespace junctor::net {

// Used on one thread. At most one coroutine waits at a time.
class Waiter {
 public:
  using Token = boost::asio::use_awaitable_t<Executor>;
  using WaitHandler = boost::asio::async_result<Token, void()>::handler_type;

  bool waiting() const { return handler_.has_value(); }

  // Suspends until Resume() or ResumeLater().
  Awaitable<void> Wait() {
    Token token;
    return boost::asio::async_initiate<Token, void()>(
        [this](WaitHandler handler) { handler_.emplace(std::move(handler)); }, token);
  }

  // Runs the waiting coroutine now, inside this call; it may destroy this object. Only from the
  // loop's own dispatch.
  void Resume() {
    WaitHandler handler(std::move(*handler_));
    handler_.reset();
    std::move(handler)();
  }

  // Runs the waiting coroutine, if there is one, soon after, from the loop. For callers that are
  // themselves inside a coroutine or a callback.
  void ResumeLater(const Executor& executor) {
    if (!handler_) return;
    WaitHandler handler(std::move(*handler_));
    handler_.reset();
    boost::asio::post(executor, std::move(handler));
  }

 private:
  std::optional<WaitHandler> handler_;
};

}  // namespace junctor::net
