// Readiness of sockets, one per event loop. Each socket is registered once, edge-triggered, for its
// whole life; the poller's own epoll descriptor is what asio waits for. Compared with asio's
// per-operation waits this saves a failed recv() or an epoll_ctl() and an allocation on every read,
// and tells at once that a peer has hung up.
#pragma once

#include <sys/epoll.h>

#include <array>
#include <boost/asio/posix/basic_stream_descriptor.hpp>
#include <cstdint>

#include "engine/net/awaitable.h"
#include "engine/net/waiter.h"

namespace junctor::net {

class EventLoop;
class Poller;

// A socket as the poller sees it. Used on the loop's thread.
class Channel {
 public:
  static constexpr uint8_t kRead = 1;
  static constexpr uint8_t kWrite = 2;

  explicit Channel(EventLoop& loop) : loop_(loop) {}
  Channel(const Channel&) = delete;
  Channel& operator=(const Channel&) = delete;
  virtual ~Channel() { CloseFd(); }

  EventLoop& loop() const { return loop_; }
  int fd() const { return fd_; }
  // The peer closed its sending side or reset the connection, whether or not unread bytes come
  // before that.
  bool hung_up() const { return hung_up_; }

 protected:
  friend class Poller;

  // Takes ownership of a non-blocking socket and registers it. False (errno set, socket closed)
  // when epoll refuses.
  bool Open(int fd);
  void CloseFd();
  // Gives the socket to the caller, unregistered.
  int ReleaseFd();

  // Suspends until the socket may be readable or writable (`want`: kRead | kWrite), has hung up, or
  // the waiter is resumed for another reason (a timer, a cancellation), which the caller has to
  // tell apart.
  Awaitable<void> WaitReady(uint8_t want) {
    want_ = want;
    return waiter_.Wait();
  }

  // Called when something happened and nobody waits for it. May destroy the channel.
  virtual void OnUnawaitedEvent() {}

  EventLoop& loop_;
  Waiter waiter_;
  int fd_ = -1;
  uint8_t want_ = 0;
  // What the last system call or event left behind: false means that trying is known to be useless.
  bool readable_ = true;
  bool writable_ = true;
  bool hung_up_ = false;

 private:
  void Dispatch(uint32_t events);
};

// Used on the loop's thread.
class Poller {
 public:
  explicit Poller(EventLoop& loop);
  Poller(const Poller&) = delete;
  Poller& operator=(const Poller&) = delete;

  void Start();
  bool Register(int fd, Channel* channel);
  void Unregister(int fd, Channel* channel);

 private:
  static constexpr int kBatch = 128;
  // Batches taken in a row before timers and posted work get their turn.
  static constexpr int kRounds = 4;

  void Arm();
  void Poll();

  EventLoop& loop_;
  int epoll_fd_;
  boost::asio::posix::basic_stream_descriptor<Executor> descriptor_;
  std::array<epoll_event, kBatch> batch_{};
  int batch_size_ = 0;
  int batch_next_ = 0;
};

}  // namespace junctor::net
