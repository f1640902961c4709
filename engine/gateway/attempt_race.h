// Two attempts at once, of which the first token wins: what a hedge is made of.
#pragma once

#include <optional>

#include "engine/gateway/model_call.h"
#include "engine/net/cancel.h"
#include "engine/net/event_loop.h"
#include "engine/net/waiter.h"

namespace junctor::engine {

// Attempts that run side by side in coroutines of their own, and one coroutine that waits for them.
// Every attempt that was started must have ended before the race is destroyed, and their responses
// must be gone. Used on one loop's thread.
class AttemptRace {
 public:
  // One of the attempts.
  struct Runner {
    net::CancelSignal cancel;
    std::optional<AttemptResult> result;  // once it has ended
    net::TimePoint begin;
    bool started = false;
  };

  // `caller_gone` cancels every attempt, and outlives the race.
  AttemptRace(net::EventLoop* loop, net::CancelSignal* caller_gone);
  AttemptRace(const AttemptRace&) = delete;
  AttemptRace& operator=(const AttemptRace&) = delete;

  // Begins an attempt of `call`, which outlives the race. The result is left in `runner`, a member
  // of this race. `continued` as in ModelCall::Attempt.
  void Start(Runner* runner, ModelCall* call, net::TimePoint deadline,
             const StreamContinuation* continued);

  // Until a started attempt ends that had not ended before, or `until` has come.
  net::Awaitable<void> Wait(net::TimePoint until = net::TimePoint::max());
  // Until `runner` has ended, if it was started, or `until` has come.
  net::Awaitable<void> WaitFor(const Runner& runner, net::TimePoint until = net::TimePoint::max());

  Runner first;
  Runner second;

 private:
  static net::Awaitable<void> Run(AttemptRace* race, Runner* runner, ModelCall* call,
                                  net::TimePoint deadline, const StreamContinuation* continued);
  void Notify();

  net::EventLoop* loop_;
  net::CancelHook gone_hook_;
  net::Waiter waiter_;
  net::Timer timer_;
  bool notified_ = false;
};

}  // namespace junctor::engine
