#include "engine/control/directory_loader.h"

#include <algorithm>
#include <atomic>
#include <set>
#include <utility>

#include "engine/control/custom_provider.h"
#include "engine/control/gateway_settings.h"
#include "engine/observe/log_event.h"
#include "engine/secrets/master_keys.h"
#include "engine/secrets/sealed_secret.h"

namespace junctor::engine {
namespace {

LastUse NewLastUse(int64_t unix_ms) { return std::make_shared<std::atomic<int64_t>>(unix_ms); }

}  // namespace

std::string ProviderConfigChangeId(std::string_view gateway_id, std::string_view config_id) {
  return std::string(gateway_id) + "/" + std::string(config_id);
}

DirectoryLoader::DirectoryLoader(const Config* config, const MasterKeys* master_keys,
                                 const PriceTable* prices, Log* log)
    : config_(config), master_keys_(master_keys), prices_(prices), log_(log) {}

void DirectoryLoader::Put(const GatewayRow& row) {
  gateways_.insert_or_assign(row.id,
                             GatewaySettings::FromStored(row.settings).View(row.id, *prices_));
}

void DirectoryLoader::Put(const TokenRow& row) {
  KnownToken& known = tokens_[row.id];
  AccessToken& token = known.token;
  token.id = row.id;
  token.name = row.name;
  token.hash = row.hash;
  token.permissions = row.permissions;
  token.gateway = row.gateway_id;
  token.expires_unix_ms = row.expires_ms;
  if (token.last_use == nullptr) {
    token.last_use = NewLastUse(row.last_used_ms);
    known.saved_use_ms = row.last_used_ms;
  }
}

void DirectoryLoader::Put(const ProviderConfigRow& row) {
  KnownConfig& known = configs_[row.id];
  known.row = row;
  if (known.last_use == nullptr) {
    known.last_use = NewLastUse(row.last_used_ms);
    known.saved_use_ms = row.last_used_ms;
  }
}

void DirectoryLoader::Put(const SecretRow& row) {
  OpenedSecret& known = secrets_[row.id];
  if (known.sealed == row.sealed && !known.opened.empty()) return;
  known.sealed = row.sealed;
  known.opened = Secret();
  known.trouble.clear();
  if (master_keys_ == nullptr) {
    known.trouble = "there is no master key";
    return;
  }
  absl::StatusOr<Secret> opened =
      OpenSecret(*master_keys_, row.id, {row.sealed, row.master_key_id});
  if (opened.ok()) {
    known.opened = *std::move(opened);
    return;
  }
  known.trouble = std::string(opened.status().message());
  LogEvent(log_, LogLevel::kError, "secret_not_opened")
      .Text("secret", row.id)
      .Text("error", known.trouble);
}

void DirectoryLoader::Put(const CustomProviderRow& row) {
  absl::StatusOr<CustomProvider> provider = MakeCustomProvider(row);
  if (provider.ok()) {
    unusable_providers_.erase(row.id);
    custom_providers_.insert_or_assign(row.id, *std::move(provider));
    return;
  }
  custom_providers_.erase(row.id);
  unusable_providers_.insert_or_assign(
      row.id, "custom provider `" + row.slug + "`: " + std::string(provider.status().message()));
}

absl::Status DirectoryLoader::LoadAll(ControlTransaction& transaction) {
  const auto gateways = transaction.AllGateways();
  if (!gateways.ok()) return gateways.status();
  const auto tokens = transaction.AllTokens();
  if (!tokens.ok()) return tokens.status();
  const auto configs = transaction.AllProviderConfigs();
  if (!configs.ok()) return configs.status();
  const auto secrets = transaction.AllSecrets();
  if (!secrets.ok()) return secrets.status();
  const auto custom_providers = transaction.AllCustomProviders();
  if (!custom_providers.ok()) return custom_providers.status();

  // Tokens and keys that are known keep the object that says when they were used last.
  const auto keep = [](auto& known, const auto& rows) {
    std::set<std::string_view> ids;
    for (const auto& row : rows) ids.insert(row.id);
    std::erase_if(known, [&ids](const auto& entry) { return !ids.contains(entry.first); });
  };
  keep(gateways_, *gateways);
  keep(tokens_, *tokens);
  keep(configs_, *configs);
  keep(secrets_, *secrets);
  keep(custom_providers_, *custom_providers);
  keep(unusable_providers_, *custom_providers);
  for (const GatewayRow& row : *gateways) Put(row);
  for (const TokenRow& row : *tokens) Put(row);
  for (const SecretRow& row : *secrets) Put(row);
  for (const ProviderConfigRow& row : *configs) Put(row);
  for (const CustomProviderRow& row : *custom_providers) Put(row);
  DropUnusedSecrets();
  return absl::OkStatus();
}

absl::Status DirectoryLoader::LoadGateway(ControlTransaction& transaction, const std::string& id) {
  const auto row = transaction.FindGateway(id);
  if (!row.ok()) return row.status();
  if (row->has_value()) {
    Put(**row);
  } else {
    gateways_.erase(id);
    std::erase_if(configs_, [&id](const auto& entry) { return entry.second.row.gateway_id == id; });
  }
  return absl::OkStatus();
}

absl::Status DirectoryLoader::LoadConfig(ControlTransaction& transaction,
                                         const std::string& change_id) {
  const size_t slash = change_id.find('/');
  const std::string gateway_id = change_id.substr(0, slash);
  const std::string id = slash == change_id.npos ? "" : change_id.substr(slash + 1);
  const auto row = transaction.FindProviderConfig(gateway_id, id);
  if (!row.ok()) return row.status();
  if (!row->has_value()) {
    configs_.erase(id);
    return absl::OkStatus();
  }
  const auto secret = transaction.FindSecret((*row)->secret_id);
  if (!secret.ok()) return secret.status();
  if (secret->has_value()) Put(**secret);
  Put(**row);
  return absl::OkStatus();
}

absl::Status DirectoryLoader::LoadToken(ControlTransaction& transaction, const std::string& id) {
  const auto row = transaction.FindToken(id);
  if (!row.ok()) return row.status();
  if (row->has_value()) {
    Put(**row);
  } else {
    tokens_.erase(id);
  }
  return absl::OkStatus();
}

absl::Status DirectoryLoader::LoadCustomProvider(ControlTransaction& transaction,
                                                 const std::string& id) {
  const auto row = transaction.FindCustomProvider(id);
  if (!row.ok()) return row.status();
  if (row->has_value()) {
    Put(**row);
  } else {
    custom_providers_.erase(id);
    unusable_providers_.erase(id);
  }
  return absl::OkStatus();
}

absl::Status DirectoryLoader::Load(ControlTransaction& transaction,
                                   const std::vector<ChangeRow>& changes) {
  std::set<std::pair<ChangeKind, std::string_view>> done;
  for (const ChangeRow& change : changes) {
    if (!done.emplace(change.kind, change.id).second) continue;
    absl::Status status;
    switch (change.kind) {
      case ChangeKind::kGateway:
        status = LoadGateway(transaction, change.id);
        break;
      case ChangeKind::kCustomProvider:
        status = LoadCustomProvider(transaction, change.id);
        break;
      case ChangeKind::kProviderConfig:
        status = LoadConfig(transaction, change.id);
        break;
      case ChangeKind::kToken:
        status = LoadToken(transaction, change.id);
        break;
      case ChangeKind::kRoute:
        break;  // the route loader's
    }
    if (!status.ok()) return status;
  }
  DropUnusedSecrets();
  return absl::OkStatus();
}

void DirectoryLoader::DropUnusedSecrets() {
  std::set<std::string_view> used;
  for (const auto& [id, config] : configs_) used.insert(config.row.secret_id);
  std::erase_if(secrets_, [&used](const auto& entry) { return !used.contains(entry.first); });
}

std::shared_ptr<const Directory> DirectoryLoader::Build() const {
  auto directory = std::make_shared<Directory>();
  const bool authentication = !config_->admin.has_value() || config_->admin->default_authentication;
  directory->SetDefaultGateway(
      GatewaySettings::ForDefaultGateway(authentication).View("default", *prices_));

  std::map<std::string_view, std::vector<StoredKey>> keys;  // by gateway
  for (const auto& [id, config] : configs_) {
    const auto secret = secrets_.find(config.row.secret_id);
    // A key that can't be opened serves nobody; nor does another one in its place.
    if (secret == secrets_.end() || secret->second.opened.empty()) continue;
    StoredKey key;
    key.id = id;
    key.provider = config.row.provider_slug;
    key.alias = config.row.alias;
    key.is_default = config.row.default_config;
    key.key = secret->second.opened;
    key.last_use = config.last_use;
    key.rate_limit = static_cast<uint64_t>(std::max<int64_t>(config.row.rate_limit.value_or(0), 0));
    key.rate_period_seconds = static_cast<uint32_t>(
        std::clamp<int64_t>(config.row.rate_limit_period.value_or(0), 0, kMaxKeyPeriodSeconds));
    keys[config.row.gateway_id].push_back(std::move(key));
  }
  for (const auto& [id, gateway] : gateways_) {
    GatewayView view = gateway;
    if (const auto found = keys.find(id); found != keys.end()) {
      view.keys = KeyRing(std::move(found->second));
    }
    directory->Add(std::move(view));
  }
  for (const auto& [id, known] : tokens_) directory->Add(known.token);
  for (const auto& [id, provider] : custom_providers_) directory->Add(provider);
  return directory;
}

size_t DirectoryLoader::closed_secrets() const {
  return static_cast<size_t>(std::count_if(secrets_.begin(), secrets_.end(), [](const auto& entry) {
    return entry.second.opened.empty();
  }));
}

std::vector<std::string> DirectoryLoader::Troubles() const {
  std::vector<std::string> troubles;
  for (const auto& [id, config] : configs_) {
    const auto secret = secrets_.find(config.row.secret_id);
    if (secret == secrets_.end() || secret->second.trouble.empty()) continue;
    troubles.push_back("the key `" + config.row.alias + "` of `" + config.row.provider_slug +
                       "` in gateway `" + config.row.gateway_id +
                       "` can't be opened: " + secret->second.trouble);
  }
  for (const auto& [id, trouble] : unusable_providers_) troubles.push_back(trouble);
  return troubles;
}

int64_t DirectoryLoader::LastUseOfToken(std::string_view id) const {
  const auto found = tokens_.find(std::string(id));
  return found == tokens_.end() ? 0 : found->second.token.last_use->load();
}

int64_t DirectoryLoader::LastUseOfConfig(std::string_view id) const {
  const auto found = configs_.find(std::string(id));
  return found == configs_.end() ? 0 : found->second.last_use->load();
}

absl::Status DirectoryLoader::SaveLastUses(ControlStore* store) {
  // What is to be saved, taken once: uses go on while the store writes.
  std::vector<std::pair<KnownToken*, int64_t>> tokens;
  std::vector<std::pair<KnownConfig*, int64_t>> configs;
  for (auto& [id, known] : tokens_) {
    const int64_t used = known.token.last_use->load(std::memory_order_relaxed);
    if (used > known.saved_use_ms) tokens.emplace_back(&known, used);
  }
  for (auto& [id, known] : configs_) {
    const int64_t used = known.last_use->load(std::memory_order_relaxed);
    if (used > known.saved_use_ms) configs.emplace_back(&known, used);
  }
  if (tokens.empty() && configs.empty()) return absl::OkStatus();
  absl::Status status = store->Change([&](ControlTransaction& transaction) {
    for (const auto& [known, used] : tokens) {
      absl::Status saved = transaction.SetTokenLastUse(known->token.id, used);
      if (!saved.ok()) return saved;
    }
    for (const auto& [known, used] : configs) {
      absl::Status saved = transaction.SetProviderConfigLastUse(known->row.id, used);
      if (!saved.ok()) return saved;
    }
    return absl::OkStatus();
  });
  if (!status.ok()) return status;
  for (const auto& [known, used] : tokens) known->saved_use_ms = used;
  for (const auto& [known, used] : configs) known->saved_use_ms = used;
  return status;
}

}  // namespace junctor::engine
