// What a ConnectionPool holds: its upstreams, their kept connections, and who waits for one.
// Internal to engine/net.
#pragma once

#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "engine/net/client.h"
#include "engine/net/dns_cache.h"
#include "engine/net/proxy_settings.h"
#include "engine/net/tls_context.h"
#include "engine/net/waiter.h"

namespace junctor::net {

// A request that waits until its upstream may have another connection.
struct PoolTurn {
  Waiter waiter;
  bool granted = false;                          // a place is reserved, or `connection` set
  std::unique_ptr<ClientConnection> connection;  // a kept one, handed over
};

// What a pool knows of one upstream.
struct UpstreamHost {
  UpstreamHost(const Upstream& to, const ProxyServer* through);
  ~UpstreamHost();

  // Where its connections lead first.
  const std::string& connect_host() const { return proxy != nullptr ? proxy->host : upstream.host; }
  uint16_t connect_port() const { return proxy != nullptr ? proxy->port : upstream.port; }

  const Upstream upstream;
  const ProxyServer* const proxy;  // null: direct
  std::string label;               // host:port, and the proxy's, for messages
  std::string connect_request;     // with TLS through a proxy: the head that asks for the tunnel
  // Without TLS through a proxy: what stands before the target's path, and the fields for the
  // proxy.
  std::string target_prefix;
  std::string proxy_fields;

  size_t open_count = 0;
  size_t reserved_count = 0;  // places granted to turns that have not run yet
  std::vector<std::unique_ptr<ClientConnection>> idle;  // the newest last
  std::deque<PoolTurn*> waiting;                        // the oldest first
  TlsSessionSlot tls_session;
};

// Used on the loop's thread.
struct ConnectionPool::Impl {
  struct UpstreamHash {
    size_t operator()(const Upstream& upstream) const {
      return std::hash<std::string>()(upstream.host) * 131 + upstream.port * 4u +
             upstream.tls * 2u + upstream.public_only;
    }
  };

  Impl(EventLoop& l, PoolOptions o, std::shared_ptr<const TlsClientContext> t);

  // Whether an upstream goes through a proxy depends on the upstream alone, so one entry each keeps
  // direct and proxied connections apart.
  UpstreamHost& HostFor(const Upstream& upstream);
  std::unique_ptr<ClientConnection> TakeIdle(UpstreamHost& host);
  // A connection that stands, bound to the request: a fresh one, or, after waiting for a place, a
  // kept one.
  Awaitable<NetResult<std::unique_ptr<ClientConnection>>> Obtain(UpstreamHost& host,
                                                                 SendOptions options);
  // Keeps the connection for reuse or hands it to who waits, or destroys it.
  void Release(std::unique_ptr<ClientConnection> connection);
  // Destroys an idle connection.
  void RemoveIdle(ClientConnection& connection);
  // A connection was closed: whoever waits longest may open another.
  void OnPlaceFree(UpstreamHost& host);
  bool Full(const UpstreamHost& host) const {
    return host.open_count + host.reserved_count >= options.max_connections_per_host;
  }
  Awaitable<std::optional<NetError>> WaitTurn(UpstreamHost& host, PoolTurn& turn,
                                              SendOptions request);

  EventLoop& loop;
  const PoolOptions options;
  const std::shared_ptr<const TlsClientContext> tls;
  DnsCache dns;
  size_t open_count = 0;
  size_t idle_count = 0;
  std::unordered_map<Upstream, std::unique_ptr<UpstreamHost>, UpstreamHash> hosts;
};

}  // namespace junctor::net
