// The control plane: the one way in which gateways, routes, keys and tokens change.
//
// A change is one transaction of the store, with its entry in the audit log. Once it is committed,
// every instance reads the changes that it has not seen (Sync) and puts them live: routes in the
// registry, all else in the directory. The instance that made the change does so before it answers,
// by the same path as all others.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <variant>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "engine/config/config.h"
#include "engine/control/control_error.h"
#include "engine/directory/directory.h"
#include "engine/directory/live.h"
#include "engine/observe/log.h"
#include "engine/observe/shadow_differences.h"
#include "engine/prices/price_book.h"
#include "engine/store/control_store.h"
#include "engine/store/file_routes.h"
#include "runtime/registry/registry.h"

namespace junctor::engine {

class DirectoryLoader;
class LimitBackend;
class MasterKeys;
class RouteLoader;

// Who asks for a change.
struct Actor {
  std::string id;    // of the token
  std::string name;  // of the token
  std::string ip;
  std::string interface;  // "API", "CLI", "system"
};

// What the control plane works with; all of it outlives it.
struct ControlParts {
  const Config* config = nullptr;
  ControlStore* store = nullptr;
  Registry* registry = nullptr;
  Live<Directory>* directory = nullptr;
  const MasterKeys* master_keys = nullptr;                // null: no secrets can be stored
  const FileRoutes* files = nullptr;                      // null: no routes come from files
  const ShadowDifferences* shadow_differences = nullptr;  // null: no requests are served here
  LimitBackend* limits = nullptr;                         // null: no limits are kept here
  Log* log = nullptr;
  // Called after something was put live, so that idle workers let go of what was replaced.
  std::function<void()> on_live;
  std::function<int64_t()> now_unix_ms;
  // Whether a custom provider may be at a host, a name or a numeric address; the error says why
  // not. May block while a name is resolved.
  std::function<absl::Status(std::string_view host)> check_target;
  // Where callers reach the data plane, "http://127.0.0.1:8787", for the URLs that the API tells.
  std::function<std::string()> data_plane_url;
  PriceBook prices = {&PriceTable::BuiltIn(), DefaultPrice()};  // of the process
};

// Thread-safe.
class ControlPlane {
 public:
  explicit ControlPlane(ControlParts parts);
  ~ControlPlane();
  ControlPlane(const ControlPlane&) = delete;
  ControlPlane& operator=(const ControlPlane&) = delete;

  // Reads everything and puts it live; creates the first admin token where there is none and the
  // configuration has none, and returns it (else an empty text): it is shown this once. Then begins
  // to follow the store. FailedPrecondition where stored secrets can't be opened: the message says
  // how many, and what to configure. Call once.
  absl::StatusOr<std::string> Start();

  // The work of one change. What it returns other than OK is told to the client, and nothing of it
  // stays.
  using Work = std::function<ControlResult<std::monostate>(ControlTransaction&)>;

  // Runs `work` in a transaction; when it is committed, puts live what changed.
  ControlResult<std::monostate> Change(const Work& work);

  // Runs `work`, which only reads, on one state of the store.
  ControlResult<std::monostate> Read(const Work& work) const;

  // The store's error as a client is told it: 404, 409 or 503.
  static ControlErrors FromStatus(const absl::Status& status);

  // Creates the gateway `default` as a request asks for it, if it is not there. Waits for the disk.
  absl::Status EnsureDefaultGateway();

  // Empty while all is well; else what an operator should know: the database is away, a stored
  // version does not compile any more, …: a line each, for /health/ready. Does not wait for the
  // database.
  std::vector<std::string> Troubles() const;

  // A gateway that has a stored route called `name`; empty: none. For whoever puts routes of files
  // live: a name comes from files or from the store, never from both.
  std::string GatewayWithRoute(std::string_view name) const;

  // When a token or a provider config was used last, in Unix milliseconds, as far as this instance
  // knows; 0: never. The store is told some seconds later. Not inside a transaction: both may wait
  // for one.
  int64_t LastUseOfToken(std::string_view id) const;
  int64_t LastUseOfConfig(std::string_view id) const;

  const ControlParts& parts() const { return parts_; }
  int64_t now_ms() const { return parts_.now_unix_ms(); }

 private:
  // What the thread that follows the store waits on. The store may call its listener for as long as
  // it lives, so the two share it.
  struct Follower;

  // Makes the first admin token where one is needed; gives its text.
  absl::StatusOr<std::string> MakeFirstToken();
  // Reads everything and puts it live.
  absl::Status LoadAll();
  // Reads the changes that were not seen yet and puts them live.
  absl::Status Sync();
  // Puts one batch of changes live.
  absl::Status Apply(const std::vector<ChangeRow>& changes);
  void Follow();
  // Deletes what the configuration has no use for in the audit log any more.
  void PruneAudit();
  // Notes what an operator should know of what was read. Under sync_mutex_.
  void NoteTroubles();

  const ControlParts parts_;
  const std::shared_ptr<Follower> follower_;
  std::thread follow_thread_;
  mutable std::mutex sync_mutex_;
  // Guarded by sync_mutex_:
  std::unique_ptr<RouteLoader> routes_;
  std::unique_ptr<DirectoryLoader> directory_loader_;
  int64_t seen_change_ = 0;
  std::string sync_trouble_;  // why the newest changes are not live; empty: they are

  // Held for moments, so that nobody who asks for troubles waits for the database.
  mutable std::mutex trouble_mutex_;
  std::vector<std::string> troubles_;  // guarded by trouble_mutex_: all but the store's
};

// Writes an entry of the audit log and is part of a change's transaction. `old_value` and
// `new_value` are JSON objects with secrets masked; empty: there was, or is, nothing.
struct AuditEntry {
  std::string action_type;    // "create", "update", "delete", "deploy"
  std::string action_info;    // "gateway created"
  std::string resource_type;  // "ai_gateway.gateway"
  std::string resource_id;
  std::string gateway_id;
  std::string old_value;
  std::string new_value;
};
absl::Status WriteAudit(ControlTransaction& transaction, const Actor& actor, int64_t now_ms,
                        const AuditEntry& entry);

// A random UUID (version 4) as text.
std::string NewUuid();

}  // namespace junctor::engine
