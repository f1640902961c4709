#include "engine/gateway/gateway_entrance.h"

#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "absl/time/clock.h"
#include "engine/gateway/authentication.h"
#include "engine/gateway/universal_request.h"
#include "engine/net/waiter.h"

namespace junctor::engine {
namespace {

constexpr std::string_view kDefaultGateway = "default";

// An error in the form that the endpoint's clients read.
ErrorResponse ErrorFor(const Worker& worker, const Endpoint& endpoint, const Directory* directory,
                       int status, UniversalErrorCode code, const ErrorFields& fields) {
  if (endpoint.kind == EndpointKind::kUniversal) {
    return UniversalError(status, code, fields.message);
  }
  const std::shared_ptr<const ProviderSet::Entry> provider =
      worker.providers.Find(endpoint.provider, directory);
  const ChatFormat format = provider == nullptr ? ChatFormat::kOpenAi : provider->record->format;
  return MakeNativeError(format, status, fields);
}

ErrorResponse UnauthorizedError(const Worker& worker, const Endpoint& endpoint,
                                const Directory* directory, TokenVerdict verdict) {
  ErrorFields fields;
  fields.message =
      verdict == TokenVerdict::kLacking
          ? "this token does not open this gateway: it is for another one, lacks the permission to "
            "run, or has expired"
          : "this gateway needs its token: send it as `cf-aig-authorization: Bearer <token>` or "
            "`Authorization: Bearer <token>`";
  fields.type = "authentication_error";
  fields.code = "invalid_api_key";
  ErrorResponse error =
      ErrorFor(worker, endpoint, directory, 401, UniversalErrorCode::kUnauthorized, fields);
  error.headers.emplace_back("www-authenticate", "Bearer");
  return error;
}

ErrorResponse NoGatewayError(const Worker& worker, const Endpoint& endpoint,
                             const Directory* directory) {
  const std::string message = "there is no gateway `" + std::string(endpoint.gateway) + "`";
  ErrorFields fields;
  fields.message = message;
  fields.code = "gateway_not_found";
  return ErrorFor(worker, endpoint, directory, 400, UniversalErrorCode::kNoGateway, fields);
}

}  // namespace

Entrance EnterGateway(Worker* worker, const net::RequestHead& head, const Endpoint& endpoint) {
  Entrance entrance;
  GatewayScope& scope = entrance.scope;
  const Config& config = *worker->shared->config;
  scope.id = endpoint.gateway;
  scope.credentials.bearer_token = &config.bearer_token;
  if (!worker->directory.has_value()) {
    if (!IsAuthenticated(head, config.bearer_token)) {
      entrance.error = UnauthorizedError(*worker, endpoint, nullptr, TokenVerdict::kNone);
    }
    return entrance;
  }
  scope.directory = worker->directory->Get();
  const Directory& directory = *scope.directory;
  scope.credentials.directory = &directory;
  if (config.admin.has_value()) scope.credentials.admin_token = &config.admin->token;
  const int64_t now_unix_ms = absl::ToUnixMillis(absl::Now());
  if (endpoint.kind == EndpointKind::kProvidersHealth) {
    const TokenVerdict verdict = FindVerdict(head, scope.credentials, {}, now_unix_ms);
    if (verdict != TokenVerdict::kAllowed) {
      entrance.error = UnauthorizedError(*worker, endpoint, &directory, verdict);
    }
    return entrance;
  }
  scope.view = directory.FindGateway(endpoint.gateway);
  if (scope.view == nullptr && endpoint.gateway != kDefaultGateway) {
    entrance.error = NoGatewayError(*worker, endpoint, &directory);
    return entrance;
  }
  scope.credentials.gateway = scope.view;
  const TokenVerdict verdict = FindVerdict(head, scope.credentials, endpoint.gateway, now_unix_ms);
  if (verdict == TokenVerdict::kAllowed) {
    entrance.needs_default_gateway = scope.view == nullptr;
  } else if (scope.view == nullptr || scope.view->authentication) {
    entrance.error = UnauthorizedError(*worker, endpoint, &directory, verdict);
  }
  return entrance;
}

net::Awaitable<absl::Status> AwaitDefaultGateway(Worker* worker) {
  // Shared with the other thread, which may answer when nobody waits any more.
  struct Wait {
    net::Waiter waiter;
    bool done = false;
    absl::Status status;
  };
  const auto wait = std::make_shared<Wait>();
  net::EventLoop* loop = worker->loop;
  std::function<void(absl::Status)> done = [wait, loop](absl::Status status) {
    loop->Post([wait, loop, status] {
      wait->status = status;
      wait->done = true;
      wait->waiter.ResumeLater(loop->executor());
    });
  };
  worker->shared->control->EnsureDefaultGateway(std::move(done));
  while (!wait->done) co_await wait->waiter.Wait();
  co_return wait->status;
}

ErrorResponse NoDefaultGatewayError(const Worker& worker, const Endpoint& endpoint,
                                    const absl::Status& status) {
  std::string message = "the gateway `default` could not be created";
  if (!status.ok()) message.append(": ").append(std::string(status.message()));
  ErrorFields fields;
  fields.message = message;
  fields.type = "server_error";
  fields.code = "gateway_unavailable";
  ErrorResponse error =
      ErrorFor(worker, endpoint, nullptr, 503, UniversalErrorCode::kNoGateway, fields);
  error.headers.emplace_back("retry-after", "1");
  return error;
}

}  // namespace junctor::engine
