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
#include <variant>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "engine/config/config.h"
#include "engine/control/control_error.h"
#include "engine/directory/directory.h"
#include "engine/directory/live.h"
#include "engine/observe/log.h"
#include "engine/store/control_store.h"
#include "runtime/registry/registry.h"

namespace junctor::engine {

class MasterKeys;
class RouteLoader;

// Who asks for a change.
struct Actor {
  std::string id;    // of the token
  std::string name;  // of the token
  std::string ip;
  std::string interface;  // "API", "CLI", "system"
};

// The routes that come from files, which the API shows and does not change. Thread-safe.
class FileRoutes {
 public:
  virtual ~FileRoutes() = default;
  struct FileRoute {
    std::string name;
    std::string file;
    std::string text;
    int64_t modified_ms = 0;
  };
  // The file that the route `name` comes from; empty: none.
  virtual std::string FileOf(std::string_view name) const = 0;
  virtual std::vector<FileRoute> All() const = 0;
};

// What the control plane works with; all of it outlives it.
struct ControlParts {
  const Config* config = nullptr;
  ControlStore* store = nullptr;
  Registry* registry = nullptr;
  Live<Directory>* directory = nullptr;
  const MasterKeys* master_keys = nullptr;  // null: no secrets can be stored
  const FileRoutes* files = nullptr;        // null: no routes come from files
  Log* log = nullptr;
  // Called after something was put live, so that idle workers let go of what was replaced.
  std::function<void()> on_live;
  std::function<int64_t()> now_unix_ms;
};

// Thread-safe.
class ControlPlane {
 public:
  explicit ControlPlane(ControlParts parts);
  ~ControlPlane();
  ControlPlane(const ControlPlane&) = delete;
  ControlPlane& operator=(const ControlPlane&) = delete;

  // Reads everything and puts it live; creates the first admin token where there is none, and
  // returns it (else an empty text): it is shown this once. Then begins to follow the store.
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

  // Creates the gateway `default` as a request asks for it, if it is not there.
  absl::Status EnsureDefaultGateway();

  // "" while all is well; else what an operator should know: the database is away, a stored version
  // does not compile any more, …: a line each, for /health/ready.
  std::vector<std::string> Troubles() const;

  const ControlParts& parts() const { return parts_; }
  int64_t now_ms() const { return parts_.now_unix_ms(); }

 private:
  absl::Status Sync();

  const ControlParts parts_;
  std::unique_ptr<RouteLoader> routes_;
  std::mutex sync_mutex_;
  int64_t seen_change_ = 0;  // guarded by sync_mutex_
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
