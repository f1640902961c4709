// junctor keys: providers' keys that the gateway keeps, sealed.
#include "engine/admin/url_text.h"
#include "engine/cli/client/client_commands.h"
#include "engine/cli/client/command_input.h"
#include "engine/cli/client/table.h"

namespace junctor::engine {
namespace {

std::string PathOf(const ClientSession& session, const Json& key) {
  return session.GatewayPath("/provider_configs/" + EncodePercent(key["id"].text()));
}

std::string NameOf(const Json& key) {
  return key["provider_slug"].text() + " (" + key["alias"].text() + ")";
}

// The stored key that `options` names: by its id, or by provider and alias.
ControlResult<Json> Find(ClientSession& session, const KeyOptions& options) {
  const ControlResult<std::vector<Json>> keys =
      session.api().List(session.GatewayPath("/provider_configs"));
  if (!keys.ok()) return keys.errors();
  for (const Json& one : *keys) {
    if (one["id"].text() == options.provider) return one;
    if (one["provider_slug"].text() == options.provider && one["alias"].text() == options.alias) {
      return one;
    }
  }
  return ControlErrors::One(0, 0,
                            "gateway `" + session.gateway() + "` keeps no key of `" +
                                options.provider + "` with the alias `" + options.alias +
                                "`; `junctor keys list` shows them");
}

}  // namespace

int RunKeysList(ClientSession& session) {
  const ControlResult<std::vector<Json>> keys =
      session.api().List(session.GatewayPath("/provider_configs"));
  if (!keys.ok()) return session.Fail(keys.errors());
  if (session.json()) {
    session.PrintJson(*keys);
    return kExitOk;
  }
  Table table({"PROVIDER", "ALIAS", "DEFAULT", "KEY", "LAST USED", "ID"});
  for (const Json& one : *keys) {
    table.Add({Cell(one["provider_slug"]), Cell(one["alias"]),
               one["default_config"].boolean() ? "yes" : "no", Cell(one["secret_preview"]),
               TimeCell(one["last_used_at"]), Cell(one["id"])});
  }
  table.Print(session.console(), "no stored keys");
  return kExitOk;
}

int RunKeysAdd(ClientSession& session, const KeyOptions& options) {
  const absl::StatusOr<Secret> key =
      ReadSecretInput("key of " + options.provider, options.key_env, options.key_on_input,
                      session.environment(), session.console());
  if (!key.ok()) return session.Fail(std::string(key.status().message()));
  Json config = Json::Object();
  config.Set("provider_slug", Json::String(options.provider));
  config.Set("alias", Json::String(options.alias));
  config.Set("default_config", Json::Bool(options.make_default || options.alias == "default"));
  config.Set("secret", Json::String(std::string(key->Reveal())));
  return session.Finish(
      session.api().Post(session.GatewayPath("/provider_configs"), config.Compact()),
      "stored the key of " + options.provider + " (" + options.alias + ")");
}

int RunKeysSet(ClientSession& session, const KeyOptions& options) {
  Json changes = Json::Object();
  const bool replaces = !options.key_env.empty() || options.key_on_input;
  if (replaces) {
    const absl::StatusOr<Secret> key =
        ReadSecretInput("new key of " + options.provider, options.key_env, options.key_on_input,
                        session.environment(), session.console());
    if (!key.ok()) return session.Fail(std::string(key.status().message()));
    changes.Set("secret", Json::String(std::string(key->Reveal())));
  }
  if (!options.new_alias.empty()) changes.Set("alias", Json::String(options.new_alias));
  if (options.make_default) changes.Set("default_config", Json::Bool(true));
  if (changes.fields().empty()) {
    return session.Fail("nothing to change: give --key-env, --key-stdin, --new-alias or --default");
  }
  const ControlResult<Json> key = Find(session, options);
  if (!key.ok()) return session.Fail(key.errors());
  return session.Finish(session.api().Patch(PathOf(session, *key), changes.Compact()),
                        "changed the key of " + NameOf(*key));
}

int RunKeysDelete(ClientSession& session, const KeyOptions& options, bool yes) {
  const ControlResult<Json> key = Find(session, options);
  if (!key.ok()) return session.Fail(key.errors());
  if (!yes && !session.Confirm("Delete the key of " + NameOf(*key) + "?")) {
    return session.Fail("nothing was deleted");
  }
  return session.Finish(session.api().Delete(PathOf(session, *key)),
                        "deleted the key of " + NameOf(*key));
}

}  // namespace junctor::engine
