// What limits have counted: seen, and changed by operators. Those of a route, and a gateway's own.
#include <algorithm>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "engine/admin/admin_change.h"
#include "engine/admin/admin_endpoints.h"
#include "engine/admin/json_object.h"
#include "engine/admin/request_body.h"
#include "engine/control/route_operations.h"
#include "engine/directory/route_deployment.h"
#include "engine/limits/gateway_limits.h"
#include "engine/limits/limit_backend.h"
#include "engine/limits/limit_key_json.h"
#include "engine/limits/limit_row_json.h"
#include "runtime/limits/window_rule.h"

namespace junctor::engine {
namespace {

// Longest name of an element that is looked for: longer than any that compiles.
constexpr size_t kMaxElementBytes = 1024;

// Whose limits are meant.
struct Owner {
  std::string gateway;
  std::string route;                       // empty: the gateway's own limits
  std::string resource_id;                 // for the audit log
  std::shared_ptr<const Program> program;  // that serves; null: there is none

  bool is_gateway() const { return route.empty(); }
  // "route `x`".
  std::string Name() const {
    return is_gateway() ? "gateway `" + gateway + "`" : "route `" + route + "`";
  }
};

// A limit's key as a request names it.
struct NamedKey {
  std::string element;
  std::string key;  // as LimitStep::key
};

int64_t NowNanoseconds(const ControlPlane& control) {
  return control.now_ms() * kNanosecondsPerMillisecond;
}

// Null, and the error, where no limits are kept here.
LimitBackend* BackendOf(const ControlPlane& control, ControlErrors* errors) {
  LimitBackend* const limits = control.parts().limits;
  if (limits == nullptr) {
    *errors = ControlErrors::One(503, kCodeUnavailable, "this process keeps no limits");
  }
  return limits;
}

// The owner that the path names: a route where there is a second value.
ControlResult<Owner> FindOwner(ControlPlane& control, const AdminRequest& request) {
  Owner owner;
  owner.gateway = request.values[0];
  if (request.values.size() == 1) {
    const auto done = control.Read([&](ControlTransaction& transaction) {
      const ControlResult<GatewayRow> found = MustFindGateway(transaction, owner.gateway);
      if (!found.ok()) return ControlResult<std::monostate>(found.errors());
      return ControlResult<std::monostate>(std::monostate());
    });
    if (!done.ok()) return done.errors();
    owner.resource_id = owner.gateway;
    return owner;
  }
  const ControlResult<RouteView> view = GetRoute(control, owner.gateway, request.values[1]);
  if (!view.ok()) return view.errors();
  owner.route = view->route.name;
  owner.resource_id = view->route.id;
  const std::shared_ptr<const RouteTable> table = control.parts().registry->Snapshot();
  const RouteEntry* const entry =
      table->Find(view->file.empty() ? RegistryName(owner.gateway, owner.route) : owner.route);
  if (entry != nullptr) owner.program = entry->program;
  return owner;
}

// What the limit `element` counts; nothing where there is no such limit.
std::optional<LimitType> TypeOf(const Owner& owner, std::string_view element) {
  if (owner.is_gateway()) {
    if (element == kGatewayRateElement || element.starts_with(kKeyElementPrefix)) {
      return LimitType::kCount;
    }
    if (element.starts_with(kSpendElementPrefix)) return LimitType::kCost;
    return std::nullopt;
  }
  if (owner.program == nullptr) return std::nullopt;
  for (const LimitSpec& limit : owner.program->parts().limits) {
    if (owner.program->ElementName(limit.element) == element) return limit.type;
  }
  return std::nullopt;
}

ControlErrors BadQuery(std::string message, std::string name) {
  return ControlErrors::One(400, kCodeBadField, std::move(message), {"query", std::move(name)});
}

// `key` or `key_id` of the query; nothing: neither is there.
ControlResult<std::optional<std::string>> ReadQueryKey(const AdminRequest& request) {
  using Result = ControlResult<std::optional<std::string>>;
  const std::optional<std::string_view> id = request.Query("key_id");
  if (id.has_value()) {
    std::optional<std::string> key = ReadLimitKeyId(*id);
    if (key.has_value()) return Result(std::move(key));
    return BadQuery("`key_id` is none that a list of limits gave, found `" + std::string(*id) + "`",
                    "key_id");
  }
  const std::optional<std::string_view> parts = request.Query("key");
  if (!parts.has_value()) return Result(std::nullopt);
  absl::StatusOr<std::string> key = ReadLimitKeyJson(*parts);
  if (!key.ok()) return BadQuery("`key` " + std::string(key.status().message()), "key");
  return Result(*std::move(key));
}

// `element`, and `key` or `key_id`, of a body.
NamedKey ReadNamedKey(RequestBody* body) {
  NamedKey named;
  named.element =
      body->String("element", Presence::kRequired, kMaxElementBytes).value_or(std::string());
  const std::optional<std::string> id = body->String("key_id", Presence::kOptional);
  const std::optional<std::string_view> parts = body->Array("key", Presence::kOptional);
  if (id.has_value()) {
    std::optional<std::string> key = ReadLimitKeyId(*id);
    if (body->Has("key")) {
      body->Refuse("key_id", "`key` and `key_id` say the same: give one of them");
    } else if (!key.has_value()) {
      body->Refuse("key_id", "`key_id` is none that a list of limits gave, found `" + *id + "`");
    } else {
      named.key = *std::move(key);
    }
  } else if (parts.has_value()) {
    absl::StatusOr<std::string> key = ReadLimitKeyJson(*parts);
    if (key.ok()) {
      named.key = *std::move(key);
    } else {
      body->Refuse("key", "`key` " + std::string(key.status().message()));
    }
  } else if (!body->Has("key") && !body->Has("key_id")) {
    body->Refuse("key",
                 "`key`, an array with the value of each field of the limit's key, or `key_id` is "
                 "needed");
  } else if (body->IsNull("key") || body->IsNull("key_id")) {
    body->Refuse(body->Has("key") ? "key" : "key_id", "the key must not be null");
  }
  return named;
}

JsonObject NamedKeyObject(const NamedKey& named) {
  JsonObject object;
  object.Text("element", named.element)
      .Json("key", LimitKeyJson(named.key).value_or("null"))
      .Text("key_id", LimitKeyId(named.key));
  return object;
}

ControlErrors NoWindow(const Owner& owner, const NamedKey& named) {
  return ControlErrors::NotFound("the limit `" + named.element + "` of the " + owner.Name() +
                                 " has counted nothing for the key " +
                                 LimitKeyJson(named.key).value_or(LimitKeyId(named.key)));
}

// Does `work` on the store of limits, as the last step of a transaction with its entry in the audit
// log; once, also where the database has the transaction run again. `found`: whether the key has a
// window.
ControlResult<std::monostate> ChangeWindow(ControlPlane& control, const AdminRequest& request,
                                           const Owner& owner, const NamedKey& named,
                                           std::string_view info, const std::string& new_value,
                                           const std::function<absl::StatusOr<bool>()>& work) {
  std::optional<absl::StatusOr<bool>> found;
  return control.Change([&](ControlTransaction& transaction) -> ControlResult<std::monostate> {
    AuditEntry entry;
    entry.action_type = "update";
    entry.action_info = std::string(info);
    entry.resource_type = owner.is_gateway() ? "ai_gateway.gateway" : "ai_gateway.route";
    entry.resource_id = owner.resource_id;
    entry.gateway_id = owner.gateway;
    entry.new_value = new_value;
    const absl::Status status = WriteAudit(transaction, request.actor, control.now_ms(), entry);
    if (!status.ok()) return ControlPlane::FromStatus(status);
    if (!found.has_value()) found = work();
    if (!found->ok()) return ControlPlane::FromStatus(found->status());
    if (!**found) return NoWindow(owner, named);
    return std::monostate();
  });
}

AdminAnswer HandleListLimits(ControlPlane& control, const AdminRequest& request) {
  const ControlResult<PageOf> page = ReadPage(request);
  if (!page.ok()) return Failure(page.errors());
  const ControlResult<std::optional<std::string>> key = ReadQueryKey(request);
  if (!key.ok()) return Failure(key.errors());
  ControlErrors errors;
  LimitBackend* const limits = BackendOf(control, &errors);
  if (limits == nullptr) return Failure(errors);
  const ControlResult<Owner> owner = FindOwner(control, request);
  if (!owner.ok()) return Failure(owner.errors());
  absl::StatusOr<LimitSnapshot> snapshot =
      limits->Look(owner->gateway, owner->route, kMaxLimitRows, NowNanoseconds(control));
  if (!snapshot.ok()) return Failure(ControlPlane::FromStatus(snapshot.status()));
  const std::optional<std::string_view> element = request.Query("element");
  std::erase_if(snapshot->rows, [&](const LimitRow& row) {
    return (element.has_value() && row.element != *element) ||
           (key->has_value() && row.key != **key);
  });
  std::vector<std::string> results;
  const int64_t total = static_cast<int64_t>(snapshot->rows.size());
  const int64_t first = std::min(total, (page->page - 1) * page->per_page);
  const int64_t last = std::min(total, first + page->per_page);
  for (int64_t i = first; i < last; ++i) {
    results.push_back(LimitRowJson(snapshot->rows[static_cast<size_t>(i)]));
  }
  std::vector<ControlError> warnings;
  if (snapshot->truncated) {
    ControlError& warning = warnings.emplace_back();
    warning.is_warning = true;
    warning.message = "there are more than " + std::to_string(kMaxLimitRows) +
                      " windows, or looking at them took too long: some are left out";
  }
  return SuccessPage(results, *page, total, warnings);
}

AdminAnswer HandleReset(ControlPlane& control, const AdminRequest& request) {
  ControlResult<RequestBody> body = RequestBody::Parse(request.body);
  if (!body.ok()) return Failure(body.errors());
  const NamedKey named = ReadNamedKey(&*body);
  if (!body->ok()) return Failure(body->errors());
  ControlErrors errors;
  LimitBackend* const limits = BackendOf(control, &errors);
  if (limits == nullptr) return Failure(errors);
  const ControlResult<Owner> owner = FindOwner(control, request);
  if (!owner.ok()) return Failure(owner.errors());
  const std::string result = NamedKeyObject(named).Take();
  const auto done = ChangeWindow(control, request, *owner, named, "limit reset", result, [&] {
    return limits->ResetKey({owner->gateway, owner->route, named.element}, named.key);
  });
  if (!done.ok()) return Failure(done.errors());
  return Success(result);
}

AdminAnswer HandleGrant(ControlPlane& control, const AdminRequest& request) {
  ControlResult<RequestBody> body = RequestBody::Parse(request.body);
  if (!body.ok()) return Failure(body.errors());
  const NamedKey named = ReadNamedKey(&*body);
  const std::optional<double> number = body->Number("amount", Presence::kRequired);
  if (!body->ok()) return Failure(body->errors());
  ControlErrors errors;
  LimitBackend* const limits = BackendOf(control, &errors);
  if (limits == nullptr) return Failure(errors);
  const ControlResult<Owner> owner = FindOwner(control, request);
  if (!owner.ok()) return Failure(owner.errors());
  const std::optional<LimitType> type = TypeOf(*owner, named.element);
  if (!type.has_value()) {
    return Failure(ControlErrors::NotFound("the " + owner->Name() + " has no limit `" +
                                           named.element + "` that serves"));
  }
  const std::optional<uint64_t> amount = LimitAmountOf(*type, *number);
  if (amount.value_or(0) == 0) {
    body->Refuse("amount", *type == LimitType::kCount
                               ? "`amount` must be a whole number of requests, at least 1"
                               : "`amount` must be US dollars, at least 0.000000001");
    return Failure(body->errors());
  }
  const std::string result = NamedKeyObject(named)
                                 .Text("type", LimitTypeName(*type))
                                 .Json("amount", LimitAmountText(*type, *amount))
                                 .Take();
  const auto done = ChangeWindow(control, request, *owner, named, "limit granted", result, [&] {
    return limits->GrantKey({owner->gateway, owner->route, named.element}, named.key, *amount,
                            NowNanoseconds(control));
  });
  if (!done.ok()) return Failure(done.errors());
  return Success(result);
}

#define JUNCTOR_GATEWAY "/accounts/{account_id}/ai-gateway/gateways/{gateway_id}"
constexpr AdminEndpoint kLimitEndpoints[] = {
    {"GET", JUNCTOR_GATEWAY "/limits", Permission::kRead, HandleListLimits},
    {"POST", JUNCTOR_GATEWAY "/limits/reset", Permission::kEdit, HandleReset},
    {"POST", JUNCTOR_GATEWAY "/limits/grant", Permission::kEdit, HandleGrant},
    {"GET", JUNCTOR_GATEWAY "/routes/{route_id}/limits", Permission::kRead, HandleListLimits},
    {"POST", JUNCTOR_GATEWAY "/routes/{route_id}/limits/reset", Permission::kEdit, HandleReset},
    {"POST", JUNCTOR_GATEWAY "/routes/{route_id}/limits/grant", Permission::kEdit, HandleGrant},
};
#undef JUNCTOR_GATEWAY

}  // namespace

std::span<const AdminEndpoint> LimitEndpoints() { return kLimitEndpoints; }

}  // namespace junctor::engine
