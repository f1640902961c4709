// The process's configuration: one JSON file, read once at start. docs/configuration.md describes
// it for operators.
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "engine/config/base_url.h"
#include "engine/config/provider_record.h"
#include "engine/config/redis_address.h"
#include "engine/config/secret.h"
#include "engine/observe/log_level.h"
#include "runtime/program/program_parts.h"

namespace junctor::engine {

// Bounds on what one caller can make the gateway hold or wait for.
struct DataPlaneLimits {
  uint64_t body_bytes = 32ull * 1024 * 1024;         // a request's body
  uint32_t header_bytes = 64 * 1024;                 // a request's head
  std::chrono::milliseconds header_timeout{10'000};  // from the first byte of a head to its last
  std::chrono::milliseconds body_timeout{30'000};    // longest silence while a body is read
  std::chrono::milliseconds idle_timeout{75'000};    // between two requests of one connection
  uint32_t connections = 10'000;                     // of callers, at once
};

// Where log lines go.
struct LogConfig {
  LogLevel level = LogLevel::kInfo;  // above kInfo: no request lines
  std::string file = "-";            // "-": standard error; otherwise an absolute path
};

// What models cost, for cost limits.
struct PriceConfig {
  std::string file;  // absolute; its entries go before the built-in ones; empty: none
  // Of a model that no table has, in whole US dollars a million tokens.
  uint64_t unknown_input_per_million = 10;
  uint64_t unknown_output_per_million = 50;
};

// The admin API's listener, and what a first start needs.
struct AdminConfig {
  ListenAddress listen{"127.0.0.1", 8788};
  Secret token;  // allows everything, besides the stored tokens; empty: there is none
  // What the gateway `default` is made with. Without it, `default` is made at the start, and not
  // only when somebody shows a token.
  bool default_authentication = true;
  uint32_t audit_days = 0;  // how long entries of the audit log are kept; 0: for ever
};

// Where the control plane keeps what it knows.
struct StorageConfig {
  std::string sqlite_file;     // absolute; used where `postgresql_url` is empty
  std::string postgresql_url;  // holds a password: never to be logged
};

// Where limits are kept.
struct LimitStateConfig {
  std::string sqlite_file;            // absolute; empty: in memory alone, or in `redis`
  std::optional<RedisAddress> redis;  // shared with other gateways, instead of `sqlite_file`
  StoreFailurePolicy on_store_failure = StoreFailurePolicy::kLocal;  // never kConfigured
  uint64_t memory_keys = 1'000'000;        // windows of counts, and of costs, at once
  std::chrono::milliseconds timeout{250};  // of `redis`
};

// The key that stored secrets are sealed with.
struct SecretsConfig {
  std::string master_key_file;  // absolute; empty: none
  Secret master_key;            // of the environment; as text
};

// A whole configuration, checked: every value is in range, every key that it names is there.
// Immutable after loading.
struct Config {
  std::filesystem::path file;  // where it was read from; empty: defaults
  ListenAddress listen;
  uint32_t threads = 0;  // 0: one per core
  std::filesystem::path
      routes;  // directory of route files, made absolute by the folder of the configuration
  bool routes_are_named = false;  // the configuration has the key: the directory must be there
  Secret bearer_token;            // empty: no token is asked for
  DataPlaneLimits limits;
  std::chrono::milliseconds shutdown_timeout{30'000};
  std::string tls_ca_file;  // empty: the system's store alone
  LogConfig log;
  PriceConfig prices;
  std::optional<AdminConfig> admin;  // empty: no admin API
  StorageConfig storage;             // both texts empty: no control plane
  LimitStateConfig limit_state;
  SecretsConfig secrets;
  // Hosts and networks (`10.1.0.0/16`) of custom providers that may be private, loopback or
  // link-local.
  std::vector<std::string> allow_private_targets;
  std::string public_url;  // where callers reach the data plane; empty: where it listens
  std::vector<ProviderRecord> providers;  // the built-in ones as overridden, then the added ones

  // Whether gateways, tokens, keys and routes are kept in a store. Without it any gateway is
  // served, with the routes of files. True wherever there is an admin API.
  bool has_control_plane() const {
    return !storage.sqlite_file.empty() || !storage.postgresql_url.empty();
  }
  // The provider whose slug or alias is `name`, or null.
  const ProviderRecord* FindProvider(std::string_view name) const;
  // Every slug and alias, for the compiler's warning about unknown providers.
  std::vector<std::string> ProviderNames() const;
};

// Looks an environment variable up.
using EnvironmentLookup = std::function<std::optional<std::string>(const std::string& name)>;

// The process's own environment. Not to be used while another thread changes it.
EnvironmentLookup ProcessEnvironment();

// Longest configuration that is read: far more than a file of a thousand providers needs.
inline constexpr size_t kMaxConfigBytes = 4 * 1024 * 1024;

// Reads the configuration in `path`. InvalidArgument or NotFound; the message has one line per
// problem, each naming the file, the key's path, the value and what was expected. Never holds a
// key's value.
absl::StatusOr<Config> LoadConfig(const std::filesystem::path& path,
                                  const EnvironmentLookup& environment = ProcessEnvironment());

// As LoadConfig, from `text`. `name` is what errors call it, `base_dir` what relative paths are
// relative to.
absl::StatusOr<Config> ParseConfig(std::string_view text, std::string_view name,
                                   const std::filesystem::path& base_dir,
                                   const EnvironmentLookup& environment);

// The configuration of an empty file in `base_dir`.
absl::StatusOr<Config> DefaultConfig(const std::filesystem::path& base_dir,
                                     const EnvironmentLookup& environment);

}  // namespace junctor::engine
