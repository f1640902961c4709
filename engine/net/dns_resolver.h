// Asks the hosts file and the name servers for the addresses of a name, with their time to live
// (c-ares). Internal to engine/net.
#pragma once

#include <boost/asio/ip/address.hpp>
#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "engine/net/event_loop.h"

namespace junctor::net {

// What came of one look-up.
struct DnsReply {
  // In the order of RFC 6724 (what this host reaches best, first).
  std::vector<boost::asio::ip::address> addresses;
  std::chrono::seconds ttl{0};  // the shortest of the records used
  bool from_hosts_file = false;
  std::string error;  // why there are no addresses
};

// Used on the loop's thread.
class DnsResolver {
 public:
  using Callback = std::function<void(DnsReply)>;

  // Addresses of one name that are used: more than anybody tries before the deadline.
  static constexpr size_t kMaxAddresses = 32;

  // `servers`: "address:port,…"; empty: those that the file `resolv_conf` names, which is read anew
  // when it has changed.
  DnsResolver(EventLoop& loop, std::string servers, std::string resolv_conf = "/etc/resolv.conf");
  DnsResolver(const DnsResolver&) = delete;
  DnsResolver& operator=(const DnsResolver&) = delete;
  // Look-ups that run are dropped, their callbacks never called.
  ~DnsResolver();

  // Looks up IPv4 and IPv6 addresses, in the hosts file first. May call back before it returns.
  void Resolve(const std::string& name, Callback callback);

 private:
  struct Impl;
  std::shared_ptr<Impl> impl_;
};

}  // namespace junctor::net
