#include "engine/net/poller.h"

#include <unistd.h>

#include <boost/asio/post.hpp>
#include <cerrno>
#include <system_error>
#include <utility>

#include "engine/net/event_loop.h"

namespace junctor::net {
namespace {

constexpr uint32_t kEvents = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET;
constexpr uint32_t kHangUpEvents = EPOLLRDHUP | EPOLLHUP | EPOLLERR;

int MakeEpoll() {
  const int fd = ::epoll_create1(EPOLL_CLOEXEC);
  if (fd < 0) throw std::system_error(errno, std::generic_category(), "epoll_create1");
  return fd;
}

}  // namespace

bool Channel::Open(int fd) {
  fd_ = fd;
  readable_ = true;
  writable_ = true;
  hung_up_ = false;
  if (loop_.poller().Register(fd, this)) return true;
  const int error = errno;
  ::close(fd);
  fd_ = -1;
  errno = error;
  return false;
}

void Channel::CloseFd() {
  if (fd_ < 0) return;
  loop_.poller().Unregister(fd_, this);
  ::close(fd_);
  fd_ = -1;
}

int Channel::ReleaseFd() {
  loop_.poller().Unregister(fd_, this);
  return std::exchange(fd_, -1);
}

void Channel::Dispatch(uint32_t events) {
  if ((events & kHangUpEvents) != 0) hung_up_ = true;
  if ((events & (EPOLLIN | kHangUpEvents)) != 0) readable_ = true;
  if ((events & (EPOLLOUT | EPOLLHUP | EPOLLERR)) != 0) writable_ = true;
  if (waiter_.waiting()) {
    if (((want_ & kRead) != 0 && readable_) || ((want_ & kWrite) != 0 && writable_) || hung_up_) {
      waiter_.Resume();  // may destroy this
    }
    return;
  }
  OnUnawaitedEvent();  // may destroy this
}

Poller::Poller(EventLoop& loop)
    : loop_(loop), epoll_fd_(MakeEpoll()), descriptor_(loop.executor(), epoll_fd_) {}

void Poller::Start() { Arm(); }

bool Poller::Register(int fd, Channel* channel) {
  epoll_event event{};
  event.events = kEvents;
  event.data.ptr = channel;
  return ::epoll_ctl(epoll_fd_, EPOLL_CTL_ADD, fd, &event) == 0;
}

void Poller::Unregister(int fd, Channel* channel) {
  ::epoll_ctl(epoll_fd_, EPOLL_CTL_DEL, fd, nullptr);
  for (int i = batch_next_; i < batch_size_; ++i) {
    if (batch_[static_cast<size_t>(i)].data.ptr == channel) {
      batch_[static_cast<size_t>(i)].data.ptr = nullptr;
    }
  }
}

void Poller::Arm() {
  descriptor_.async_wait(boost::asio::posix::descriptor_base::wait_read,
                         [this](const boost::system::error_code& error) {
                           if (!error) Poll();
                         });
}

void Poller::Poll() {
  for (int round = 0; round < kRounds; ++round) {
    batch_size_ = ::epoll_wait(epoll_fd_, batch_.data(), kBatch, 0);
    if (batch_size_ <= 0) {
      batch_size_ = 0;
      Arm();
      return;
    }
    loop_.UpdateNow();
    batch_next_ = 0;
    while (batch_next_ < batch_size_) {
      const epoll_event& event = batch_[static_cast<size_t>(batch_next_++)];
      if (event.data.ptr != nullptr) static_cast<Channel*>(event.data.ptr)->Dispatch(event.events);
    }
    batch_size_ = 0;
  }
  boost::asio::post(loop_.executor(), [this] { Poll(); });
}

}  // namespace junctor::net
