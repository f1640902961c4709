// The control plane's memory: gateways, routes, versions, deployments, providers, keys, tokens and
// the audit log, in SQLite or PostgreSQL. What it acknowledges has reached the disk.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "engine/store/control_rows.h"

namespace junctor::engine {

class SqlSession;

// Where the store is.
struct ControlStoreOptions {
  std::string sqlite_file;     // absolute; used where `postgresql_url` is empty
  std::string postgresql_url;  // postgres://user:password@host/database
};

// Filters of the audit log; empty or 0: all.
struct AuditFilter {
  int64_t since_ms = 0;
  int64_t before_ms = 0;
  std::string actor_name;
  std::string actor_ip;
  std::string action_type;
  std::string resource_type;
  std::string resource_id;
  std::string gateway_id;
  std::string id;
  bool oldest_first = false;
};

struct CustomProviderFilter {
  std::optional<bool> enable;
  std::optional<bool> beta;
  std::string search;    // in id, name, slug
  std::string order_by;  // a column: "name", "position", "created_at", …; empty: position, name
  bool descending = false;
};

// A live route with everything that serves it.
struct ServingRoute {
  RouteRow route;
  VersionRow live;
  std::optional<DeploymentRow> live_deployment;
  // At most one of each kind.
  std::optional<DeploymentRow> gradual;
  std::optional<VersionRow> gradual_version;
  std::optional<DeploymentRow> shadow;
  std::optional<VersionRow> shadow_version;
};

// One transaction. Used by the thread that the store gave it to, while the function runs. Errors:
// NotFound where a row is missing that must be there, AlreadyExists for a name that is taken (the
// message names it), InvalidArgument for a text that can't be kept (not UTF-8, or with a NUL
// character; nothing is found by one), Unavailable for a database that is away. The first error
// ends the transaction: what comes after it fails alike, and nothing is committed.
class ControlTransaction {
 public:
  explicit ControlTransaction(SqlSession* session) : session_(session) {}
  ControlTransaction(const ControlTransaction&) = delete;
  ControlTransaction& operator=(const ControlTransaction&) = delete;

  // Gateways. Delete takes its routes, versions, deployments and provider configs with it (secrets
  // that nothing uses any more, too).
  absl::StatusOr<std::optional<GatewayRow>> FindGateway(std::string_view id);
  absl::StatusOr<Page<GatewayRow>> ListGateways(std::string_view search, PageOf page);
  absl::StatusOr<std::vector<GatewayRow>> AllGateways();
  absl::Status InsertGateway(const GatewayRow& row);
  absl::Status UpdateGateway(const GatewayRow& row);
  absl::Status DeleteGateway(std::string_view id);

  // Routes, by id, or else by name. A name is unique in its gateway. Lists: newest first.
  absl::StatusOr<std::optional<RouteRow>> FindRoute(std::string_view gateway_id,
                                                    std::string_view id_or_name);
  absl::StatusOr<Page<RouteRow>> ListRoutes(std::string_view gateway_id, PageOf page);
  // The gateways that have a route called `name`.
  absl::StatusOr<std::vector<std::string>> GatewaysWithRoute(std::string_view name);
  absl::Status InsertRoute(const RouteRow& row);
  absl::Status UpdateRoute(const RouteRow& row);
  absl::Status DeleteRoute(std::string_view id);
  // What serves a route: empty where it is gone. By id alone.
  absl::StatusOr<std::optional<ServingRoute>> FindServingRoute(std::string_view route_id);
  // The same of every route, one at a time: `visit` returns false to stop.
  absl::Status ForEachServingRoute(const std::function<bool(ServingRoute)>& visit);

  // Versions, newest first. Lists leave `program` out; ReplaceProgram changes nothing else.
  absl::StatusOr<int64_t> NextVersionNumber(std::string_view route_id);
  absl::Status InsertVersion(const VersionRow& row);
  absl::StatusOr<std::optional<VersionRow>> FindVersion(std::string_view route_id,
                                                        std::string_view version_id);
  absl::StatusOr<Page<VersionRow>> ListVersions(std::string_view route_id, PageOf page);
  absl::Status ReplaceProgram(std::string_view version_id, std::string_view program,
                              int64_t program_format);

  // Deployments, newest first. A route has at most one of a kind that acts: end the old one before
  // the new one is inserted.
  absl::Status InsertDeployment(const DeploymentRow& row);
  absl::StatusOr<std::optional<DeploymentRow>> FindDeployment(std::string_view route_id,
                                                              std::string_view deployment_id);
  absl::StatusOr<Page<DeploymentRow>> ListDeployments(std::string_view route_id, PageOf page);
  absl::StatusOr<std::optional<DeploymentRow>> FindActingDeployment(std::string_view route_id,
                                                                    DeploymentKind kind);
  absl::Status EndDeployment(std::string_view deployment_id, int64_t ended_ms);

