// What one event loop needs to serve requests: everything here is used on that loop's thread alone,
// but for what is marked shared.
#pragma once

#include <memory>

#include "engine/config/config.h"
#include "engine/limits/limit_store.h"
#include "engine/gateway/spending.h"
#include "engine/gateway/target_health.h"
#include "engine/net/client.h"
#include "engine/net/event_loop.h"
#include "engine/observe/ids.h"
#include "engine/observe/log.h"
#include "engine/providers/provider_set.h"
#include "runtime/registry/registry.h"
#include "runtime/request/body_index.h"

namespace junctor::engine {

// What all workers of one gateway share. Immutable or thread-safe; outlives the workers.
struct Shared {
  const Config* config = nullptr;
  Registry* registry = nullptr;
  LimitStore* limits = nullptr;
  TargetHealth* health = nullptr;
  PriceBook prices;
  Log* log = nullptr;
  int64_t started_unix_seconds = 0;
  std::shared_ptr<const net::TlsClientContext> tls;
  net::PoolOptions pool;  // of every worker's connections to providers
};

// One worker.
struct Worker {
  Worker(const Shared* shared_state, net::EventLoop* event_loop)
      : shared(shared_state),
        loop(event_loop),
        pool(*event_loop, shared_state->pool, shared_state->tls),
        providers(shared_state->config, event_loop, &pool),
        routes(shared_state->registry) {}

  const Shared* shared;
  net::EventLoop* loop;
  net::ConnectionPool pool;
  ProviderSet providers;
  RegistryReader routes;
  BodyScanner scanner;
  RandomSource random;
};

}  // namespace junctor::engine
