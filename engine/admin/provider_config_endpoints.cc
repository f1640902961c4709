// Provider configs: the keys of providers that a gateway keeps for its callers. A key goes in and
// never comes out again.
#include <algorithm>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/admin/admin_change.h"
#include "engine/admin/admin_endpoints.h"
#include "engine/admin/json_object.h"
#include "engine/admin/request_body.h"
#include "engine/control/directory_loader.h"
#include "engine/control/gateway_settings.h"
#include "engine/secrets/sealed_secret.h"
#include "engine/secrets/token_text.h"

namespace junctor::engine {
namespace {

constexpr int64_t kMostPerPage = 100;
constexpr int64_t kMostRate = int64_t{1} << 53;  // what every client's numbers can hold

// `last_used_ms`: 0 for never.
std::string ConfigJson(const ProviderConfigRow& row, int64_t last_used_ms) {
  JsonObject object;
  object.Text("id", row.id)
      .Text("gateway_id", row.gateway_id)
      .Text("provider_slug", row.provider_slug)
      .Text("alias", row.alias)
      .Bool("default_config", row.default_config)
      .Text("secret_id", row.secret_id)
      .Text("secret_preview", row.secret_preview);
  if (row.rate_limit.has_value()) object.Integer("rate_limit", *row.rate_limit);
  if (row.rate_limit_period.has_value()) {
    object.Integer("rate_limit_period", *row.rate_limit_period);
  }
  return object.Time("created_at", row.created_ms)
      .Time("modified_at", row.modified_ms)
      .TimeOrNull("last_used_at", last_used_ms)
      .Take();
}

// With the last use that this instance knows of. Not inside a transaction.
std::string ConfigJson(const ControlPlane& control, const ProviderConfigRow& row) {
  return ConfigJson(row, std::max(row.last_used_ms, control.LastUseOfConfig(row.id)));
}

AuditEntry EntryOf(const ProviderConfigRow& row, const char* type, const char* info) {
  AuditEntry entry;
  entry.action_type = type;
  entry.action_info = info;
  entry.resource_type = "ai_gateway.provider_config";
  entry.resource_id = row.id;
  entry.gateway_id = row.gateway_id;
  return entry;
}

// Trying again can't help where nobody configures a key meanwhile.
AdminAnswer NoMasterKey() {
  AdminAnswer answer = Failure(ControlErrors::One(
      503, kCodeUnavailable,
      "provider keys can't be stored without a master key: set `secrets.master_key_file` or "
      "`secrets.master_key_env` in the configuration"));
  answer.headers.emplace_back("x-should-retry", "false");
  return answer;
}

// The slug under which the data plane looks for keys of `provider`; empty where requests can't name
// it.
std::string CanonicalSlug(const ControlPlane& control, const std::string& provider) {
  const ProviderRecord* const record = control.parts().config->FindProvider(provider);
  if (record != nullptr) return record->slug;
  const bool is_custom = control.parts().directory->Get()->FindCustomProvider(provider) != nullptr;
  return is_custom ? provider : "";
}

absl::StatusOr<std::vector<ProviderConfigRow>> ConfigsOf(ControlTransaction& transaction,
                                                         const std::string& gateway) {
  std::vector<ProviderConfigRow> all;
  for (PageOf page{1, kMostPerPage};; ++page.page) {
    auto read = transaction.ListProviderConfigs(gateway, page);
    if (!read.ok()) return read.status();
    if (read->rows.empty()) return all;
    for (ProviderConfigRow& row : read->rows) all.push_back(std::move(row));
  }
}

// Takes the mark of the default off the other configs of that provider, and notes which changed.
absl::Status MakeOnlyDefault(ControlTransaction& transaction, const ProviderConfigRow& row) {
  const auto others = ConfigsOf(transaction, row.gateway_id);
  if (!others.ok()) return others.status();
  for (const ProviderConfigRow& other : *others) {
    if (other.id == row.id || other.provider_slug != row.provider_slug || !other.default_config) {
      continue;
    }
    absl::Status status = transaction.NoteChange(
        ChangeKind::kProviderConfig, ProviderConfigChangeId(other.gateway_id, other.id));
    if (!status.ok()) return status;
  }
  return transaction.ClearDefaultConfig(row.gateway_id, row.provider_slug, row.id);
}

// Stores `secret` for `row`: in the place of the one that it has where nobody else uses that, else
// as one of its own.
absl::Status StoreSecret(ControlTransaction& transaction, const ControlPlane& control,
                         const Secret& secret, ProviderConfigRow* row) {
  SecretRow stored;
  stored.created_ms = control.now_ms();
  if (!row->secret_id.empty()) {
    const auto configs = transaction.AllProviderConfigs();
    if (!configs.ok()) return configs.status();
    bool is_shared = false;
    for (const ProviderConfigRow& other : *configs) {
      is_shared = is_shared || (other.id != row->id && other.secret_id == row->secret_id);
    }
    const auto old = transaction.FindSecret(row->secret_id);
    if (!old.ok()) return old.status();
    if (!is_shared && old->has_value()) stored = **old;
  }
  if (stored.id.empty()) stored.id = NewUuid();
  auto sealed = SealSecret(*control.parts().master_keys, stored.id, secret);
  if (!sealed.ok()) return sealed.status();
  stored.sealed = std::move(sealed->bytes);
  stored.master_key_id = std::move(sealed->master_key_id);
  stored.preview = KeyPreview(secret);
  stored.modified_ms = control.now_ms();
  row->secret_id = stored.id;
  row->secret_preview = stored.preview;
  return transaction.PutSecret(stored);
}

// Points `row` to the stored secret `id`. One of another gateway's is not there for a token that is
// bound to this one.
ControlResult<std::monostate> UseSecret(ControlTransaction& transaction,
                                        const AdminRequest& request, const std::string& id,
                                        ProviderConfigRow* row) {
  const ControlErrors unknown =
      ControlErrors::BadField("there is no secret `" + id + "`", "secret_id");
  auto secret = transaction.FindSecret(id);
  if (!secret.ok()) return ControlPlane::FromStatus(secret.status());
  if (!secret->has_value()) return unknown;
  if (!request.token_gateway.empty()) {
    const auto configs = ConfigsOf(transaction, request.token_gateway);
    if (!configs.ok()) return ControlPlane::FromStatus(configs.status());
    bool is_own = false;
    for (const ProviderConfigRow& config : *configs) is_own = is_own || config.secret_id == id;
    if (!is_own) return unknown;
  }
  row->secret_id = id;
  row->secret_preview = (*secret)->preview;
  return std::monostate();
}

bool HasControlCharacter(std::string_view text) {
  return std::any_of(text.begin(), text.end(), [](char c) {
    const unsigned char byte = static_cast<unsigned char>(c);
    return byte < ' ' || byte == 0x7F;
  });
}

// The parts of a body, checked. What is not there is empty.
struct ConfigBody {
  std::optional<std::string> alias;
  std::optional<bool> default_config;
  std::optional<Secret> secret;
  std::optional<std::string> secret_id;
};

ConfigBody ReadConfig(Presence presence, RequestBody* body) {
  ConfigBody read;
  read.alias = body->String("alias", presence);
  if (presence == Presence::kOptional && body->IsNull("alias")) {
    body->Refuse("alias", "`alias` must not be null");
  }
  if (read.alias.has_value() && !IsGatewayId(*read.alias)) {
    body->Refuse("alias", "`alias` must be 1 to " + std::to_string(kMaxGatewayIdBytes) +
                              " letters, digits, `-`, `_` and `.`");
  }
  read.default_config = body->Bool("default_config", presence);
  if (auto secret = body->String("secret", Presence::kOptional, kMaxSecretBytes)) {
    if (secret->empty()) body->Refuse("secret", "`secret` must not be empty");
    // A service account is a JSON text of several lines; everything else is sent in a header.
    if (!secret->starts_with('{') && HasControlCharacter(*secret)) {
      body->Refuse("secret", "`secret` must not have line breaks or other control characters");
    }
    read.secret = Secret(*std::move(secret));
  }
  read.secret_id = body->String("secret_id", Presence::kOptional);
  body->Integer("rate_limit", Presence::kOptional, 0, kMostRate);
  body->Integer("rate_limit_period", Presence::kOptional, 0, kMaxKeyPeriodSeconds);
  return read;
}

// Lays the rates of a checked body over `row`; null takes them away.
void LayRatesOver(RequestBody* body, ProviderConfigRow* row) {
  if (body->Has("rate_limit")) row->rate_limit = body->Integer("rate_limit", Presence::kOptional);
  if (body->Has("rate_limit_period")) {
    row->rate_limit_period = body->Integer("rate_limit_period", Presence::kOptional);
  }
}

ControlErrors AliasTaken(const ProviderConfigRow& row) {
  return DuplicateError("the gateway `" + row.gateway_id + "` has a key of `" + row.provider_slug +
                            "` with the alias `" + row.alias + "` already",
                        "alias");
}

AdminAnswer CreateConfig(ControlPlane& control, const AdminRequest& request) {
  ControlResult<RequestBody> body = RequestBody::Parse(request.body);
  if (!body.ok()) return Failure(body.errors());
  const ConfigBody read = ReadConfig(Presence::kRequired, &*body);
  ProviderConfigRow row;
  if (const auto provider = body->String("provider_slug", Presence::kRequired)) {
    row.provider_slug = CanonicalSlug(control, *provider);
    if (row.provider_slug.empty()) {
      body->Refuse("provider_slug", "there is no provider `" + *provider + "`");
    }
  }
  if (body->ok() && read.secret.has_value() == read.secret_id.has_value()) {
    body->Refuse("secret",
                 "give either `secret`, the key itself, or `secret_id`, one that is "
                 "stored already");
  }
  if (!body->ok()) return Failure(body->errors());
  if (control.parts().master_keys == nullptr) return NoMasterKey();
  row.id = NewUuid();
  row.gateway_id = request.values[0];
  row.alias = *read.alias;
  row.default_config = *read.default_config;
  LayRatesOver(&*body, &row);
  row.created_ms = row.modified_ms = control.now_ms();
  const auto done = control.Change([&](ControlTransaction& transaction) {
    const auto gateway = MustFindGateway(transaction, row.gateway_id);
    if (!gateway.ok()) return ControlResult<std::monostate>(gateway.errors());
    row.secret_id.clear();
    if (read.secret_id.has_value()) {
      auto used = UseSecret(transaction, request, *read.secret_id, &row);
      if (!used.ok()) return used;
    } else if (auto status = StoreSecret(transaction, control, *read.secret, &row); !status.ok()) {
      return AsResult(status);
    }
    absl::Status status = transaction.InsertProviderConfig(row);
    if (absl::IsAlreadyExists(status)) return ControlResult<std::monostate>(AliasTaken(row));
    if (status.ok() && row.default_config) status = MakeOnlyDefault(transaction, row);
    if (!status.ok()) return AsResult(status);
    AuditEntry entry = EntryOf(row, "create", "provider config created");
    entry.new_value = ConfigJson(row, row.last_used_ms);
    return AsResult(Record(transaction, control, request, ChangeKind::kProviderConfig,
                           ProviderConfigChangeId(row.gateway_id, row.id), entry));
  });
  if (!done.ok()) return Failure(done.errors());
  return Success(ConfigJson(control, row));
}

AdminAnswer ListConfigs(ControlPlane& control, const AdminRequest& request) {
  const ControlResult<PageOf> page = ReadPage(request);
  if (!page.ok()) return Failure(page.errors());
  Page<ProviderConfigRow> rows;
  const auto done = control.Read([&](ControlTransaction& transaction) {
    const auto gateway = MustFindGateway(transaction, request.values[0]);
    if (!gateway.ok()) return ControlResult<std::monostate>(gateway.errors());
    auto read = transaction.ListProviderConfigs(request.values[0], *page);
    if (read.ok()) rows = *std::move(read);
    return AsResult(read.status());
  });
  if (!done.ok()) return Failure(done.errors());
  std::vector<std::string> results;
  for (const ProviderConfigRow& row : rows.rows) results.push_back(ConfigJson(control, row));
  return SuccessPage(results, *page, rows.total);
}

ControlResult<ProviderConfigRow> MustFindConfig(ControlTransaction& transaction,
                                                const AdminRequest& request) {
  auto found = transaction.FindProviderConfig(request.values[0], request.values[1]);
  if (!found.ok()) return ControlPlane::FromStatus(found.status());
  if (!found->has_value()) return NotFoundError("provider config", request.values[1]);
  return **std::move(found);
}

AdminAnswer GetConfig(ControlPlane& control, const AdminRequest& request) {
  const auto row = ReadOne(control, [&](ControlTransaction& transaction) {
    return MustFindConfig(transaction, request);
  });
  if (!row.ok()) return Failure(row.errors());
  return Success(ConfigJson(control, *row));
}

AdminAnswer UpdateConfig(ControlPlane& control, const AdminRequest& request) {
  ControlResult<RequestBody> body = RequestBody::Parse(request.body);
  if (!body.ok()) return Failure(body.errors());
  const ConfigBody read = ReadConfig(Presence::kOptional, &*body);
  if (body->ok() && read.secret.has_value() && read.secret_id.has_value()) {
    body->Refuse("secret", "give either `secret` or `secret_id`, not both");
  }
  if (!body->ok()) return Failure(body->errors());
  if (read.secret.has_value() && control.parts().master_keys == nullptr) return NoMasterKey();
  ProviderConfigRow row;
  const auto done = control.Change([&](ControlTransaction& transaction) {
    auto found = MustFindConfig(transaction, request);
    if (!found.ok()) return ControlResult<std::monostate>(found.errors());
    row = *std::move(found);
    AuditEntry entry = EntryOf(row, "update", "provider config updated");
    entry.old_value = ConfigJson(row, row.last_used_ms);
    if (read.alias.has_value()) row.alias = *read.alias;
    if (read.default_config.has_value()) row.default_config = *read.default_config;
    LayRatesOver(&*body, &row);
    row.modified_ms = control.now_ms();
    if (read.secret_id.has_value()) {
      auto used = UseSecret(transaction, request, *read.secret_id, &row);
      if (!used.ok()) return used;
    } else if (read.secret.has_value()) {
      absl::Status status = StoreSecret(transaction, control, *read.secret, &row);
      if (!status.ok()) return AsResult(status);
    }
    absl::Status status = transaction.UpdateProviderConfig(row);
    if (absl::IsAlreadyExists(status)) return ControlResult<std::monostate>(AliasTaken(row));
    if (status.ok() && row.default_config) status = MakeOnlyDefault(transaction, row);
    if (status.ok()) status = transaction.DeleteUnusedSecrets();
    if (!status.ok()) return AsResult(status);
    entry.new_value = ConfigJson(row, row.last_used_ms);
    return AsResult(Record(transaction, control, request, ChangeKind::kProviderConfig,
                           ProviderConfigChangeId(row.gateway_id, row.id), entry));
  });
  if (!done.ok()) return Failure(done.errors());
  return Success(ConfigJson(control, row));
}

AdminAnswer DeleteConfig(ControlPlane& control, const AdminRequest& request) {
  ProviderConfigRow row;
  const auto done = control.Change([&](ControlTransaction& transaction) {
    auto found = MustFindConfig(transaction, request);
    if (!found.ok()) return ControlResult<std::monostate>(found.errors());
    row = *std::move(found);
    absl::Status status = transaction.DeleteProviderConfig(row.id);
    if (!status.ok()) return AsResult(status);
    AuditEntry entry = EntryOf(row, "delete", "provider config deleted");
    entry.old_value = ConfigJson(row, row.last_used_ms);
    return AsResult(Record(transaction, control, request, ChangeKind::kProviderConfig,
                           ProviderConfigChangeId(row.gateway_id, row.id), entry));
  });
  if (!done.ok()) return Failure(done.errors());
  return Success(ConfigJson(control, row));
}

constexpr AdminEndpoint kProviderConfigEndpoints[] = {
    {"POST", "/accounts/{account_id}/ai-gateway/gateways/{gateway_id}/provider_configs",
     Permission::kEdit, CreateConfig},
    {"GET", "/accounts/{account_id}/ai-gateway/gateways/{gateway_id}/provider_configs",
     Permission::kRead, ListConfigs},
    {"GET", "/accounts/{account_id}/ai-gateway/gateways/{gateway_id}/provider_configs/{config_id}",
     Permission::kRead, GetConfig},
    {"PATCH",
     "/accounts/{account_id}/ai-gateway/gateways/{gateway_id}/provider_configs/{config_id}",
     Permission::kEdit, UpdateConfig},
    {"DELETE",
     "/accounts/{account_id}/ai-gateway/gateways/{gateway_id}/provider_configs/{config_id}",
     Permission::kEdit, DeleteConfig},
};

}  // namespace

std::span<const AdminEndpoint> ProviderConfigEndpoints() { return kProviderConfigEndpoints; }

}  // namespace junctor::engine
