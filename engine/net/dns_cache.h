// Names to addresses, resolved off-thread and kept for a short time. Internal to engine/net.
#pragma once

#include <boost/asio/ip/address.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <chrono>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "engine/net/event_loop.h"
#include "engine/net/waiter.h"

namespace junctor::net {

// One name's look-up, shared by all that ask for it at the same time.
struct DnsAnswer {
  bool pending = true;
  std::vector<boost::asio::ip::address> addresses;
  std::string error;             // why there are none
  TimePoint expires;             // when not pending
  std::vector<Waiter*> waiters;  // resumed when it is there
};

// Used on the loop's thread.
class DnsCache {
 public:
  DnsCache(EventLoop& loop, std::chrono::milliseconds ttl);

  // The answer for `host`, ready or pending; a numeric address is ready at once. Failures are not
  // kept.
  std::shared_ptr<DnsAnswer> Look(const std::string& host);

 private:
  // Names come from configuration; beyond this many, the cache is emptied.
  static constexpr size_t kMaxNames = 1024;

  EventLoop& loop_;
  const std::chrono::milliseconds ttl_;
  boost::asio::ip::basic_resolver<boost::asio::ip::tcp, Executor> resolver_;
  std::unordered_map<std::string, std::shared_ptr<DnsAnswer>> answers_;
};

}  // namespace junctor::net
