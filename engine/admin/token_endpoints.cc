// Tokens: made, listed, revoked. Their text is told once, when they are made.
#include <algorithm>
#include <optional>
#include <string>
#include <utility>

#include "engine/admin/admin_change.h"
#include "engine/admin/admin_endpoints.h"
#include "engine/admin/json_object.h"
#include "engine/admin/request_body.h"
#include "engine/control/access_tokens.h"
#include "engine/control/gateway_settings.h"

namespace junctor::engine {
namespace {

constexpr size_t kMaxTokenNameBytes = 256;

JsonObject TokenObject(const ControlPlane& control, const TokenRow& row) {
  JsonObject object;
  object.Text("id", row.id)
      .Text("name", row.name)
      .Json("permissions", PermissionArray(row.permissions))
      .TextOrNull("gateway", row.gateway_id)
      .Time("created_at", row.created_ms)
      .TimeOrNull("expires_at", row.expires_ms)
      .TimeOrNull("last_used_at", std::max(row.last_used_ms, control.LastUseOfToken(row.id)))
      .Text("preview", row.preview);
  return object;
}

// The bits of `names`; each that is none of the three is an error of the body.
uint8_t ReadPermissions(const std::vector<std::string>& names, RequestBody* body) {
  uint8_t bits = 0;
  for (const std::string& name : names) {
    const auto* const known =
        std::find_if(kPermissions.begin(), kPermissions.end(),
                     [&name](const NamedPermission& one) { return one.name == name; });
    if (known == kPermissions.end()) {
      body->Refuse("permissions",
                   "`permissions` holds `read`, `edit` and `run`, found `" + name + "`");
      return 0;
    }
    bits |= static_cast<uint8_t>(known->permission);
  }
  if (bits == 0) body->Refuse("permissions", "`permissions` must name at least one");
  return bits;
}

AdminAnswer CreateToken(ControlPlane& control, const AdminRequest& request) {
  ControlResult<RequestBody> body = RequestBody::Parse(request.body);
  if (!body.ok()) return Failure(body.errors());
  const std::optional<std::string> name =
      body->String("name", Presence::kRequired, kMaxTokenNameBytes);
  uint8_t permissions = 0;
  if (const auto names = body->Strings("permissions", Presence::kRequired)) {
    permissions = ReadPermissions(*names, &*body);
  }
  const std::string gateway = body->String("gateway", Presence::kOptional).value_or("");
  if (!gateway.empty() && !IsGatewayId(gateway)) {
    body->Refuse("gateway", "`gateway` must be the id of a gateway");
  }
  int64_t expires_ms = 0;
  if (const auto text = body->String("expires_at", Presence::kOptional)) {
    const std::optional<int64_t> time = ParseTime(*text);
    if (!time.has_value()) {
      body->Refuse("expires_at", "`expires_at` must be a time such as `2026-12-31T00:00:00Z`");
    } else if (*time <= control.now_ms()) {
      body->Refuse("expires_at", "`expires_at` is in the past");
    } else {
      expires_ms = *time;
    }
  }
  if (!body->ok()) return Failure(body->errors());
  // Or whoever may edit could give away, or take, what nobody gave to them.
  if ((permissions & ~request.token_permissions) != 0) {
    return Failure(ControlErrors::One(
        403, kCodePermission,
        "the token `" + request.actor.name + "` can't give permissions that it does not have",
        {"body", "permissions"}));
  }

  const auto made = MakeToken(*name, permissions, gateway, expires_ms, control.now_ms());
  if (!made.ok()) return Failure(ControlPlane::FromStatus(made.status()));
  const auto done = control.Change([&](ControlTransaction& transaction) {
    // `default` comes into being when it is asked for first.
    if (!gateway.empty() && gateway != "default") {
      const auto found = transaction.FindGateway(gateway);
      if (!found.ok()) return AsResult(found.status());
      if (!found->has_value()) {
        return ControlResult<std::monostate>(
            ControlErrors::BadField("there is no gateway `" + gateway + "`", "gateway"));
      }
    }
    return AsResult(InsertToken(transaction, made->row, request.actor, control.now_ms()));
  });
  if (!done.ok()) return Failure(done.errors());
  return Success(TokenObject(control, made->row).Text("token", made->text.Reveal()).Take());
}

AdminAnswer ListTokens(ControlPlane& control, const AdminRequest& request) {
  const ControlResult<PageOf> page = ReadPage(request);
  if (!page.ok()) return Failure(page.errors());
  Page<TokenRow> rows;
  const auto done = control.Read([&](ControlTransaction& transaction) {
    auto read = transaction.ListTokens(*page);
    if (read.ok()) rows = *std::move(read);
    return AsResult(read.status());
  });
  if (!done.ok()) return Failure(done.errors());
  std::vector<std::string> results;
  for (const TokenRow& row : rows.rows) results.push_back(TokenObject(control, row).Take());
  return SuccessPage(results, *page, rows.total);
}

ControlResult<TokenRow> MustFindToken(ControlTransaction& transaction, const std::string& id) {
  auto found = transaction.FindToken(id);
  if (!found.ok()) return ControlPlane::FromStatus(found.status());
  if (!found->has_value()) return NotFoundError("token", id);
  return **std::move(found);
}

AdminAnswer GetToken(ControlPlane& control, const AdminRequest& request) {
  const auto row = ReadOne(control, [&](ControlTransaction& transaction) {
    return MustFindToken(transaction, request.values[0]);
  });
  if (!row.ok()) return Failure(row.errors());
  return Success(TokenObject(control, *row).Take());
}

AdminAnswer RevokeToken(ControlPlane& control, const AdminRequest& request) {
  TokenRow row;
  const auto done = control.Change([&](ControlTransaction& transaction) {
    auto found = MustFindToken(transaction, request.values[0]);
    if (!found.ok()) return ControlResult<std::monostate>(found.errors());
    row = *std::move(found);
    return AsResult(DeleteToken(transaction, row, request.actor, control.now_ms()));
  });
  if (!done.ok()) return Failure(done.errors());
  return Success(TokenObject(control, row).Take());
}

constexpr AdminEndpoint kTokenEndpoints[] = {
    {"POST", "/accounts/{account_id}/ai-gateway/tokens", Permission::kEdit, CreateToken},
    {"GET", "/accounts/{account_id}/ai-gateway/tokens", Permission::kRead, ListTokens},
    {"GET", "/accounts/{account_id}/ai-gateway/tokens/{token_id}", Permission::kRead, GetToken},
    {"DELETE", "/accounts/{account_id}/ai-gateway/tokens/{token_id}", Permission::kEdit,
     RevokeToken},
};

}  // namespace

std::span<const AdminEndpoint> TokenEndpoints() { return kTokenEndpoints; }

}  // namespace junctor::engine
