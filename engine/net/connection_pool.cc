#include <algorithm>

#include "engine/net/client_connection.h"
#include "engine/net/listener.h"

namespace junctor::net {

UpstreamHost& ConnectionPool::Impl::HostFor(const Upstream& upstream) {
  const auto found = hosts.find(upstream);
  if (found != hosts.end()) return *found->second;
  auto host = std::make_unique<UpstreamHost>();
  host->upstream = upstream;
  host->label = JoinHostPort(upstream.host, upstream.port);
  return *hosts.emplace(upstream, std::move(host)).first->second;
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
  if (!connection->reusable() || host.idle.size() >= options.max_idle_per_host) return;
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

ConnectionPool::ConnectionPool(EventLoop& loop, PoolOptions options,
                               std::shared_ptr<const TlsClientContext> tls)
    : impl_(std::make_unique<Impl>(loop, options, std::move(tls))) {}

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
    if (connection == nullptr) {
      if (host.open_count >= impl_->options.max_connections_per_host) {
        co_return NetError{NetErrorKind::kConnect,
                           host.label + ": all " +
                               std::to_string(impl_->options.max_connections_per_host) +
                               " connections allowed are in use"};
      }
      connection = std::make_unique<ClientConnection>(*impl_, host);
      connection->Begin(options);
      std::optional<NetError> failure = co_await connection->Connect(options.connect_timeout);
      if (failure) co_return std::move(*failure);
    } else {
      connection->Begin(options);
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
