// junctor gateways: list, show, create, set, delete.
#include "engine/admin/url_text.h"
#include "engine/cli/client/client_commands.h"
#include "engine/cli/client/command_input.h"
#include "engine/cli/client/table.h"

namespace junctor::engine {
namespace {

std::string PathOf(const std::string& name) { return "/gateways/" + EncodePercent(name); }

// "100/60s sliding", or "off".
std::string RateCell(const Json& gateway) {
  const std::string limit = gateway["rate_limiting_limit"].text();
  const std::string interval = gateway["rate_limiting_interval"].text();
  if (limit.empty() || interval.empty() || limit == "0" || interval == "0") return "off";
  const std::string technique = gateway["rate_limiting_technique"].text();
  return limit + "/" + interval + "s" + (technique.empty() ? "" : " " + technique);
}

std::string CacheCell(const Json& gateway) {
  const std::string ttl = gateway["cache_ttl"].text();
  return ttl.empty() || ttl == "0" ? "off" : ttl + "s";
}

std::string OnOff(const Json& value) { return value.boolean() ? "on" : "off"; }

// What the API demands of a new gateway, as the documents' dashboard presets it.
Json NewGateway(const std::string& name) {
  Json gateway = Json::Object();
  gateway.Set("id", Json::String(name));
  gateway.Set("cache_invalidate_on_update", Json::Bool(false));
  gateway.Set("cache_ttl", Json::Number(0));
  gateway.Set("collect_logs", Json::Bool(true));
  gateway.Set("rate_limiting_interval", Json::Number(0));
  gateway.Set("rate_limiting_limit", Json::Number(0));
  gateway.Set("rate_limiting_technique", Json::String("fixed"));
  gateway.Set("authentication", Json::Bool(true));
  return gateway;
}

void Lay(const Json& over, Json* object) {
  for (const JsonField& field : over.fields()) object->Set(field.key, field.value);
}

}  // namespace

int RunGatewaysList(ClientSession& session) {
  const ControlResult<std::vector<Json>> gateways = session.api().List("/gateways");
  if (!gateways.ok()) return session.Fail(gateways.errors());
  if (session.json()) {
    session.PrintJson(*gateways);
    return kExitOk;
  }
  Table table({"GATEWAY", "AUTHENTICATION", "LOGS", "CACHE", "RATE LIMIT", "MODIFIED"});
  for (const Json& one : *gateways) {
    table.Add({Cell(one["id"]), OnOff(one["authentication"]), OnOff(one["collect_logs"]),
               CacheCell(one), RateCell(one), TimeCell(one["modified_at"])});
  }
  table.Print(session.console(), "no gateways");
  return kExitOk;
}

int RunGatewaysShow(ClientSession& session, const std::string& name) {
  const ControlResult<AdminReply> reply = session.api().Get(PathOf(name));
  if (!reply.ok()) return session.Fail(reply.errors());
  return session.Show(reply->result());
}

int RunGatewaysCreate(ClientSession& session, const SettingsOptions& options) {
  const absl::StatusOr<Json> settings = ReadAssignments(options.settings);
  if (!settings.ok()) return session.Fail(std::string(settings.status().message()));
  Json gateway = NewGateway(options.name);
  Lay(*settings, &gateway);
  return session.Finish(session.api().Post("/gateways", gateway.Compact()),
                        "created gateway " + options.name);
}

int RunGatewaysSet(ClientSession& session, const SettingsOptions& options) {
  const absl::StatusOr<Json> settings = ReadAssignments(options.settings);
  if (!settings.ok()) return session.Fail(std::string(settings.status().message()));
  const ControlResult<AdminReply> now = session.api().Get(PathOf(options.name));
  if (!now.ok()) return session.Fail(now.errors());
  Json gateway = now->result();
  for (const char* field : {"id", "created_at", "modified_at", "is_default"}) gateway.Remove(field);
  Lay(*settings, &gateway);
  return session.Finish(session.api().Put(PathOf(options.name), gateway.Compact()),
                        "changed gateway " + options.name);
}

int RunGatewaysDelete(ClientSession& session, const std::string& name, bool yes) {
  if (!yes &&
      !session.Confirm("Delete the gateway `" + name + "` with its routes, keys and logs?")) {
    return session.Fail("nothing was deleted");
  }
  return session.Finish(session.api().Delete(PathOf(name)), "deleted gateway " + name);
}

}  // namespace junctor::engine
