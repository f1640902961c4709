#include "engine/admin/admin_dispatcher.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "absl/strings/match.h"
#include "engine/admin/url_text.h"
#include "engine/directory/directory.h"

namespace junctor::engine {
namespace {

constexpr std::string_view kAccountPlaceholder = "account_id";
constexpr std::string_view kGatewayPlaceholder = "gateway_id";

// The token that a request shows; empty: none.
std::string_view ShownToken(const AdminCall& call) {
  constexpr std::string_view kBearer = "bearer ";
  const std::string_view header = call.authorization;
  if (header.size() > kBearer.size() &&
      absl::EqualsIgnoreCase({header.data(), kBearer.size()}, {kBearer.data(), kBearer.size()})) {
    std::string_view token = header.substr(kBearer.size());
    while (token.starts_with(' ')) token.remove_prefix(1);
    return token;
  }
  return call.auth_key;
}

// Who shows a token, and what it is good for.
struct Credential {
  std::string id;
  std::string name;
  uint8_t permissions = 0;
  std::string gateway;
};

std::optional<Credential> FindCredential(const ControlPlane& control, const AdminCall& call) {
  const std::string_view token = ShownToken(call);
  if (token.empty()) return std::nullopt;
  const std::optional<AdminConfig>& admin = control.parts().config->admin;
  if (admin.has_value() && admin->token.Matches(token)) {
    constexpr unsigned kAll = static_cast<unsigned>(Permission::kRead) |
                              static_cast<unsigned>(Permission::kEdit) |
                              static_cast<unsigned>(Permission::kRun);
    return Credential{"configuration", "configuration", static_cast<uint8_t>(kAll), ""};
  }
  const std::shared_ptr<const Directory> directory = control.parts().directory->Get();
  const AccessToken* const found = directory->FindToken(token);
  const int64_t now = control.now_ms();
  if (found == nullptr || (found->expires_unix_ms != 0 && now >= found->expires_unix_ms)) {
    return std::nullopt;
  }
  if (found->last_use != nullptr) found->last_use->store(now, std::memory_order_relaxed);
  return Credential{found->id, found->name, found->permissions, found->gateway};
}

std::string_view PermissionName(Permission permission) {
  for (const NamedPermission& one : kPermissions) {
    if (one.permission == permission) return one.name;
  }
  return "";
}

AdminAnswer Unauthenticated() {
  AdminAnswer answer = Failure(ControlErrors::One(
      401, kCodeAuthentication,
      "Authentication error: a valid token is needed, as `Authorization: Bearer …` or in "
      "`X-Auth-Key`"));
  answer.headers.emplace_back("www-authenticate", "Bearer");
  return answer;
}

AdminAnswer Forbidden(std::string message) {
  return Failure(ControlErrors::One(403, kCodePermission, std::move(message)));
}

AdminAnswer BadTarget(const char* part) {
  return Failure(ControlErrors::One(
      400, kCodeBadField,
      std::string("the ") + part + " is not valid percent-encoded UTF-8 without zero bytes",
      {part}));
}

}  // namespace

AdminDispatcher::AdminDispatcher(ControlPlane* control, std::vector<AdminEndpoint> endpoints)
    : control_(control) {
  for (const AdminEndpoint& endpoint : endpoints) {
    Route route;
    route.endpoint = endpoint;
    for (std::string_view text : SplitPath(endpoint.pattern)) {
      const bool is_placeholder = text.starts_with('{');
      if (is_placeholder) text = text.substr(1, text.size() - 2);
      if (is_placeholder && text == kGatewayPlaceholder) route.has_gateway = true;
      route.segments.push_back({text, is_placeholder});
    }
    routes_.push_back(std::move(route));
  }
}

bool AdminDispatcher::Matches(const Route& route, const std::vector<std::string>& path) {
  return std::equal(route.segments.begin(), route.segments.end(), path.begin(), path.end(),
                    [](const Segment& segment, const std::string& text) {
                      return segment.is_placeholder ? !text.empty() : segment.text == text;
                    });
}

std::variant<AdminAnswer, AdminDispatcher::Admitted> AdminDispatcher::Admit(
    const AdminCall& call) const {
  const std::optional<Credential> credential = FindCredential(*control_, call);
  if (!credential.has_value()) return Unauthenticated();

  const std::string_view target = call.target;
  const size_t mark = target.find('?');
  std::string_view path_text = target.substr(0, mark);
  const auto not_found = [&path_text] {
    return Failure(ControlErrors::NotFound("there is no endpoint `" + Printable(path_text) + "`"));
  };
  if (!path_text.starts_with(kAdminBasePath)) return not_found();
  std::vector<std::string> path;
  for (const std::string_view segment : SplitPath(path_text.substr(kAdminBasePath.size()))) {
    std::optional<std::string> decoded = DecodePercent(segment, PlusSign::kItself);
    if (!decoded.has_value()) return BadTarget("path");
    path.push_back(*std::move(decoded));
  }

  const Route* found = nullptr;
  std::string allowed;  // methods of the path's endpoints
  const std::string_view method = call.method == "HEAD" ? std::string_view("GET") : call.method;
  for (const Route& route : routes_) {
    if (!Matches(route, path)) continue;
    if (route.endpoint.method == method && found == nullptr) found = &route;
    if (!allowed.empty()) allowed += ", ";
    allowed += route.endpoint.method;
  }
  if (allowed.empty()) return not_found();
  if (found == nullptr) {
    AdminAnswer answer = Failure(ControlErrors::One(
        405, kCodeMethodNotAllowed,
        "`" + Printable(call.method) + "` is not a method of this endpoint: it has " + allowed));
    answer.headers.emplace_back("allow", allowed);
    return answer;
  }

  Admitted admitted;
  admitted.handler = found->endpoint.handler;
  AdminRequest& request = admitted.request;
  request.method = method;
  for (size_t i = 0; i < path.size(); ++i) {
    if (!found->segments[i].is_placeholder) continue;
    if (found->segments[i].text == kAccountPlaceholder) {
      request.account = std::move(path[i]);
    } else {
      request.values.push_back(std::move(path[i]));
    }
  }
  if ((credential->permissions & static_cast<uint8_t>(found->endpoint.permission)) == 0) {
    return Forbidden("the token `" + credential->name + "` lacks the permission `" +
                     std::string(PermissionName(found->endpoint.permission)) + "`");
  }
  if (!credential->gateway.empty() &&
      !(found->has_gateway && request.values.front() == credential->gateway)) {
    return Forbidden("the token `" + credential->name + "` is good for the gateway `" +
                     credential->gateway + "` only");
  }
  if (mark != target.npos) {
    auto query = DecodeQuery(target.substr(mark + 1));
    if (!query.has_value()) return BadTarget("query");
    request.query = *std::move(query);
  }
  request.actor = {credential->id, credential->name, call.peer_ip,
                   call.user_agent.starts_with("junctor") ? "CLI" : "API"};
  request.token_gateway = credential->gateway;
  request.token_permissions = credential->permissions;
  return admitted;
}

AdminAnswer AdminDispatcher::Run(Admitted admitted, std::string body) const {
  admitted.request.body = std::move(body);
  return admitted.handler(*control_, admitted.request);
}

AdminAnswer AdminDispatcher::Answer(const AdminCall& call, std::string body) const {
  std::variant<AdminAnswer, Admitted> admission = Admit(call);
  if (auto* const refusal = std::get_if<AdminAnswer>(&admission)) return std::move(*refusal);
  return Run(std::get<Admitted>(std::move(admission)), std::move(body));
}

}  // namespace junctor::engine