  // Custom providers. InvalidArgument for a column that they can't be ordered by.
  absl::StatusOr<std::optional<CustomProviderRow>> FindCustomProvider(std::string_view id);
  absl::StatusOr<Page<CustomProviderRow>> ListCustomProviders(const CustomProviderFilter& filter,
                                                              PageOf page);
  absl::StatusOr<std::vector<CustomProviderRow>> AllCustomProviders();
  absl::Status InsertCustomProvider(const CustomProviderRow& row);
  absl::Status UpdateCustomProvider(const CustomProviderRow& row);
  absl::Status DeleteCustomProvider(std::string_view id);

  // Secrets and the provider configs that use them. A config that is deleted takes its secret with
  // it, unless another one uses it; whoever gives a config another secret calls
  // DeleteUnusedSecrets.
  absl::StatusOr<std::optional<SecretRow>> FindSecret(std::string_view id);
  absl::StatusOr<std::vector<SecretRow>> AllSecrets();
  absl::Status PutSecret(const SecretRow& row);
  absl::Status DeleteUnusedSecrets();
  absl::StatusOr<std::optional<ProviderConfigRow>> FindProviderConfig(std::string_view gateway_id,
                                                                      std::string_view id);
  absl::StatusOr<Page<ProviderConfigRow>> ListProviderConfigs(std::string_view gateway_id,
                                                              PageOf page);
  absl::StatusOr<std::vector<ProviderConfigRow>> AllProviderConfigs();
  absl::Status InsertProviderConfig(const ProviderConfigRow& row);
  absl::Status UpdateProviderConfig(const ProviderConfigRow& row);
  absl::Status DeleteProviderConfig(std::string_view id);
  // Takes the mark `default_config` off the other configs of that provider.
  absl::Status ClearDefaultConfig(std::string_view gateway_id, std::string_view provider_slug,
                                  std::string_view but_id);

  // Tokens.
  absl::StatusOr<std::optional<TokenRow>> FindToken(std::string_view id);
  absl::StatusOr<Page<TokenRow>> ListTokens(PageOf page);
  absl::StatusOr<std::vector<TokenRow>> AllTokens();
  absl::Status InsertToken(const TokenRow& row);
  absl::Status DeleteToken(std::string_view id);

  // Last uses: later ones win. No change is told to anybody.
  absl::Status SetTokenLastUse(std::string_view id, int64_t last_used_ms);
  absl::Status SetProviderConfigLastUse(std::string_view id, int64_t last_used_ms);

  // The audit log, newest first.
  absl::Status InsertAudit(const AuditRow& row);
  absl::StatusOr<Page<AuditRow>> ListAudit(const AuditFilter& filter, PageOf page);
  // Deletes at most `most` entries from before `before_ms`, oldest first: how many it were.
  absl::StatusOr<int64_t> DeleteAudit(int64_t before_ms, int64_t most);

  // Tells every instance, this one too, to read something again once this transaction is
  // committed. Changes are numbered from 1 in the order of commits, without gaps. The last 100,000
  // are kept: ChangesAfter is OutOfRange for who missed more than that, or has seen numbers that
  // this database has not reached (it was put back to an older state); read everything then, and go
  // on from LastChange.
  absl::Status NoteChange(ChangeKind kind, std::string_view id);
  absl::StatusOr<std::vector<ChangeRow>> ChangesAfter(int64_t sequence, int64_t limit);
  absl::StatusOr<int64_t> LastChange();

 private:
  SqlSession* session_;
};

// The store. Thread-safe.
class ControlStore {
 public:
  // Opens or creates the database and brings its tables up to date. FailedPrecondition where it was
  // made by a newer junctor; Unavailable where it can't be reached.
  static absl::StatusOr<std::unique_ptr<ControlStore>> Open(const ControlStoreOptions& options);
  virtual ~ControlStore() = default;

  using Work = std::function<absl::Status(ControlTransaction&)>;

  // Runs `work` in a transaction and commits it when it returns OK; any error rolls back and is
  // returned. OK means that the change has reached the disk. May run `work` again where the
  // database asks for it (serialisation): it should have no other effect than on the transaction.
  // One Change runs at a time over all instances, so that what it reads stays true until it
  // commits; never from within another one.
  virtual absl::Status Change(const Work& work) = 0;

  // Runs `work`, which changes nothing, on one consistent state.
  virtual absl::Status Read(const Work& work) = 0;

  // Calls `listener` from a thread of the store when somebody, this process or another one,
  // committed a NoteChange, and when the database comes back after it was away. May be called more
  // often than things change. Call once, before changes are expected.
  virtual void Listen(std::function<void()> listener) = 0;

  // Empty while the database answers; else why it does not.
  virtual std::string Trouble() const = 0;

  // "sqlite" or "postgresql".
  virtual std::string_view engine() const = 0;
};

}  // namespace junctor::engine
