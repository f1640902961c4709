#include "engine/net/dns_cache.h"

#include <algorithm>
#include <utility>

namespace junctor::net {

DnsCache::DnsCache(EventLoop& loop, std::chrono::milliseconds ttl)
    : loop_(loop), ttl_(ttl), resolver_(loop.executor()) {}

std::shared_ptr<DnsAnswer> DnsCache::Look(const std::string& host) {
  boost::system::error_code not_numeric;
  const auto numeric = boost::asio::ip::make_address(host, not_numeric);
  if (!not_numeric) {
    auto answer = std::make_shared<DnsAnswer>();
    answer->pending = false;
    answer->addresses.push_back(numeric);
    return answer;
  }
  const auto found = answers_.find(host);
  if (found != answers_.end()) {
    if (found->second->pending || found->second->expires > loop_.now()) return found->second;
    answers_.erase(found);
  }
  if (answers_.size() >= kMaxNames) answers_.clear();
  auto answer = std::make_shared<DnsAnswer>();
  answers_.emplace(host, answer);
  resolver_.async_resolve(host, "",
                          [answer, &loop = loop_, ttl = ttl_](
                              const boost::system::error_code& error, const auto& results) {
                            loop.UpdateNow();
                            answer->pending = false;
                            if (error) {
                              answer->error = error.message();
                              answer->expires = TimePoint::min();
                            } else {
                              answer->expires = loop.now() + ttl;
                              for (const auto& entry : results) {
                                const auto address = entry.endpoint().address();
                                if (std::find(answer->addresses.begin(), answer->addresses.end(),
                                              address) == answer->addresses.end()) {
                                  answer->addresses.push_back(address);
                                }
                              }
                            }
                            for (Waiter* waiter : std::exchange(answer->waiters, {})) {
                              waiter->ResumeLater(loop.executor());
                            }
                          });
  return answer;
}

}  // namespace junctor::net
