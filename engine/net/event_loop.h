// One thread's world: an io_context, the readiness poller of its sockets, and its timer wheel. A
// connection lives and dies on the loop it was born on.
#pragma once

#include <boost/asio/io_context.hpp>
#include <functional>
#include <memory>

#include "engine/net/awaitable.h"
#include "engine/net/timer_wheel.h"

namespace junctor::net {

class BufferPool;
class Poller;
struct WheelTimer;

// Run() on one thread; every other function on that thread too (or before Run), except Post() and
// Stop().
class EventLoop {
 public:
  EventLoop();
  EventLoop(const EventLoop&) = delete;
  EventLoop& operator=(const EventLoop&) = delete;
  ~EventLoop();

  // Runs until Stop(). Handles sockets, timers and everything posted.
  void Run();
  // Any thread. Run() returns soon after, with work left undone.
  void Stop();
  // Any thread. Runs `function` on the loop's thread.
  void Post(std::function<void()> function);
  // Starts a coroutine of its own on this loop. From any thread. An exception out of it ends the
  // process: errors of coroutines are values.
  void Spawn(Awaitable<void> coroutine);

  boost::asio::io_context& io_context() { return io_context_; }
  Executor executor() { return io_context_.get_executor(); }
  TimerWheel& wheel() { return *wheel_; }
  // The time when the current batch of events began: cheap, at most one batch old.
  TimePoint now() const { return now_; }
  // Reads the clock. For the loop's own dispatch.
  void UpdateNow() { now_ = Clock::now(); }

  Poller& poller() { return *poller_; }
  BufferPool& buffers() { return *buffers_; }

 private:
  void ArmTimer(TimePoint when);

  boost::asio::io_context io_context_;
  TimePoint now_;
  std::unique_ptr<BufferPool> buffers_;
  std::unique_ptr<Poller> poller_;
  // Destroyed before what they were made from: the wheel and its asio timer first.
  std::unique_ptr<WheelTimer> wheel_timer_;
  std::unique_ptr<TimerWheel> wheel_;
};

}  // namespace junctor::net
