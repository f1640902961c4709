// Waits in a coroutine for a batch of limits that a shared store answers.
#pragma once

#include <memory>

#include "engine/limits/limit_backend.h"
#include "engine/net/awaitable.h"
#include "engine/net/event_loop.h"

namespace junctor::engine {

// Asks and waits until the batch is answered. `loop` is the coroutine's own. The backend answers
// within its timeout, whatever the store does, so nothing can end this wait earlier.
net::Awaitable<void> AskBatch(LimitBackend* limits, net::EventLoop* loop,
                              std::shared_ptr<LimitBatch> batch);

}  // namespace junctor::engine
