// What one event loop needs to serve requests: everything here is used on that loop's thread alone,
// but for what is marked shared.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "engine/config/config.h"
#include "engine/directory/directory.h"
#include "engine/directory/live.h"
#include "engine/gateway/control_hooks.h"
#include "engine/gateway/spending.h"
#include "engine/gateway/target_health.h"
#include "engine/limits/limit_backend.h"
#include "engine/net/client.h"
#include "engine/net/event_loop.h"
#include "engine/observe/ids.h"
#include "engine/observe/log.h"
#include "engine/observe/shadow_differences.h"
#include "engine/providers/provider_set.h"
#include "runtime/registry/registry.h"
#include "runtime/request/body_index.h"

namespace junctor::engine {

// What all workers of one gateway share. Immutable or thread-safe; outlives the workers.
struct Shared {
  const Config* config = nullptr;
  Registry* registry = nullptr;
  LimitBackend* limits = nullptr;
  // What an operator should know of where limits are kept, a sentence each. Any thread; may be
  // empty.
  std::function<std::vector<std::string>()> limit_troubles;
  TargetHealth* health = nullptr;
  PriceBook prices;
  Log* log = nullptr;
  int64_t started_unix_seconds = 0;
  Live<Directory>* directory = nullptr;             // null: there is no control plane
  ControlHooks* control = nullptr;                  // null where `directory` is
  ShadowDifferences* shadow_differences = nullptr;  // null where `directory` is
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
        routes(shared_state->registry) {
    if (shared_state->directory != nullptr) directory.emplace(shared_state->directory);
  }

  // Lets go of what was replaced. On the loop's thread, after a change.
  void Refresh() {
    routes.Refresh();
    if (directory.has_value()) directory->Refresh();
  }

  const Shared* shared;
  net::EventLoop* loop;
  net::ConnectionPool pool;
  ProviderSet providers;
  RegistryReader routes;
  std::optional<LiveReader<Directory>> directory;  // none: there is no control plane
  BodyScanner scanner;
  RandomSource random;
};

}  // namespace junctor::engine
