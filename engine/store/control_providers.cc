// ControlTransaction's custom providers, secrets and provider configs.
#include <array>
#include <string>
#include <utility>

#include "engine/store/control_columns.h"
#include "engine/store/control_store.h"

namespace junctor::engine {
namespace {

constexpr std::string_view kCustomColumns =
    "id, slug, name, enable, beta, position, fields, created_ms, modified_ms";
constexpr std::string_view kSecretColumns =
    "id, sealed, master_key_id, preview, created_ms, modified_ms";
constexpr std::string_view kConfigColumns =
    "c.id, c.gateway_id, c.provider_slug, c.alias, c.default_config, c.secret_id, s.preview, "
    "c.rate_limit, c.rate_limit_period, c.created_ms, c.modified_ms, c.last_used_ms";
constexpr std::string_view kConfigTables =
    "provider_configs c JOIN secrets s ON s.id = c.secret_id";

std::string SelectConfig(std::string_view where) {
  std::string sql = "SELECT ";
  sql.append(kConfigColumns).append(" FROM ").append(kConfigTables);
  return sql.append(" WHERE ").append(where);
}

CustomProviderRow ReadCustom(SqlRow& row) {
  CustomProviderRow provider;
  provider.id = row.Text();
  provider.slug = row.Text();
  provider.name = row.Text();
  provider.enable = row.Flag();
  provider.beta = row.Flag();
  provider.position = row.Integer();
  provider.fields = row.Text();
  provider.created_ms = row.Integer();
  provider.modified_ms = row.Integer();
  return provider;
}

SecretRow ReadSecret(SqlRow& row) {
  SecretRow secret;
  secret.id = row.Text();
  secret.sealed = row.Bytes();
  secret.master_key_id = row.Text();
  secret.preview = row.Text();
  secret.created_ms = row.Integer();
  secret.modified_ms = row.Integer();
  return secret;
}

std::optional<int64_t> ReadOptionalInteger(SqlRow& row) {
  const bool there = !row.NextIsNull();
  const int64_t value = row.Integer();
  if (!there) return std::nullopt;
  return value;
}

SqlValue OptionalInteger(const std::optional<int64_t>& value) {
  return value ? SqlValue(*value) : SqlValue(SqlNull());
}

ProviderConfigRow ReadConfig(SqlRow& row) {
  ProviderConfigRow config;
  config.id = row.Text();
  config.gateway_id = row.Text();
  config.provider_slug = row.Text();
  config.alias = row.Text();
  config.default_config = row.Flag();
  config.secret_id = row.Text();
  config.secret_preview = row.Text();
  config.rate_limit = ReadOptionalInteger(row);
  config.rate_limit_period = ReadOptionalInteger(row);
  config.created_ms = row.Integer();
  config.modified_ms = row.Integer();
  config.last_used_ms = row.Integer();
  return config;
}

std::string MissingCustom(std::string_view id) {
  return "there is no custom provider `" + std::string(id) + "`";
}

std::string TakenCustom(const CustomProviderRow& row) {
  return "there is a custom provider `" + row.slug + "` already";
}

std::string MissingConfig(std::string_view id) {
  return "there is no provider config `" + std::string(id) + "`";
}

std::string TakenConfig(const ProviderConfigRow& row) {
  return "the gateway `" + row.gateway_id + "` has a key called `" + row.alias + "` for `" +
         row.provider_slug + "` already";
}

// The column that a list is ordered by, or an empty text: names from outside never become SQL.
std::string_view OrderColumn(std::string_view asked) {
  struct Order {
    std::string_view asked;
    std::string_view column;
  };
  static constexpr std::array<Order, 8> kOrders = {{{"id", "id"},
                                                    {"name", "name"},
                                                    {"slug", "slug"},
                                                    {"enable", "enable"},
                                                    {"beta", "beta"},
                                                    {"position", "position"},
                                                    {"created_at", "created_ms"},
                                                    {"modified_at", "modified_ms"}}};
  for (const Order& order : kOrders) {
    if (order.asked == asked) return order.column;
  }
  return "";
}

}  // namespace

absl::StatusOr<std::optional<CustomProviderRow>> ControlTransaction::FindCustomProvider(
    std::string_view id) {
  return SelectOne(session_,
                   "SELECT " + std::string(kCustomColumns) + " FROM custom_providers WHERE id = ?",
                   {SqlText(id)}, ReadCustom);
}

absl::StatusOr<Page<CustomProviderRow>> ControlTransaction::ListCustomProviders(
    const CustomProviderFilter& filter, PageOf page) {
  std::string from = "custom_providers WHERE 1 = 1";
  SqlParameters parameters;
  if (filter.enable) {
    from += " AND enable = ?";
    parameters.push_back(SqlFlag(*filter.enable));
  }
  if (filter.beta) {
    from += " AND beta = ?";
    parameters.push_back(SqlFlag(*filter.beta));
  }
  if (!filter.search.empty()) {
    from += R"( AND (LOWER(id) LIKE ? ESCAPE '\' OR LOWER(name) LIKE ? ESCAPE '\')"
            R"( OR LOWER(slug) LIKE ? ESCAPE '\'))";
    const std::string pattern = LikePattern(filter.search);
    parameters.insert(parameters.end(), {SqlText(pattern), SqlText(pattern), SqlText(pattern)});
  }
  std::string order = "position, name, id";
  if (!filter.order_by.empty()) {
    const std::string_view column = OrderColumn(filter.order_by);
    if (column.empty()) {
      return absl::InvalidArgumentError("custom providers can't be ordered by `" + filter.order_by +
                                        "`");
    }
    order = std::string(column) + (filter.descending ? " DESC, id" : ", id");
  } else if (filter.descending) {
    order = "position DESC, name DESC, id";
  }
  return SelectPage(session_, kCustomColumns, from, order, std::move(parameters), page, ReadCustom);
}

absl::StatusOr<std::vector<CustomProviderRow>> ControlTransaction::AllCustomProviders() {
  return SelectAll(session_,
                   "SELECT " + std::string(kCustomColumns) +
                       " FROM custom_providers ORDER BY position, name, id",
                   {}, ReadCustom);
}

absl::Status ControlTransaction::InsertCustomProvider(const CustomProviderRow& row) {
  return Insert(
      session_,
      "INSERT INTO custom_providers (id, slug, name, enable, beta, position, fields, "
      "created_ms, modified_ms) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
      {SqlText(row.id), SqlText(row.slug), SqlText(row.name), SqlFlag(row.enable),
       SqlFlag(row.beta), row.position, SqlText(row.fields), row.created_ms, row.modified_ms},
      TakenCustom(row));
}

absl::Status ControlTransaction::UpdateCustomProvider(const CustomProviderRow& row) {
  return ChangeOne(session_,
                   "UPDATE custom_providers SET slug = ?, name = ?, enable = ?, beta = ?, "
                   "position = ?, fields = ?, modified_ms = ? WHERE id = ?",
                   {SqlText(row.slug), SqlText(row.name), SqlFlag(row.enable), SqlFlag(row.beta),
                    row.position, SqlText(row.fields), row.modified_ms, SqlText(row.id)},
                   MissingCustom(row.id), TakenCustom(row));
}

absl::Status ControlTransaction::DeleteCustomProvider(std::string_view id) {
  return ChangeOne(session_, "DELETE FROM custom_providers WHERE id = ?", {SqlText(id)},
                   MissingCustom(id));
}

absl::StatusOr<std::optional<SecretRow>> ControlTransaction::FindSecret(std::string_view id) {
  return SelectOne(session_, "SELECT " + std::string(kSecretColumns) + " FROM secrets WHERE id = ?",
                   {SqlText(id)}, ReadSecret);
}

absl::StatusOr<std::vector<SecretRow>> ControlTransaction::AllSecrets() {
  return SelectAll(session_, "SELECT " + std::string(kSecretColumns) + " FROM secrets ORDER BY id",
                   {}, ReadSecret);
}

absl::Status ControlTransaction::PutSecret(const SecretRow& row) {
  return session_
      ->Execute(
          "INSERT INTO secrets (id, sealed, master_key_id, preview, created_ms, modified_ms) "
          "VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (id) DO UPDATE SET sealed = excluded.sealed, "
          "master_key_id = excluded.master_key_id, preview = excluded.preview, "
          "modified_ms = excluded.modified_ms",
          {SqlText(row.id), SqlBytes(row.sealed), SqlText(row.master_key_id), SqlText(row.preview),
           row.created_ms, row.modified_ms})
      .status();
}

absl::Status ControlTransaction::DeleteUnusedSecrets() {
  return session_
      ->Execute(
          "DELETE FROM secrets WHERE NOT EXISTS "
          "(SELECT 1 FROM provider_configs c WHERE c.secret_id = secrets.id)")
      .status();
}

absl::StatusOr<std::optional<ProviderConfigRow>> ControlTransaction::FindProviderConfig(
    std::string_view gateway_id, std::string_view id) {
  return SelectOne(session_, SelectConfig("c.gateway_id = ? AND c.id = ?"),
                   {SqlText(gateway_id), SqlText(id)}, ReadConfig);
}

absl::StatusOr<Page<ProviderConfigRow>> ControlTransaction::ListProviderConfigs(
    std::string_view gateway_id, PageOf page) {
  return SelectPage(session_, kConfigColumns,
                    std::string(kConfigTables) + " WHERE c.gateway_id = ?",
                    "c.provider_slug, c.alias, c.id", {SqlText(gateway_id)}, page, ReadConfig);
}

absl::StatusOr<std::vector<ProviderConfigRow>> ControlTransaction::AllProviderConfigs() {
  return SelectAll(session_, SelectConfig("1 = 1 ORDER BY c.gateway_id, c.provider_slug, c.alias"),
                   {}, ReadConfig);
}

absl::Status ControlTransaction::InsertProviderConfig(const ProviderConfigRow& row) {
  return Insert(
      session_,
      "INSERT INTO provider_configs (id, gateway_id, provider_slug, alias, default_config, "
      "secret_id, rate_limit, rate_limit_period, created_ms, modified_ms, last_used_ms) "
      "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
      {SqlText(row.id), SqlText(row.gateway_id), SqlText(row.provider_slug), SqlText(row.alias),
       SqlFlag(row.default_config), SqlText(row.secret_id), OptionalInteger(row.rate_limit),
       OptionalInteger(row.rate_limit_period), row.created_ms, row.modified_ms, row.last_used_ms},
      TakenConfig(row));
}

absl::Status ControlTransaction::UpdateProviderConfig(const ProviderConfigRow& row) {
  return ChangeOne(
      session_,
      "UPDATE provider_configs SET provider_slug = ?, alias = ?, default_config = ?, "
      "secret_id = ?, rate_limit = ?, rate_limit_period = ?, modified_ms = ? WHERE id = ?",
      {SqlText(row.provider_slug), SqlText(row.alias), SqlFlag(row.default_config),
       SqlText(row.secret_id), OptionalInteger(row.rate_limit),
       OptionalInteger(row.rate_limit_period), row.modified_ms, SqlText(row.id)},
      MissingConfig(row.id), TakenConfig(row));
}

absl::Status ControlTransaction::DeleteProviderConfig(std::string_view id) {
  const absl::Status deleted = ChangeOne(session_, "DELETE FROM provider_configs WHERE id = ?",
                                         {SqlText(id)}, MissingConfig(id));
  return deleted.ok() ? DeleteUnusedSecrets() : deleted;
}

absl::Status ControlTransaction::ClearDefaultConfig(std::string_view gateway_id,
                                                    std::string_view provider_slug,
                                                    std::string_view but_id) {
  return session_
      ->Execute(
          "UPDATE provider_configs SET default_config = 0 WHERE gateway_id = ? AND "
          "provider_slug = ? AND id <> ? AND default_config <> 0",
          {SqlText(gateway_id), SqlText(provider_slug), SqlText(but_id)})
      .status();
}

absl::Status ControlTransaction::SetProviderConfigLastUse(std::string_view id,
                                                          int64_t last_used_ms) {
  return session_
      ->Execute("UPDATE provider_configs SET last_used_ms = ? WHERE id = ? AND last_used_ms < ?",
                {last_used_ms, SqlText(id), last_used_ms})
      .status();
}

}  // namespace junctor::engine
