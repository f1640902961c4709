#include "engine/store/control_schema.h"

#include <array>

namespace junctor::engine {
namespace {

// A route's live version is no foreign key, since each would need the other first.
// Numbers of deployments and audit entries give the order in which they were made: times may be
// equal, and clocks are set back.
constexpr std::string_view kFirst = R"(
CREATE TABLE gateways (
  id {TEXT} PRIMARY KEY,
  settings {TEXT} NOT NULL,
  is_default BIGINT NOT NULL,
  created_ms BIGINT NOT NULL,
  modified_ms BIGINT NOT NULL
);
CREATE TABLE routes (
  id {TEXT} PRIMARY KEY,
  gateway_id {TEXT} NOT NULL REFERENCES gateways (id) ON DELETE CASCADE,
  name {TEXT} NOT NULL,
  live_version_id {TEXT} NOT NULL,
  created_ms BIGINT NOT NULL,
  modified_ms BIGINT NOT NULL,
  UNIQUE (gateway_id, name)
);
CREATE INDEX routes_by_name ON routes (name);
CREATE TABLE versions (
  id {TEXT} PRIMARY KEY,
  route_id {TEXT} NOT NULL REFERENCES routes (id) ON DELETE CASCADE,
  number BIGINT NOT NULL,
  elements {TEXT} NOT NULL,
  source_hash {TEXT} NOT NULL,
  comment {TEXT} NOT NULL,
  author {TEXT} NOT NULL,
  program {BYTES} NOT NULL,
  program_format BIGINT NOT NULL,
  created_ms BIGINT NOT NULL,
  UNIQUE (route_id, number)
);
CREATE TABLE deployments (
  id {TEXT} PRIMARY KEY,
  route_id {TEXT} NOT NULL REFERENCES routes (id) ON DELETE CASCADE,
  number BIGINT NOT NULL,
  version_id {TEXT} NOT NULL REFERENCES versions (id) ON DELETE CASCADE,
  kind BIGINT NOT NULL,
  share_millionths BIGINT NOT NULL,
  key_field {TEXT} NOT NULL,
  created_ms BIGINT NOT NULL,
  ended_ms BIGINT NOT NULL,
  UNIQUE (route_id, number)
);
CREATE INDEX deployments_by_version ON deployments (version_id);
CREATE UNIQUE INDEX acting_deployments ON deployments (route_id, kind) WHERE ended_ms = 0;
CREATE TABLE custom_providers (
  id {TEXT} PRIMARY KEY,
  slug {TEXT} NOT NULL UNIQUE,
  name {TEXT} NOT NULL,
  enable BIGINT NOT NULL,
  beta BIGINT NOT NULL,
  position BIGINT NOT NULL,
  fields {TEXT} NOT NULL,
  created_ms BIGINT NOT NULL,
  modified_ms BIGINT NOT NULL
);
CREATE TABLE secrets (
  id {TEXT} PRIMARY KEY,
  sealed {BYTES} NOT NULL,
  master_key_id {TEXT} NOT NULL,
  preview {TEXT} NOT NULL,
  created_ms BIGINT NOT NULL,
  modified_ms BIGINT NOT NULL
);
CREATE TABLE provider_configs (
  id {TEXT} PRIMARY KEY,
  gateway_id {TEXT} NOT NULL REFERENCES gateways (id) ON DELETE CASCADE,
  provider_slug {TEXT} NOT NULL,
  alias {TEXT} NOT NULL,
  default_config BIGINT NOT NULL,
  secret_id {TEXT} NOT NULL REFERENCES secrets (id),
  rate_limit BIGINT,
  rate_limit_period BIGINT,
  created_ms BIGINT NOT NULL,
  modified_ms BIGINT NOT NULL,
  last_used_ms BIGINT NOT NULL,
  UNIQUE (gateway_id, provider_slug, alias)
);
CREATE INDEX provider_configs_by_secret ON provider_configs (secret_id);
CREATE TABLE tokens (
  id {TEXT} PRIMARY KEY,
  name {TEXT} NOT NULL,
  hash {BYTES} NOT NULL UNIQUE,
  preview {TEXT} NOT NULL,
  permissions BIGINT NOT NULL,
  gateway_id {TEXT} NOT NULL,
  created_ms BIGINT NOT NULL,
  expires_ms BIGINT NOT NULL,
  last_used_ms BIGINT NOT NULL
);
CREATE TABLE audit (
  number BIGINT PRIMARY KEY,
  id {TEXT} NOT NULL UNIQUE,
  when_ms BIGINT NOT NULL,
  actor_id {TEXT} NOT NULL,
  actor_name {TEXT} NOT NULL,
  actor_ip {TEXT} NOT NULL,
  interface {TEXT} NOT NULL,
  action_type {TEXT} NOT NULL,
  action_info {TEXT} NOT NULL,
  result BIGINT NOT NULL,
  resource_type {TEXT} NOT NULL,
  resource_id {TEXT} NOT NULL,
  gateway_id {TEXT} NOT NULL,
  old_value {TEXT} NOT NULL,
  new_value {TEXT} NOT NULL
);
CREATE INDEX audit_by_time ON audit (when_ms);
CREATE INDEX audit_by_resource ON audit (resource_id);
CREATE TABLE changes (
  sequence BIGINT PRIMARY KEY,
  kind BIGINT NOT NULL,
  id {TEXT} NOT NULL
);
)";

// What a route says beside its elements.
constexpr std::string_view kVersionDeadline = R"(
ALTER TABLE versions ADD COLUMN deadline {TEXT} NOT NULL DEFAULT '';
)";

constexpr std::array<Migration, 2> kMigrations = {{{kFirst}, {kVersionDeadline}}};

}  // namespace

std::span<const Migration> ControlMigrations() { return kMigrations; }

}  // namespace junctor::engine
