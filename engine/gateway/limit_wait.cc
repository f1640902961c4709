#include "engine/gateway/limit_wait.h"

#include <utility>

#include "engine/net/waiter.h"

namespace junctor::engine {
namespace {

struct WaitState {
  bool answered = false;
  net::Waiter waiter;
};

}  // namespace

net::Awaitable<void> AskBatch(LimitBackend* limits, net::EventLoop* loop,
                              std::shared_ptr<LimitBatch> batch) {
  // Shared with the answer, which may come after the loop has ended and this coroutine with it.
  const auto state = std::make_shared<WaitState>();
  batch->done = [loop, state] {
    loop->Post([state] {
      state->answered = true;
      if (state->waiter.waiting()) state->waiter.Resume();
    });
  };
  limits->Begin(std::move(batch));
  while (!state->answered) co_await state->waiter.Wait();
}

}  // namespace junctor::engine
