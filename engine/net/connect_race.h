// TCP to the first of several addresses that answers (Happy Eyeballs, RFC 8305 section 5). Internal
// to engine/net.
#pragma once

#include <boost/asio/ip/address.hpp>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "engine/net/event_loop.h"
#include "engine/net/timer_wheel.h"

namespace junctor::net {

// `addresses` with IPv6 and IPv4 taking turns, beginning with the family of the first; otherwise in
// the same order.
std::vector<boost::asio::ip::address> InterleaveFamilies(
    const std::vector<boost::asio::ip::address>& addresses);

// Destroying it closes what has not won. Used on the loop's thread.
class ConnectRace {
 public:
  // What an attempt is given before the next address is tried besides; one that fails is followed
  // at once.
  static constexpr std::chrono::milliseconds kHeadStart{250};

  // `on_finish` is called when the race is over; inside Start() when that ends it. It must not
  // destroy the race.
  ConnectRace(EventLoop& loop, std::vector<boost::asio::ip::address> addresses, uint16_t port,
              std::function<void()> on_finish);
  ConnectRace(const ConnectRace&) = delete;
  ConnectRace& operator=(const ConnectRace&) = delete;
  ~ConnectRace();

  void Start() { StartNext(); }
  // One has connected, or all have failed.
  bool finished() const { return winner_ >= 0 || attempts_.empty(); }
  // The connected socket, now the caller's; -1 when all have failed.
  int TakeWinner();
  // Why the last attempt failed.
  const std::string& cause() const { return cause_; }

 private:
  class Attempt;

  // Starts the next address, and further ones as long as they fail at once.
  void StartNext();
  void OnConnected(Attempt& attempt);
  void OnFailed(Attempt& attempt, int error);
  void SetCause(size_t address_index, int error);

  EventLoop& loop_;
  const std::vector<boost::asio::ip::address> addresses_;
  const uint16_t port_;
  const std::function<void()> on_finish_;
  Timer next_timer_;
  size_t next_ = 0;
  std::vector<std::unique_ptr<Attempt>> attempts_;
  int winner_ = -1;
  std::string cause_;
};

}  // namespace junctor::net
