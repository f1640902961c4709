#include "engine/net/connection_pool.h"

#include <algorithm>

#include "engine/net/client_connection.h"
#include "engine/net/listener.h"

namespace junctor::net {

UpstreamHost::UpstreamHost(const Upstream& to, const ProxyServer* through)
    : upstream(to), proxy(through), label(JoinHostPort(to.host, to.port)) {
  if (proxy == nullptr) return;
  const std::string authority = label;
  label += " through the proxy " + JoinHostPort(proxy->host, proxy->port);
  std::string credentials;
  if (!proxy->authorization.empty()) {
    credentials = "Proxy-Authorization: " + proxy->authorization + "\r\n";
  }
  if (upstream.tls) {
    connect_request =
        "CONNECT " + authority + " HTTP/1.1\r\nHost: " + authority + "\r\n" + credentials + "\r\n";
  } else {
    target_prefix = "http://" + authority;
    proxy_fields = credentials;
  }
}

UpstreamHost::~UpstreamHost() = default;

ConnectionPool::Impl::Impl(EventLoop& l, PoolOptions o, std::shared_ptr<const TlsClientContext> t)
    : loop(l), options(std::move(o)), tls(std::move(t)), dns(l, options.dns_servers) {}

UpstreamHost& ConnectionPool::Impl::HostFor(const Upstream& upstream) {
  const auto found = hosts.find(upstream);
  if (found != hosts.end()) return *found->second;
  const ProxyServer* proxy =
      options.proxies == nullptr ? nullptr : options.proxies->ProxyFor(upstream);
  return *hosts.emplace(upstream, std::make_unique<UpstreamHost>(upstream, proxy)).first->second;
}

std::unique_ptr<ClientConnection> ConnectionPool::Impl::TakeIdle(UpstreamHost& host) {
  while (!host.idle.empty()) {
    std::unique_ptr<ClientConnection> connection = std::move(host.idle.back());
    host.idle.pop_back();
    --idle_count;
    if (!connection->hung_up_or_broken()) return connection;
  }
  return nullptr;
}

void ConnectionPool::Impl::Release(std::unique_ptr<ClientConnection> connection) {
  UpstreamHost& host = connection->host();
  connection->End();
  if (!connection->reusable()) return;
  if (!host.waiting.empty()) {
    connection->BecomeIdle(options.idle_timeout);
    PoolTurn& turn = *host.waiting.front();
    host.waiting.pop_front();
    turn.granted = true;
    turn.connection = std::move(connection);
    turn.waiter.ResumeLater(loop.executor());
    return;
  }
  if (host.idle.size() >= options.max_idle_per_host) return;
  connection->BecomeIdle(options.idle_timeout);
  host.idle.push_back(std::move(connection));
  ++idle_count;
}

void ConnectionPool::Impl::RemoveIdle(ClientConnection& connection) {
  auto& idle = connection.host().idle;
  const auto found = std::find_if(idle.begin(), idle.end(),
                                  [&](const auto& entry) { return entry.get() == &connection; });
  if (found == idle.end()) return;
  --idle_count;
  idle.erase(found);
}

void ConnectionPool::Impl::OnPlaceFree(UpstreamHost& host) {
  if (host.waiting.empty() || Full(host)) return;
  PoolTurn& turn = *host.waiting.front();
  host.waiting.pop_front();
  turn.granted = true;
  ++host.reserved_count;
  turn.waiter.ResumeLater(loop.executor());
}

Awaitable<std::optional<NetError>> ConnectionPool::Impl::WaitTurn(UpstreamHost& host,
                                                                  PoolTurn& turn,
                                                                  SendOptions request) {
  const auto cancelled = [&] { return request.cancel != nullptr && request.cancel->cancelled(); };
  if (host.waiting.size() >= options.max_waiting_per_host) {
    co_return NetError{NetErrorKind::kConnect,
                       host.label + ": all " + std::to_string(options.max_connections_per_host) +
                           " connections allowed are in use, and " +
                           std::to_string(host.waiting.size()) + " requests wait for one"};
  }
  if (!cancelled()) {
    const auto wake = [&turn, this] { turn.waiter.ResumeLater(loop.executor()); };
    Timer timer(wake);
    CancelHook hook(wake);
    loop.wheel().Schedule(timer, request.deadline);
    hook.Attach(request.cancel);
    host.waiting.push_back(&turn);
    co_await turn.waiter.Wait();
  }
  if (turn.granted) co_return std::nullopt;
  std::erase(host.waiting, &turn);
  if (cancelled()) {
    co_return NetError{NetErrorKind::kCancelled, host.label + ": the request was cancelled"};
  }
  co_return NetError{NetErrorKind::kTimeout,
                     host.label + ": no connection was free before the deadline"};
}

Awaitable<NetResult<std::unique_ptr<ClientConnection>>> ConnectionPool::Impl::Obtain(
    UpstreamHost& host, SendOptions request) {
  if (Full(host) || !host.waiting.empty()) {
    PoolTurn turn;
    std::optional<NetError> failure = co_await WaitTurn(host, turn, request);
    if (failure) co_return std::move(*failure);
    if (turn.connection != nullptr) {
      turn.connection->Begin(request);
      co_return std::move(turn.connection);
    }
    --host.reserved_count;
  }
  auto connection = std::make_unique<ClientConnection>(*this, host);
  connection->Begin(request);
  std::optional<NetError> failure = co_await connection->Connect(request.connect_timeout);
  if (failure) co_return std::move(*failure);
  co_return std::move(connection);
}

ConnectionPool::ConnectionPool(EventLoop& loop, PoolOptions options,
                               std::shared_ptr<const TlsClientContext> tls)
    : impl_(std::make_unique<Impl>(loop, std::move(options), std::move(tls))) {}

ConnectionPool::~ConnectionPool() { CloseIdle(); }

size_t ConnectionPool::idle_count() const { return impl_->idle_count; }
size_t ConnectionPool::open_count() const { return impl_->open_count; }

void ConnectionPool::CloseIdle() {
  for (auto& [upstream, host] : impl_->hosts) {
    impl_->idle_count -= host->idle.size();
    host->idle.clear();
  }
}

Awaitable<NetResult<std::unique_ptr<ClientExchange>>> ConnectionPool::Send(
    const Upstream& upstream, std::string_view head, std::span<const std::string_view> body,
    SendOptions options) {
  UpstreamHost& host = impl_->HostFor(upstream);
  std::unique_ptr<ClientConnection> connection = impl_->TakeIdle(host);
  while (true) {
    if (connection != nullptr) {
      connection->Begin(options);
    } else {
      NetResult<std::unique_ptr<ClientConnection>> obtained = co_await impl_->Obtain(host, options);
      if (!obtained.ok()) co_return obtained.error();
      connection = std::move(*obtained);
    }
    std::optional<NetError> failure = co_await connection->RoundTrip(head, body);
    if (!failure) co_return std::make_unique<ClientExchange>(std::move(connection));
    if (!connection->was_stale()) co_return std::move(*failure);
    connection.reset();
  }
}

ClientExchange::ClientExchange(std::unique_ptr<ClientConnection> connection)
    : connection_(std::move(connection)) {}

ClientExchange::~ClientExchange() {
  ConnectionPool::Impl& pool = connection_->pool();
  pool.Release(std::move(connection_));
}

const ResponseHead& ClientExchange::head() const { return connection_->head(); }
Awaitable<NetResult<std::string_view>> ClientExchange::ReadSome() {
  return connection_->ReadSome();
}
std::optional<NetResult<std::string_view>> ClientExchange::TryReadSome() {
  return connection_->TryReadSome();
}
bool ClientExchange::ended() const { return connection_->ended(); }
void ClientExchange::SetDeadline(TimePoint deadline) { connection_->SetDeadline(deadline); }
void ClientExchange::ClearDeadline() { connection_->SetDeadline(TimePoint::max()); }
void ClientExchange::Cancel() { connection_->Cancel(); }
bool ClientExchange::reused_connection() const { return connection_->reused(); }

}  // namespace junctor::net
