#include "engine/gateway/attempt_race.h"

#include <utility>

namespace junctor::engine {

AttemptRace::AttemptRace(net::EventLoop* loop, net::CancelSignal* caller_gone) : loop_(loop) {
  timer_.set_callback([this] { Notify(); });
  gone_hook_.set_callback([this] {
    first.cancel.Cancel();
    second.cancel.Cancel();
  });
  gone_hook_.Attach(caller_gone);
}

void AttemptRace::Start(Runner* runner, ModelCall* call, net::TimePoint deadline,
                        const StreamContinuation* continued) {
  runner->started = true;
  runner->begin = net::Clock::now();
  loop_->Spawn(Run(this, runner, call, deadline, continued));
}

net::Awaitable<void> AttemptRace::Run(AttemptRace* race, Runner* runner, ModelCall* call,
                                      net::TimePoint deadline,
                                      const StreamContinuation* continued) {
  runner->result = co_await call->Attempt(deadline, &runner->cancel, continued);
  race->Notify();
}

void AttemptRace::Notify() {
  notified_ = true;
  waiter_.ResumeLater(loop_->executor());
}

net::Awaitable<void> AttemptRace::Wait(net::TimePoint until) {
  if (!notified_) {
    if (until != net::TimePoint::max()) loop_->wheel().Schedule(timer_, until);
    co_await waiter_.Wait();
    timer_.Cancel();
  }
  notified_ = false;
}

net::Awaitable<void> AttemptRace::WaitFor(const Runner& runner, net::TimePoint until) {
  while (runner.started && !runner.result.has_value() && net::Clock::now() < until) {
    co_await Wait(until);
  }
}

}  // namespace junctor::engine
