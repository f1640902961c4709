#include "engine/net/event_loop.h"

#include <boost/asio/basic_waitable_timer.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/post.hpp>
#include <csignal>
#include <exception>
#include <utility>

#include "engine/net/buffer_pool.h"
#include "engine/net/poller.h"

namespace junctor::net {

// The loop's one asio timer.
struct WheelTimer {
  explicit WheelTimer(const Executor& executor) : timer(executor) {}
  boost::asio::basic_waitable_timer<Clock, boost::asio::wait_traits<Clock>, Executor> timer;
};

EventLoop::EventLoop()
    : io_context_(1),  // one thread runs it
      now_(Clock::now()),
      buffers_(std::make_unique<BufferPool>()),
      poller_(std::make_unique<Poller>(*this)),
      wheel_timer_(std::make_unique<WheelTimer>(io_context_.get_executor())),
      wheel_(std::make_unique<TimerWheel>(now_, [this](TimePoint when) { ArmTimer(when); })) {
  // OpenSSL writes to sockets without MSG_NOSIGNAL.
  static const bool sigpipe_ignored = std::signal(SIGPIPE, SIG_IGN) != SIG_ERR;
  (void)sigpipe_ignored;
  poller_->Start();
}

EventLoop::~EventLoop() = default;

void EventLoop::Run() {
  UpdateNow();
  io_context_.restart();
  io_context_.run();
}

void EventLoop::Stop() { io_context_.stop(); }

void EventLoop::Post(std::function<void()> function) {
  boost::asio::post(io_context_, [this, run = std::move(function)] {
    UpdateNow();
    run();
  });
}

void EventLoop::Spawn(Awaitable<void> coroutine) {
  boost::asio::co_spawn(io_context_.get_executor(), std::move(coroutine),
                        [](const std::exception_ptr& error) {
                          if (error) std::rethrow_exception(error);
                        });
}

void EventLoop::ArmTimer(TimePoint when) {
  wheel_timer_->timer.expires_at(when);
  wheel_timer_->timer.async_wait([this](const boost::system::error_code& error) {
    if (error) return;
    UpdateNow();
    wheel_->Advance(now_);
  });
}

}  // namespace junctor::net
