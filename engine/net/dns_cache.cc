#include "engine/net/dns_cache.h"

#include <algorithm>
#include <utility>

namespace junctor::net {

std::chrono::seconds KeepFor(const DnsReply& reply) {
  if (reply.addresses.empty()) return DnsCache::kFailureTtl;
  if (reply.from_hosts_file) return DnsCache::kHostsFileTtl;
  return std::clamp(reply.ttl, DnsCache::kMinTtl, DnsCache::kMaxTtl);
}

DnsCache::DnsCache(EventLoop& loop, std::string servers)
    : loop_(loop), resolver_(loop, std::move(servers)) {}

std::shared_ptr<DnsAnswer> DnsCache::Look(const std::string& host) {
  boost::system::error_code not_numeric;
  const auto numeric = boost::asio::ip::make_address(host, not_numeric);
  if (!not_numeric) {
    auto answer = std::make_shared<DnsAnswer>();
    answer->pending = false;
    answer->addresses.push_back(numeric);
    return answer;
  }
  auto answer = std::make_shared<DnsAnswer>();
  const auto found = answers_.find(host);
  if (found != answers_.end()) {
    if (found->second->pending || found->second->expires > loop_.now()) return found->second;
    answer->addresses = found->second->addresses;
    answer->usable_until = found->second->usable_until;
    found->second = answer;
  } else {
    if (answers_.size() >= kMaxNames) answers_.clear();
    answers_.emplace(host, answer);
  }
  resolver_.Resolve(host, [this, answer](DnsReply reply) { Take(*answer, std::move(reply)); });
  return answer;
}

void DnsCache::Take(DnsAnswer& answer, DnsReply reply) {
  answer.pending = false;
  answer.expires = loop_.now() + KeepFor(reply);
  if (!reply.addresses.empty()) {
    answer.usable_until = answer.expires + kMaxStale;
    answer.addresses = std::move(reply.addresses);
  } else if (answer.addresses.empty() || answer.usable_until <= loop_.now()) {
    answer.addresses.clear();
    answer.error = std::move(reply.error);
  }
  for (Waiter* waiter : std::exchange(answer.waiters, {})) waiter->ResumeLater(loop_.executor());
}

}  // namespace junctor::net
