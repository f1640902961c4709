#include "engine/net/connect_race.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <boost/asio/ip/tcp.hpp>
#include <cerrno>
#include <system_error>
#include <utility>

#include "engine/net/poller.h"

namespace junctor::net {

std::vector<boost::asio::ip::address> InterleaveFamilies(
    const std::vector<boost::asio::ip::address>& addresses) {
  std::vector<boost::asio::ip::address> ordered;
  ordered.reserve(addresses.size());
  std::vector<boost::asio::ip::address> others;
  for (const auto& address : addresses) {
    if (address.is_v6() != addresses.front().is_v6()) others.push_back(address);
  }
  auto other = others.begin();
  for (const auto& address : addresses) {
    if (address.is_v6() != addresses.front().is_v6()) continue;
    ordered.push_back(address);
    if (other != others.end()) ordered.push_back(*other++);
  }
  ordered.insert(ordered.end(), other, others.end());
  return ordered;
}

// One socket on its way.
class ConnectRace::Attempt final : public Channel {
 public:
  Attempt(ConnectRace& race, size_t address_index)
      : Channel(race.loop_), race_(race), address_index_(address_index) {}

  // 0: connected; EINPROGRESS: the race will be told; otherwise why it failed.
  int Start() {
    const boost::asio::ip::tcp::endpoint endpoint(race_.addresses_[address_index_], race_.port_);
    const int fd =
        ::socket(endpoint.protocol().family(), SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0) return errno;
    const int on = 1;
    ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
    const int connected = ::connect(fd, endpoint.data(), static_cast<socklen_t>(endpoint.size()));
    const int error = connected == 0 ? 0 : errno;
    if (error != 0 && error != EINPROGRESS) {
      ::close(fd);
      return error;
    }
    // Registered after connect(): an unconnected socket would report a hang-up.
    if (!Open(fd)) return errno;
    writable_ = false;
    return error;
  }

  size_t address_index() const { return address_index_; }
  int TakeFd() { return ReleaseFd(); }

 private:
  void OnUnawaitedEvent() override {
    if (!writable_ && !hung_up_) return;
    int error = 0;
    socklen_t size = sizeof(error);
    ::getsockopt(fd_, SOL_SOCKET, SO_ERROR, &error, &size);
    if (error != 0) {
      race_.OnFailed(*this, error);  // destroys this
    } else if (writable_) {
      race_.OnConnected(*this);  // destroys this
    }
  }

  ConnectRace& race_;
  const size_t address_index_;
};

ConnectRace::ConnectRace(EventLoop& loop, std::vector<boost::asio::ip::address> addresses,
                         uint16_t port, std::function<void()> on_finish)
    : loop_(loop),
      addresses_(std::move(addresses)),
      port_(port),
      on_finish_(std::move(on_finish)),
      next_timer_([this] { StartNext(); }) {}

ConnectRace::~ConnectRace() {
  if (winner_ >= 0) ::close(winner_);
}

int ConnectRace::TakeWinner() { return std::exchange(winner_, -1); }

void ConnectRace::StartNext() {
  next_timer_.Cancel();
  while (next_ < addresses_.size()) {
    const size_t index = next_++;
    auto attempt = std::make_unique<Attempt>(*this, index);
    const int error = attempt->Start();
    if (error == 0) {
      winner_ = attempt->TakeFd();
      attempts_.clear();
      on_finish_();
      return;
    }
    if (error == EINPROGRESS) {
      attempts_.push_back(std::move(attempt));
      if (next_ < addresses_.size()) {
        loop_.wheel().Schedule(next_timer_, loop_.now() + kHeadStart);
      }
      return;
    }
    SetCause(index, error);
  }
}

void ConnectRace::OnConnected(Attempt& attempt) {
  winner_ = attempt.TakeFd();
  next_timer_.Cancel();
  attempts_.clear();
  on_finish_();
}

void ConnectRace::OnFailed(Attempt& attempt, int error) {
  SetCause(attempt.address_index(), error);
  std::erase_if(attempts_, [&](const auto& entry) { return entry.get() == &attempt; });
  StartNext();
  if (finished() && winner_ < 0) on_finish_();
}

void ConnectRace::SetCause(size_t address_index, int error) {
  cause_ = std::generic_category().message(error);
  if (addresses_.size() > 1) {
    cause_ += " (" + addresses_[address_index].to_string() + ", one of " +
              std::to_string(addresses_.size()) + " addresses)";
  }
}

}  // namespace junctor::net
