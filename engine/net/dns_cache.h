// Names to addresses, kept as long as their time to live says. Internal to engine/net.
#pragma once

#include <boost/asio/ip/address.hpp>
#include <chrono>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "engine/net/dns_resolver.h"
#include "engine/net/event_loop.h"
#include "engine/net/waiter.h"

namespace junctor::net {

// One name's look-up, shared by all that ask for it at the same time.
struct DnsAnswer {
  bool pending = true;
  std::vector<boost::asio::ip::address> addresses;
  std::string error;       // why there are none
  TimePoint expires;       // when not pending
  TimePoint usable_until;  // addresses of an earlier look-up serve until then if a new one fails
  std::vector<Waiter*> waiters;  // resumed when it is there
};

// Used on the loop's thread.
class DnsCache {
 public:
  // How long an answer of the name servers is kept: its time to live, within these.
  static constexpr std::chrono::seconds kMinTtl{1};
  static constexpr std::chrono::seconds kMaxTtl{3600};
  // The hosts file says nothing of time.
  static constexpr std::chrono::seconds kHostsFileTtl{30};
  static constexpr std::chrono::seconds kFailureTtl{1};
  // An answer that could not be renewed is used that much longer (RFC 8767: serving stale).
  static constexpr std::chrono::seconds kMaxStale{3600};

  // `servers` as DnsResolver takes it.
  DnsCache(EventLoop& loop, std::string servers);

  // The answer for `host`, ready or pending; a numeric address is ready at once.
  std::shared_ptr<DnsAnswer> Look(const std::string& host);

 private:
  // Names come from configuration; beyond this many, the cache is emptied.
  static constexpr size_t kMaxNames = 1024;

  void Take(DnsAnswer& answer, DnsReply reply);

  EventLoop& loop_;
  std::unordered_map<std::string, std::shared_ptr<DnsAnswer>> answers_;
  DnsResolver resolver_;
};

// How long `reply` may be kept.
std::chrono::seconds KeepFor(const DnsReply& reply);

}  // namespace junctor::net
