// Gateways, and the URLs at which callers reach them.
#include <optional>
#include <string>
#include <utility>

#include "engine/admin/admin_change.h"
#include "engine/admin/admin_endpoints.h"
#include "engine/admin/json_object.h"
#include "engine/admin/request_body.h"
#include "engine/admin/url_text.h"
#include "engine/control/access_tokens.h"
#include "engine/control/gateway_settings.h"
#include "engine/observe/json_text.h"

namespace junctor::engine {
namespace {

std::string GatewayJson(const GatewayRow& row) {
  JsonObject object;
  object.Text("id", row.id).Members(GatewaySettings::FromStored(row.settings).Members());
  object.Bool("is_default", row.is_default);
  return object.Time("created_at", row.created_ms).Time("modified_at", row.modified_ms).Take();
}

// What the audit log says of a gateway.
std::string AuditJson(const GatewayRow& row) {
  JsonObject object;
  object.Text("id", row.id).Members(GatewaySettings::FromStored(row.settings).MaskedMembers());
  return object.Take();
}

AuditEntry EntryOf(const GatewayRow& row, const char* type, const char* info) {
  AuditEntry entry;
  entry.action_type = type;
  entry.action_info = info;
  entry.resource_type = "ai_gateway.gateway";
  entry.resource_id = row.id;
  entry.gateway_id = row.id;
  return entry;
}

AdminAnswer CreateGateway(ControlPlane& control, const AdminRequest& request) {
  ControlResult<RequestBody> body = RequestBody::Parse(request.body);
  if (!body.ok()) return Failure(body.errors());
  const std::optional<std::string> id = body->String("id", Presence::kRequired);
  if (id.has_value() && !IsGatewayId(*id)) {
    body->Refuse("id", "`id` must be 1 to " + std::to_string(kMaxGatewayIdBytes) +
                           " letters, digits, `-`, `_` and `.`");
  }
  GatewaySettings settings;
  const std::optional<ControlErrors> wrong = settings.Update(request.body);
  if (!body->ok() || wrong.has_value()) {
    return Failure(Joined(body->errors(), wrong.value_or(ControlErrors())));
  }
  GatewayRow row;
  row.id = *id;
  row.settings = settings.Text();
  row.is_default = row.id == "default";
  row.created_ms = row.modified_ms = control.now_ms();
  const auto done = control.Change([&](ControlTransaction& transaction) {
    absl::Status status = transaction.InsertGateway(row);
    if (absl::IsAlreadyExists(status)) {
      return ControlResult<std::monostate>(
          DuplicateError("a gateway with the id `" + row.id + "` exists already", "id"));
    }
    if (!status.ok()) return AsResult(status);
    AuditEntry entry = EntryOf(row, "create", "gateway created");
    entry.new_value = AuditJson(row);
    return AsResult(Record(transaction, control, request, ChangeKind::kGateway, row.id, entry));
  });
  if (!done.ok()) return Failure(done.errors());
  return Success(GatewayJson(row));
}

AdminAnswer ListGateways(ControlPlane& control, const AdminRequest& request) {
  const ControlResult<PageOf> page = ReadPage(request);
  if (!page.ok()) return Failure(page.errors());
  Page<GatewayRow> rows;
  const auto done = control.Read([&](ControlTransaction& transaction) {
    auto read = transaction.ListGateways(request.Query("search").value_or(""), *page);
    if (read.ok()) rows = *std::move(read);
    return AsResult(read.status());
  });
  if (!done.ok()) return Failure(done.errors());
  std::vector<std::string> results;
  for (const GatewayRow& row : rows.rows) results.push_back(GatewayJson(row));
  return SuccessPage(results, *page, rows.total);
}

AdminAnswer GetGateway(ControlPlane& control, const AdminRequest& request) {
  const auto row = ReadOne(control, [&](ControlTransaction& transaction) {
    return MustFindGateway(transaction, request.values[0]);
  });
  if (!row.ok()) return Failure(row.errors());
  return Success(GatewayJson(*row));
}

AdminAnswer UpdateGateway(ControlPlane& control, const AdminRequest& request) {
  const ControlResult<RequestBody> body = RequestBody::Parse(request.body);
  if (!body.ok()) return Failure(body.errors());
  GatewayRow row;
  const auto done = control.Change([&](ControlTransaction& transaction) {
    auto found = MustFindGateway(transaction, request.values[0]);
    if (!found.ok()) return ControlResult<std::monostate>(found.errors());
    row = *std::move(found);
    AuditEntry entry = EntryOf(row, "update", "gateway updated");
    entry.old_value = AuditJson(row);
    GatewaySettings settings = GatewaySettings::FromStored(row.settings);
    if (auto wrong = settings.Update(request.body)) {
      return ControlResult<std::monostate>(*std::move(wrong));
    }
    row.settings = settings.Text();
    row.modified_ms = control.now_ms();
    entry.new_value = AuditJson(row);
    absl::Status status = transaction.UpdateGateway(row);
    if (!status.ok()) return AsResult(status);
    return AsResult(Record(transaction, control, request, ChangeKind::kGateway, row.id, entry));
  });
  if (!done.ok()) return Failure(done.errors());
  return Success(GatewayJson(row));
}

// Tokens that are good for one gateway alone end with it: a gateway that gets its name later is
// another one.
absl::Status DeleteTokensOf(ControlTransaction& transaction, const ControlPlane& control,
                            const AdminRequest& request, const std::string& id) {
  const auto tokens = transaction.AllTokens();
  if (!tokens.ok()) return tokens.status();
  for (const TokenRow& token : *tokens) {
    if (token.gateway_id != id) continue;
    absl::Status status = DeleteToken(transaction, token, request.actor, control.now_ms());
    if (!status.ok()) return status;
  }
  return absl::OkStatus();
}

AdminAnswer DeleteGateway(ControlPlane& control, const AdminRequest& request) {
  GatewayRow row;
  const auto done = control.Change([&](ControlTransaction& transaction) {
    auto found = MustFindGateway(transaction, request.values[0]);
    if (!found.ok()) return ControlResult<std::monostate>(found.errors());
    row = *std::move(found);
    absl::Status status = DeleteTokensOf(transaction, control, request, row.id);
    if (status.ok()) status = transaction.DeleteGateway(row.id);
    if (!status.ok()) return AsResult(status);
    AuditEntry entry = EntryOf(row, "delete", "gateway deleted");
    entry.old_value = AuditJson(row);
    return AsResult(Record(transaction, control, request, ChangeKind::kGateway, row.id, entry));
  });
  if (!done.ok()) return Failure(done.errors());
  return Success(GatewayJson(row));
}

// Whether requests can name `provider` behind the gateway's id.
bool IsProviderName(const ControlPlane& control, std::string_view provider) {
  return provider == "compat" || provider == "universal" ||
         control.parts().config->FindProvider(provider) != nullptr ||
         control.parts().directory->Get()->FindCustomProvider(provider) != nullptr;
}

AdminAnswer GetUrl(ControlPlane& control, const AdminRequest& request) {
  const std::string& gateway = request.values[0];
  const std::string& provider = request.values[1];
  const auto row = ReadOne(control, [&](ControlTransaction& transaction) {
    return MustFindGateway(transaction, gateway);
  });
  if (!row.ok()) return Failure(row.errors());
  if (!IsProviderName(control, provider)) return Failure(NotFoundError("provider", provider));
  std::string url =
      control.parts().data_plane_url() + "/v1/" + EncodePercent(request.account) + "/" + gateway;
  // The universal endpoint is the gateway itself.
  if (provider != "universal") url += "/" + provider;
  std::string result;
  AppendJsonString(&result, url);
  return Success(result);
}

constexpr AdminEndpoint kGatewayEndpoints[] = {
    {"POST", "/accounts/{account_id}/ai-gateway/gateways", Permission::kEdit, CreateGateway},
    {"GET", "/accounts/{account_id}/ai-gateway/gateways", Permission::kRead, ListGateways},
    {"GET", "/accounts/{account_id}/ai-gateway/gateways/{gateway_id}", Permission::kRead,
     GetGateway},
    {"PUT", "/accounts/{account_id}/ai-gateway/gateways/{gateway_id}", Permission::kEdit,
     UpdateGateway},
    {"DELETE", "/accounts/{account_id}/ai-gateway/gateways/{gateway_id}", Permission::kEdit,
     DeleteGateway},
    {"GET", "/accounts/{account_id}/ai-gateway/gateways/{gateway_id}/url/{provider}",
     Permission::kRead, GetUrl},
};

}  // namespace

std::span<const AdminEndpoint> GatewayEndpoints() { return kGatewayEndpoints; }

}  // namespace junctor::engine
