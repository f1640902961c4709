// Custom providers: upstreams of the account's own, called `custom-{slug}` in requests.
#include <optional>
#include <string>
#include <utility>

#include "engine/admin/admin_change.h"
#include "engine/admin/admin_endpoints.h"
#include "engine/admin/json_object.h"
#include "engine/admin/request_body.h"
#include "engine/config/base_url.h"
#include "engine/control/custom_provider.h"

namespace junctor::engine {
namespace {

constexpr size_t kMaxProviderNameBytes = 256;
constexpr int64_t kMostPosition = 1'000'000'000;

std::string ProviderJson(const CustomProviderRow& row, const std::string& account) {
  const CustomProviderFields fields = CustomProviderFields::FromStored(row.fields);
  JsonObject object;
  object.Text("id", row.id)
      .Text("account_id", account)
      .Text("account_tag", account)
      .Text("name", row.name)
      .Text("slug", row.slug)
      .Text("base_url", fields.base_url)
      .TextOrNull("description", fields.description)
      .Bool("enable", row.enable)
      .Bool("beta", row.beta)
      .Integer("position", row.position)
      .Text("logo", fields.logo)
      .TextOrNull("link", fields.link)
      .TextOrNull("curl_example", fields.curl_example)
      .TextOrNull("js_example", fields.js_example)
      .TextOrNull("headers", fields.headers)
      .Time("created_at", row.created_ms)
      .Time("modified_at", row.modified_ms);
  return object.Take();
}

// What the audit log says of a provider: its headers may be credentials.
std::string AuditJson(const CustomProviderRow& row) {
  const CustomProviderFields fields = CustomProviderFields::FromStored(row.fields);
  JsonObject object;
  object.Text("name", row.name)
      .Text("slug", row.slug)
      .Text("base_url", fields.base_url)
      .TextOrNull("description", fields.description)
      .Bool("enable", row.enable)
      .Bool("beta", row.beta)
      .Integer("position", row.position)
      .TextOrNull("link", fields.link)
      .TextOrNull("headers", fields.headers.empty() ? "" : MaskExtraHeaders(fields.headers));
  return object.Take();
}

AuditEntry EntryOf(const CustomProviderRow& row, const char* type, const char* info) {
  AuditEntry entry;
  entry.action_type = type;
  entry.action_info = info;
  entry.resource_type = "ai_gateway.custom_provider";
  entry.resource_id = row.id;
  return entry;
}

// The form of a URL, and whether its host may be called at all.
void CheckBaseUrl(const ControlPlane& control, const std::string& text, RequestBody* body) {
  if (!text.starts_with("https://")) {
    body->Refuse("base_url", "base_url must be a valid HTTPS URL starting with https://");
    return;
  }
  const absl::StatusOr<BaseUrl> url = ParseBaseUrl(text);
  if (!url.ok()) {
    body->Refuse("base_url", "base_url must be a valid HTTPS URL starting with https://: " +
                                 std::string(url.status().message()));
    return;
  }
  const absl::Status allowed = control.parts().check_target(url->host);
  if (!allowed.ok()) {
    body->Refuse("base_url", "base_url is refused: " + std::string(allowed.message()));
  }
}

// Lays what the body has over `row` and `fields`. A text that is null is no longer set.
void LayOver(RequestBody* body, CustomProviderRow* row, CustomProviderFields* fields) {
  if (auto name = body->String("name", Presence::kOptional, kMaxProviderNameBytes)) {
    row->name = *name;
  }
  if (auto slug = body->String("slug", Presence::kOptional)) row->slug = *slug;
  if (auto base_url = body->String("base_url", Presence::kOptional)) fields->base_url = *base_url;
  if (auto enable = body->Bool("enable", Presence::kOptional)) row->enable = *enable;
  if (auto beta = body->Bool("beta", Presence::kOptional)) row->beta = *beta;
  if (auto position =
          body->Integer("position", Presence::kOptional, -kMostPosition, kMostPosition)) {
    row->position = *position;
  }
  const auto read = [body](const char* name, std::string* field) {
    if (body->IsNull(name)) field->clear();
    if (auto text = body->String(name, Presence::kOptional)) *field = *text;
  };
  read("description", &fields->description);
  read("link", &fields->link);
  read("curl_example", &fields->curl_example);
  read("js_example", &fields->js_example);
  read("headers", &fields->headers);
  fields->logo = MakeLogo(row->name);
}

// What a new provider must have; it can be left out of a change, but not be taken away.
constexpr const char* kNeeded[] = {"name", "slug", "base_url"};

// Finds what is wrong with the body of a new provider, or of a change. May block while a name is
// resolved: never inside a transaction, which holds up all others.
void CheckProvider(const ControlPlane& control, bool is_new, RequestBody* body) {
  for (const char* const name : kNeeded) {
    if (is_new || body->Has(name)) body->String(name, Presence::kRequired);
  }
  if (!body->ok()) return;
  CustomProviderRow row;
  CustomProviderFields fields;
  LayOver(body, &row, &fields);
  if (body->Has("slug") && !IsCustomSlug(row.slug)) {
    body->Refuse("slug", "slug must be 1 to " + std::to_string(kMaxCustomSlugBytes) +
                             " letters, digits and hyphens");
  }
  if (body->Has("base_url")) CheckBaseUrl(control, fields.base_url, body);
  if (!fields.headers.empty()) {
    const auto headers = ParseExtraHeaders(fields.headers);
    if (!headers.ok()) {
      body->Refuse("headers", "headers " + std::string(headers.status().message()));
    }
  }
}

ControlErrors SlugTaken(const CustomProviderRow& row) {
  return DuplicateError("a custom provider with the slug `" + row.slug + "` exists already",
                        "slug");
}

AdminAnswer CreateProvider(ControlPlane& control, const AdminRequest& request) {
  ControlResult<RequestBody> body = RequestBody::Parse(request.body);
  if (!body.ok()) return Failure(body.errors());
  CheckProvider(control, true, &*body);
  if (!body->ok()) return Failure(body->errors());
  CustomProviderRow row;
  CustomProviderFields fields;
  LayOver(&*body, &row, &fields);
  row.id = NewUuid();
  row.fields = fields.Text();
  row.created_ms = row.modified_ms = control.now_ms();
  const auto done = control.Change([&](ControlTransaction& transaction) {
    absl::Status status = transaction.InsertCustomProvider(row);
    if (absl::IsAlreadyExists(status)) return ControlResult<std::monostate>(SlugTaken(row));
    if (!status.ok()) return AsResult(status);
    AuditEntry entry = EntryOf(row, "create", "custom provider created");
    entry.new_value = AuditJson(row);
    return AsResult(
        Record(transaction, control, request, ChangeKind::kCustomProvider, row.id, entry));
  });
  if (!done.ok()) return Failure(done.errors());
  return Success(ProviderJson(row, request.account));
}

// `true` or `false` of the query; an error where it is something else.
bool ReadBool(const AdminRequest& request, const char* name, std::optional<bool>* value,
              ControlErrors* errors) {
  const auto text = request.Query(name);
  if (!text.has_value()) return true;
  if (*text == "true" || *text == "false") {
    *value = *text == "true";
    return true;
  }
  *errors = ControlErrors::One(
      400, kCodeBadField,
      "`" + std::string(name) + "` must be `true` or `false`, found `" + std::string(*text) + "`",
      {"query", name});
  return false;
}

ControlResult<CustomProviderFilter> ReadProviderFilter(const AdminRequest& request) {
  CustomProviderFilter filter;
  ControlErrors errors;
  if (!ReadBool(request, "enable", &filter.enable, &errors) ||
      !ReadBool(request, "beta", &filter.beta, &errors)) {
    return errors;
  }
  filter.search = request.Query("search").value_or("");
  std::string_view order = request.Query("order_by").value_or("");
  const size_t space = order.find(' ');
  const std::string_view direction = space == order.npos ? "ASC" : order.substr(space + 1);
  filter.order_by = order.substr(0, space);
  filter.descending = direction == "DESC" || direction == "desc";
  if (!filter.descending && direction != "ASC" && direction != "asc") {
    return ControlErrors::One(
        400, kCodeBadField,
        "`order_by` must be a field and `ASC` or `DESC`, found `" + std::string(order) + "`",
        {"query", "order_by"});
  }
  return filter;
}

AdminAnswer ListProviders(ControlPlane& control, const AdminRequest& request) {
  const ControlResult<PageOf> page = ReadPage(request);
  if (!page.ok()) return Failure(page.errors());
  const ControlResult<CustomProviderFilter> filter = ReadProviderFilter(request);
  if (!filter.ok()) return Failure(filter.errors());
  Page<CustomProviderRow> rows;
  const auto done = control.Read([&](ControlTransaction& transaction) {
    auto read = transaction.ListCustomProviders(*filter, *page);
    if (read.ok()) rows = *std::move(read);
    return AsResult(read.status());
  });
  if (!done.ok()) {
    ControlErrors errors = done.errors();
    for (ControlError& error : errors.errors) {
      if (error.code == kCodeBadField) error.path = {"query", "order_by"};
    }
    return Failure(errors);
  }
  std::vector<std::string> results;
  for (const CustomProviderRow& row : rows.rows) {
    results.push_back(ProviderJson(row, request.account));
  }
  return SuccessPage(results, *page, rows.total);
}

ControlResult<CustomProviderRow> MustFindProvider(ControlTransaction& transaction,
                                                  const std::string& id) {
  auto found = transaction.FindCustomProvider(id);
  if (!found.ok()) return ControlPlane::FromStatus(found.status());
  if (!found->has_value()) return NotFoundError("custom provider", id);
  return **std::move(found);
}

AdminAnswer GetProvider(ControlPlane& control, const AdminRequest& request) {
  const auto row = ReadOne(control, [&](ControlTransaction& transaction) {
    return MustFindProvider(transaction, request.values[0]);
  });
  if (!row.ok()) return Failure(row.errors());
  return Success(ProviderJson(*row, request.account));
}

AdminAnswer UpdateProvider(ControlPlane& control, const AdminRequest& request) {
  ControlResult<RequestBody> body = RequestBody::Parse(request.body);
  if (!body.ok()) return Failure(body.errors());
  CheckProvider(control, false, &*body);
  if (!body->ok()) return Failure(body->errors());
  CustomProviderRow row;
  const auto done = control.Change([&](ControlTransaction& transaction) {
    auto found = MustFindProvider(transaction, request.values[0]);
    if (!found.ok()) return ControlResult<std::monostate>(found.errors());
    row = *std::move(found);
    AuditEntry entry = EntryOf(row, "update", "custom provider updated");
    entry.old_value = AuditJson(row);
    CustomProviderFields fields = CustomProviderFields::FromStored(row.fields);
    LayOver(&*body, &row, &fields);
    row.fields = fields.Text();
    row.modified_ms = control.now_ms();
    entry.new_value = AuditJson(row);
    absl::Status status = transaction.UpdateCustomProvider(row);
    if (absl::IsAlreadyExists(status)) return ControlResult<std::monostate>(SlugTaken(row));
    if (!status.ok()) return AsResult(status);
    return AsResult(
        Record(transaction, control, request, ChangeKind::kCustomProvider, row.id, entry));
  });
  if (!done.ok()) return Failure(done.errors());
  return Success(ProviderJson(row, request.account));
}

AdminAnswer DeleteProvider(ControlPlane& control, const AdminRequest& request) {
  CustomProviderRow row;
  const auto done = control.Change([&](ControlTransaction& transaction) {
    auto found = MustFindProvider(transaction, request.values[0]);
    if (!found.ok()) return ControlResult<std::monostate>(found.errors());
    row = *std::move(found);
    absl::Status status = transaction.DeleteCustomProvider(row.id);
    if (!status.ok()) return AsResult(status);
    AuditEntry entry = EntryOf(row, "delete", "custom provider deleted");
    entry.old_value = AuditJson(row);
    return AsResult(
        Record(transaction, control, request, ChangeKind::kCustomProvider, row.id, entry));
  });
  if (!done.ok()) return Failure(done.errors());
  return Success(ProviderJson(row, request.account));
}

constexpr AdminEndpoint kCustomProviderEndpoints[] = {
    {"POST", "/accounts/{account_id}/ai-gateway/custom-providers", Permission::kEdit,
     CreateProvider},
    {"GET", "/accounts/{account_id}/ai-gateway/custom-providers", Permission::kRead, ListProviders},
    {"GET", "/accounts/{account_id}/ai-gateway/custom-providers/{provider_id}", Permission::kRead,
     GetProvider},
    {"PATCH", "/accounts/{account_id}/ai-gateway/custom-providers/{provider_id}", Permission::kEdit,
     UpdateProvider},
    {"DELETE", "/accounts/{account_id}/ai-gateway/custom-providers/{provider_id}",
     Permission::kEdit, DeleteProvider},
};

}  // namespace

std::span<const AdminEndpoint> CustomProviderEndpoints() { return kCustomProviderEndpoints; }

}  // namespace junctor::engine
