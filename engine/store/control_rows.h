// What the control plane keeps, as rows. Times are Unix milliseconds; ids are UUIDs as text, but
// for gateways, whose id is their name.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace junctor::engine {

struct GatewayRow {
  std::string id;
  std::string settings;  // a JSON object: every field but `id` and the times
  bool is_default = false;
  int64_t created_ms = 0;
  int64_t modified_ms = 0;
};

struct RouteRow {
  std::string id;
  std::string gateway_id;
  std::string name;
  std::string live_version_id;
  int64_t created_ms = 0;
  int64_t modified_ms = 0;
};

// Immutable once written (R34), but for the program, which a later junctor may compile anew.
struct VersionRow {
  std::string id;
  std::string route_id;
  int64_t number = 0;       // of its route, from 1
  std::string elements;     // the JSON array as it was sent, byte for byte
  std::string deadline;     // the route's, a JSON number as it was sent; empty: none
  std::string source_hash;  // SHA-256 of both, in hex
  std::string comment;
  std::string author;
  std::string program;         // bytecode; left out where a query says so
  int64_t program_format = 0;  // kProgramFormat when it was compiled
  int64_t created_ms = 0;
};

enum class DeploymentKind : uint8_t { kLive = 1, kGradual = 2, kShadow = 3 };

struct DeploymentRow {
  std::string id;
  std::string route_id;
  std::string version_id;
  DeploymentKind kind = DeploymentKind::kLive;
  int64_t share_millionths = 0;  // kGradual: of requests, in millionths
  std::string key;               // kGradual: the field that sticks, such as `metadata.user_id`
  int64_t created_ms = 0;
  int64_t ended_ms = 0;  // 0: it acts
};

struct CustomProviderRow {
  std::string id;
  std::string slug;  // without `custom-`
  std::string name;
  bool enable = false;
  bool beta = false;
  int64_t position = 0;
  std::string fields;  // a JSON object: every other field
  int64_t created_ms = 0;
  int64_t modified_ms = 0;
};

// A secret under the master key `master_key_id`: see engine/secrets.
struct SecretRow {
  std::string id;
  std::string sealed;  // bytes
  std::string master_key_id;
  std::string preview;
  int64_t created_ms = 0;
  int64_t modified_ms = 0;
};

struct ProviderConfigRow {
  std::string id;
  std::string gateway_id;
  std::string provider_slug;
  std::string alias;
  bool default_config = false;
  std::string secret_id;
  std::string secret_preview;  // of the secret; only read
  std::optional<int64_t> rate_limit;
  std::optional<int64_t> rate_limit_period;
  int64_t created_ms = 0;
  int64_t modified_ms = 0;
  int64_t last_used_ms = 0;  // 0: never
};

struct TokenRow {
  std::string id;
  std::string name;
  std::array<unsigned char, 32> hash{};
  std::string preview;
  uint8_t permissions = 0;
  std::string gateway_id;  // empty: every gateway
  int64_t created_ms = 0;
  int64_t expires_ms = 0;    // 0: never
  int64_t last_used_ms = 0;  // 0: never
};

struct AuditRow {
  std::string id;
  int64_t when_ms = 0;
  std::string actor_id;
  std::string actor_name;
  std::string actor_ip;
  std::string interface;    // "API", "CLI", "system"
  std::string action_type;  // "create", "update", "delete", "deploy", …
  std::string action_info;  // "gateway created"
  bool result = true;
  std::string resource_type;  // "ai_gateway.gateway", "ai_gateway.route", …
  std::string resource_id;
  std::string gateway_id;  // empty: none
  std::string old_value;   // JSON object, secrets masked
  std::string new_value;
};

// What an instance has to read again. A row for each change, in the order of their commits.
enum class ChangeKind : uint8_t {
  kGateway = 1,
  kRoute = 2,  // created, deployed, renamed, deleted
  kCustomProvider = 3,
  kProviderConfig = 4,
  kToken = 5,
};

struct ChangeRow {
  int64_t sequence = 0;
  ChangeKind kind = ChangeKind::kGateway;
  std::string id;
};

// A page of a list, and how much there is in all.
template <typename Row>
struct Page {
  std::vector<Row> rows;
  int64_t total = 0;
};

struct PageOf {
  int64_t page = 1;       // from 1
  int64_t per_page = 20;  // from 1
};

}  // namespace junctor::engine
