// The audit log: who changed what, when, from where.
#include <optional>
#include <string>
#include <utility>

#include "engine/admin/admin_change.h"
#include "engine/admin/admin_endpoints.h"
#include "engine/admin/json_object.h"

namespace junctor::engine {
namespace {

// As clients of audit logs have it in their types.
constexpr int64_t kMaxAuditPerPage = 1000;

std::string AuditJson(const AuditRow& row, const std::string& account) {
  JsonObject action;
  action.Text("info", row.action_info).Bool("result", row.result).Text("type", row.action_type);
  JsonObject actor;
  actor.Text("email", row.actor_name)
      .Text("id", row.actor_id)
      .Text("ip", row.actor_ip)
      .Text("type", row.interface == "system" ? "system" : "user");
  JsonObject metadata;
  if (!row.gateway_id.empty()) metadata.Text("gateway_id", row.gateway_id);
  JsonObject owner;
  owner.Text("id", account);
  JsonObject resource;
  resource.Text("id", row.resource_id).Text("type", row.resource_type);
  JsonObject entry;
  entry.Json("action", action.Take())
      .Json("actor", actor.Take())
      .Text("id", row.id)
      .Text("interface", row.interface)
      .Json("metadata", metadata.Take())
      .Text("newValue", "")
      .Json("newValueJson", row.new_value.empty() ? "{}" : row.new_value)
      .Text("oldValue", "")
      .Json("oldValueJson", row.old_value.empty() ? "{}" : row.old_value)
      .Json("owner", owner.Take())
      .Json("resource", resource.Take())
      .Time("when", row.when_ms);
  return entry.Take();
}

ControlErrors BadQuery(const char* name, std::string message) {
  return ControlErrors::One(400, kCodeBadField, std::move(message), {"query", name});
}

// A time of the query; 0 where it is not there.
ControlResult<int64_t> ReadTime(const AdminRequest& request, const char* name) {
  const std::optional<std::string_view> text = request.Query(name);
  if (!text.has_value()) return int64_t{0};
  const std::optional<int64_t> time = ParseTime(*text);
  if (time.has_value()) return *time;
  return BadQuery(name, "`" + std::string(name) +
                            "` must be a time such as `2026-01-31T12:00:00Z`, found `" +
                            std::string(*text) + "`");
}

ControlResult<AuditFilter> ReadAuditFilter(const AdminRequest& request) {
  AuditFilter filter;
  const ControlResult<int64_t> since = ReadTime(request, "since");
  if (!since.ok()) return since.errors();
  const ControlResult<int64_t> before = ReadTime(request, "before");
  if (!before.ok()) return before.errors();
  filter.since_ms = *since;
  filter.before_ms = *before;
  const auto read = [&request](const char* name, std::string* field) {
    if (const auto text = request.Query(name)) *field = *text;
  };
  read("actor.email", &filter.actor_name);
  read("actor.ip", &filter.actor_ip);
  read("action.type", &filter.action_type);
  read("resource.type", &filter.resource_type);
  read("resource.id", &filter.resource_id);
  read("gateway", &filter.gateway_id);
  read("id", &filter.id);
  const std::string_view direction = request.Query("direction").value_or("desc");
  if (direction != "asc" && direction != "desc") {
    return BadQuery("direction",
                    "`direction` must be `asc` or `desc`, found `" + std::string(direction) + "`");
  }
  filter.oldest_first = direction == "asc";
  return filter;
}

AdminAnswer ListAudit(ControlPlane& control, const AdminRequest& request) {
  const ControlResult<PageOf> page = ReadPage(request, kMaxAuditPerPage);
  if (!page.ok()) return Failure(page.errors());
  const ControlResult<AuditFilter> filter = ReadAuditFilter(request);
  if (!filter.ok()) return Failure(filter.errors());
  Page<AuditRow> rows;
  const auto done = control.Read([&](ControlTransaction& transaction) {
    auto read = transaction.ListAudit(*filter, *page);
    if (read.ok()) rows = *std::move(read);
    return AsResult(read.status());
  });
  if (!done.ok()) return Failure(done.errors());
  std::vector<std::string> results;
  for (const AuditRow& row : rows.rows) results.push_back(AuditJson(row, request.account));
  return SuccessPage(results, *page, rows.total);
}

constexpr AdminEndpoint kAuditEndpoints[] = {
    {"GET", "/accounts/{account_id}/audit_logs", Permission::kRead, ListAudit},
    {"GET", "/accounts/{account_id}/ai-gateway/audit_logs", Permission::kRead, ListAudit},
};

}  // namespace

std::span<const AdminEndpoint> AuditEndpoints() { return kAuditEndpoints; }

}  // namespace junctor::engine
