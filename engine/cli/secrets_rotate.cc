// junctor secrets rotate: everything that is stored sealed under another master key.
#include <memory>

#include "engine/cli/commands.h"
#include "engine/config/config.h"
#include "engine/secrets/master_keys.h"
#include "engine/secrets/rotate_master_key.h"
#include "engine/store/control_store.h"

namespace junctor::engine {
namespace {

absl::StatusOr<MasterKeys> OldKeys(const SecretsConfig& secrets) {
  if (!secrets.master_key_file.empty()) return MasterKeys::ReadFile(secrets.master_key_file);
  if (!secrets.master_key.empty()) return MasterKeys::Parse(secrets.master_key.Reveal());
  return absl::FailedPreconditionError(
      "the configuration names no master key (`secrets`), so that no secrets can be stored");
}

absl::StatusOr<MasterKeys> NewKeys(const SecretsRotateOptions& options,
                                   const MasterKeys& configured) {
  if (options.new_key_file.empty() && options.new_key_env.empty()) return configured;
  if (!options.new_key_file.empty()) return MasterKeys::ReadFile(options.new_key_file);
  const std::optional<std::string> text = ProcessEnvironment()(options.new_key_env);
  if (!text.has_value() || text->empty()) {
    return absl::NotFoundError("the variable `" + options.new_key_env +
                               "`, which --new-key-env names, is not set");
  }
  return MasterKeys::Parse(*text);
}

struct Rotated {
  int64_t secrets = 0;
  std::string key_id;
};

absl::StatusOr<Rotated> Rotate(const SecretsRotateOptions& options) {
  const absl::StatusOr<Config> config = LoadConfig(options.config);
  if (!config.ok()) return config.status();
  if (!config->has_control_plane()) {
    return absl::FailedPreconditionError("`" + options.config +
                                         "` has no `admin` and no `storage`: nothing is stored");
  }
  const absl::StatusOr<MasterKeys> old_keys = OldKeys(config->secrets);
  if (!old_keys.ok()) return old_keys.status();
  const absl::StatusOr<MasterKeys> new_keys = NewKeys(options, *old_keys);
  if (!new_keys.ok()) return new_keys.status();
  const absl::StatusOr<std::unique_ptr<ControlStore>> store =
      ControlStore::Open({config->storage.sqlite_file, config->storage.postgresql_url});
  if (!store.ok()) return store.status();
  const MasterKeys keys = MasterKeys::Joined(*new_keys, *old_keys);
  const absl::StatusOr<int64_t> count = RotateMasterKey(store->get(), keys);
  if (!count.ok()) return count.status();
  return Rotated{*count, keys.active().id};
}

}  // namespace

int RunSecretsRotate(const SecretsRotateOptions& options, const Console& console) {
  const absl::StatusOr<Rotated> rotated = Rotate(options);
  if (!rotated.ok()) {
    PrintError(console, std::string(rotated.status().message()));
    return kExitFailure;
  }
  console.out << rotated->secrets << (rotated->secrets == 1 ? " secret is" : " secrets are")
              << " sealed under the new master key now (" << rotated->key_id
              << "); take the old key out of the gateways' configuration\n";
  return kExitOk;
}

}  // namespace junctor::engine
