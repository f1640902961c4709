// From the store's rows to the directory: gateways with their keys opened, tokens, custom
// providers. Keeps what it has read, so that a change costs what changed and not everything.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "engine/config/config.h"
#include "engine/config/secret.h"
#include "engine/directory/directory.h"
#include "engine/observe/log.h"
#include "engine/store/control_store.h"

namespace junctor::engine {

class MasterKeys;

// What a change of a provider config is noted under, so that it can be found again by that alone.
std::string ProviderConfigChangeId(std::string_view gateway_id, std::string_view config_id);

// Used under the control plane's lock.
class DirectoryLoader {
 public:
  // What is given outlives the loader. `master_keys` may be null: then no secret can be opened.
  // Prices of gateways are laid over `prices`.
  DirectoryLoader(const Config* config, const MasterKeys* master_keys, const PriceTable* prices,
                  Log* log);

  // Reads everything.
  absl::Status LoadAll(ControlTransaction& transaction);

  // Reads again what `changes` name. May be called again with the same ones.
  absl::Status Load(ControlTransaction& transaction, const std::vector<ChangeRow>& changes);

  // The directory of what was read.
  std::shared_ptr<const Directory> Build() const;

  bool HasGateway(std::string_view id) const {
    return gateways_.find(std::string(id)) != gateways_.end();
  }
  // Secrets that are used and could not be opened.
  size_t closed_secrets() const;
  // What an operator should know, a line each.
  std::vector<std::string> Troubles() const;

  // When it was used last, in Unix milliseconds, as far as this instance knows; 0: never.
  int64_t LastUseOfToken(std::string_view id) const;
  int64_t LastUseOfConfig(std::string_view id) const;

  // Writes the last uses that the store does not know yet.
  absl::Status SaveLastUses(ControlStore* store);

 private:
  // A secret as it was read. Not opened: `opened` is empty, and `trouble` says why.
  struct OpenedSecret {
    std::string sealed;
    Secret opened;
    std::string trouble;
  };
  struct KnownToken {
    AccessToken token;
    int64_t saved_use_ms = 0;
  };
  struct KnownConfig {
    ProviderConfigRow row;
    LastUse last_use;
    int64_t saved_use_ms = 0;
  };

  void Put(const GatewayRow& row);
  void Put(const TokenRow& row);
  void Put(const ProviderConfigRow& row);
  void Put(const SecretRow& row);
  void Put(const CustomProviderRow& row);
  absl::Status LoadGateway(ControlTransaction& transaction, const std::string& id);
  absl::Status LoadConfig(ControlTransaction& transaction, const std::string& change_id);
  absl::Status LoadToken(ControlTransaction& transaction, const std::string& id);
  absl::Status LoadCustomProvider(ControlTransaction& transaction, const std::string& id);
  void DropUnusedSecrets();

  const Config* const config_;
  const MasterKeys* const master_keys_;
  const PriceTable* const prices_;
  Log* const log_;
  std::map<std::string, GatewayView> gateways_;  // without keys
  std::map<std::string, KnownToken> tokens_;
  std::map<std::string, KnownConfig> configs_;
  std::map<std::string, OpenedSecret> secrets_;
  std::map<std::string, CustomProvider> custom_providers_;
  std::map<std::string, std::string> unusable_providers_;  // by id: why
};

}  // namespace junctor::engine
