// junctor audit: who changed what, newest first.
#include "absl/time/clock.h"
#include "engine/cli/client/client_commands.h"
#include "engine/cli/client/command_input.h"
#include "engine/cli/client/table.h"

namespace junctor::engine {

int RunAudit(ClientSession& session, const AuditOptions& options) {
  Query query;
  const auto add = [&query](const char* name, const std::string& value) {
    if (!value.empty()) query.emplace_back(name, value);
  };
  for (const auto& [name, text] :
       {std::pair{"since", &options.since}, {"before", &options.before}}) {
    if (text->empty()) continue;
    const absl::StatusOr<std::string> time = ReadTime(*text, absl::Now(), false);
    if (!time.ok()) return session.Fail(std::string(time.status().message()));
    add(name, *time);
  }
  add("actor.email", options.actor);
  add("action.type", options.action);
  add("resource.type", options.resource);
  add("resource.id", options.id);
  add("gateway", options.gateway);
  const ControlResult<std::vector<Json>> entries =
      session.api().List("/audit_logs", {}, query, options.limit);
  if (!entries.ok()) return session.Fail(entries.errors());
  if (session.json()) {
    session.PrintJson(*entries);
    return kExitOk;
  }
  Table table({"WHEN", "WHO", "FROM", "ACTION", "RESOURCE"});
  for (const Json& one : *entries) {
    table.Add({TimeCell(one["when"]), Cell(one["actor"]["email"]), Cell(one["actor"]["ip"]),
               Cell(one["action"]["info"]),
               one["resource"]["type"].text() + " " + one["resource"]["id"].text()});
  }
  table.Print(session.console(), "no changes");
  return kExitOk;
}

}  // namespace junctor::engine
