// junctor providers: custom providers, named by slug or id.
#include "engine/admin/url_text.h"
#include "engine/cli/client/client_commands.h"
#include "engine/cli/client/command_input.h"
#include "engine/cli/client/table.h"

namespace junctor::engine {
namespace {

constexpr std::string_view kPath = "/custom-providers";

std::string PathOf(const Json& provider) {
  return std::string(kPath) + "/" + EncodePercent(provider["id"].text());
}

// The provider that `name` names.
ControlResult<Json> Find(ClientSession& session, std::string name) {
  if (name.starts_with("custom-")) name.erase(0, std::string_view("custom-").size());
  const ControlResult<std::vector<Json>> providers = session.api().List(kPath);
  if (!providers.ok()) return providers.errors();
  for (const Json& one : *providers) {
    if (one["slug"].text() == name || one["id"].text() == name) return one;
  }
  ControlErrors none = ControlErrors::NotFound("there is no custom provider `" + name +
                                               "`; `junctor providers list` shows them");
  none.status = 0;  // Nobody answered that.
  return none;
}

}  // namespace

int RunProvidersList(ClientSession& session) {
  const ControlResult<std::vector<Json>> providers = session.api().List(kPath);
  if (!providers.ok()) return session.Fail(providers.errors());
  if (session.json()) {
    session.PrintJson(*providers);
    return kExitOk;
  }
  Table table({"PROVIDER", "NAME", "ENABLED", "BASE URL", "ID"});
  for (const Json& one : *providers) {
    table.Add({"custom-" + one["slug"].text(), Cell(one["name"]),
               one["enable"].boolean() ? "yes" : "no", Cell(one["base_url"]), Cell(one["id"])});
  }
  table.Print(session.console(), "no custom providers");
  return kExitOk;
}

int RunProvidersShow(ClientSession& session, const std::string& name) {
  const ControlResult<Json> provider = Find(session, name);
  if (!provider.ok()) return session.Fail(provider.errors());
  return session.Show(*provider);
}

int RunProvidersCreate(ClientSession& session, const ProviderCreateOptions& options) {
  const absl::StatusOr<Json> settings = ReadAssignments(options.settings);
  if (!settings.ok()) return session.Fail(std::string(settings.status().message()));
  Json provider = Json::Object();
  provider.Set("name", Json::String(options.name.empty() ? options.slug : options.name));
  provider.Set("slug", Json::String(options.slug));
  provider.Set("base_url", Json::String(options.base_url));
  provider.Set("enable", Json::Bool(!options.disabled));
  for (const JsonField& field : settings->fields()) provider.Set(field.key, field.value);
  return session.Finish(session.api().Post(kPath, provider.Compact()),
                        "created provider custom-" + options.slug);
}

int RunProvidersSet(ClientSession& session, const SettingsOptions& options) {
  const absl::StatusOr<Json> settings = ReadAssignments(options.settings);
  if (!settings.ok()) return session.Fail(std::string(settings.status().message()));
  const ControlResult<Json> provider = Find(session, options.name);
  if (!provider.ok()) return session.Fail(provider.errors());
  return session.Finish(session.api().Patch(PathOf(*provider), settings->Compact()),
                        "changed provider custom-" + (*provider)["slug"].text());
}

int RunProvidersDelete(ClientSession& session, const std::string& name, bool yes) {
  const ControlResult<Json> provider = Find(session, name);
  if (!provider.ok()) return session.Fail(provider.errors());
  const std::string slug = "custom-" + (*provider)["slug"].text();
  if (!yes && !session.Confirm("Delete the provider `" + slug + "`?")) {
    return session.Fail("nothing was deleted");
  }
  return session.Finish(session.api().Delete(PathOf(*provider)), "deleted provider " + slug);
}

}  // namespace junctor::engine
