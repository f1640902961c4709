#include "engine/gateway/data_plane.h"

#include <algorithm>
#include <string>
#include <vector>

#include "engine/gateway/answer_sender.h"
#include "engine/gateway/authentication.h"
#include "engine/gateway/compat_request.h"
#include "engine/gateway/endpoint.h"
#include "engine/gateway/error_response.h"
#include "engine/gateway/native_request.h"
#include "engine/gateway/request_log.h"
#include "engine/gateway/universal_request.h"
#include "engine/observe/json_text.h"

namespace junctor::engine {
namespace {

net::Awaitable<void> Answer(net::ServerExchange& exchange, RequestLog& log, int status,
                            std::string_view body, std::string_view extra_name,
                            std::string_view extra_value) {
  std::vector<net::HeaderView> headers;
  headers.push_back({"content-type", "application/json"});
  if (!extra_name.empty()) headers.push_back({extra_name, extra_value});
  headers.push_back({"cf-aig-log-id", log.log_id()});
  headers.push_back({"cf-aig-event-id", log.event_id()});
  log.SetOutcome(status, status < 400 ? "response" : "rejected");
  log.NoteFirstByte();
  const absl::Status sent = co_await exchange.Respond(status, headers, body);
  if (!sent.ok()) log.SetOutcome(status, "client_gone");
}

// OpenAI's list of models: the routes, by name.
std::string ModelsBody(const RouteTable& routes, int64_t created) {
  std::vector<std::string> ids;
  ids.reserve(routes.size());
  routes.ForEach([&ids](std::string_view name, const RouteEntry&) {
    ids.push_back("dynamic/" + std::string(name));
  });
  std::sort(ids.begin(), ids.end());
  std::string body = R"({"object":"list","data":[)";
  for (const std::string& id : ids) {
    if (body.back() == '}') body.push_back(',');
    body.append(R"({"id":)");
    AppendJsonString(&body, id);
    body.append(R"(,"object":"model","created":)");
    AppendJsonInteger(&body, created);
    body.append(R"(,"owned_by":"junctor"})");
  }
  body.append("]}");
  return body;
}

std::string HealthBody(size_t routes) {
  return R"({"status":"ok","routes":)" + std::to_string(routes) + "}";
}

// Targets that had a failure, worst first.
std::string ProvidersHealthBody(TargetHealth* health) {
  std::string body = R"({"targets":[)";
  for (const HealthReport& report : health->Reports(net::Clock::now())) {
    if (body.back() == '}') body.push_back(',');
    body.append(R"({"provider":)");
    AppendJsonString(&body, report.provider);
    body.append(R"(,"model":)");
    AppendJsonString(&body, report.model);
    body.append(R"(,"key":)");
    AppendJsonString(&body, report.key_name);
    body.append(R"(,"state":)");
    AppendJsonString(&body, HealthVerdictName(report.verdict));
    body.append(R"(,"consecutive_failures":)");
    AppendJsonUnsigned(&body, report.consecutive_failures);
    body.append(R"(,"cooling_for_ms":)");
    AppendJsonInteger(&body, report.cooling_for.count());
    body.append(R"(,"skipped":)");
    AppendJsonUnsigned(&body, report.skipped);
    body.append(R"(,"last_error":)");
    AppendJsonString(&body, report.last_error);
    body.push_back('}');
  }
  body.append("]}");
  return body;
}

net::Awaitable<void> ServeCompat(Worker* worker, net::ServerExchange* exchange,
                                 const Endpoint* endpoint, RequestLog* log) {
  AnswerSender sender(exchange, log);
  const uint64_t max_bytes = worker->shared->config->limits.body_bytes;
  std::optional<net::BodyBuffer> body = exchange->TryReadBody(max_bytes);
  if (!body.has_value()) {
    absl::StatusOr<net::BodyBuffer> read = co_await exchange->ReadBody(max_bytes);
    if (!read.ok()) {
      if (absl::IsCancelled(read.status())) {
        log->SetOutcome(0, "client_gone");
        co_return;
      }
      const ErrorResponse error = BodyError(read.status(), max_bytes);
      co_await sender.SendError(error, "rejected");
      co_return;
    }
    body = *std::move(read);
  }
  log->SetBytesIn(body->size());
  const net::RequestHead& head = exchange->head();
  absl::StatusOr<OptionValues> options = ReadOptionHeaders(head.headers);
  if (!options.ok()) {
    ErrorFields fields;
    const std::string message(options.status().message());
    fields.message = message;
    fields.code = "invalid_header";
    const ErrorResponse error = MakeError(400, fields);
    co_await sender.SendError(error, "rejected");
    co_return;
  }
  CompatSource source;
  source.operation = endpoint->operation;
  source.head = &head;
  source.headers = &head.headers;
  source.gone = &exchange->client_gone();
  source.account = endpoint->account;
  source.gateway = endpoint->gateway;
  source.body = body->view();
  source.options = ResolveOptions({*options});
  CompatRequest request(worker, source, log);
  FlowResult result = co_await request.Run(&sender);
  co_await sender.Send(request.run(), std::move(result), worker->shared->log);
}

ErrorResponse UnauthorizedError(const Worker& worker, const Endpoint& endpoint) {
  constexpr std::string_view kMessage =
      "this gateway needs its token: send it as `cf-aig-authorization: Bearer <token>` or "
      "`Authorization: Bearer <token>`";
  ErrorResponse error;
  if (endpoint.kind == EndpointKind::kUniversal) {
    error = UniversalError(401, UniversalErrorCode::kUnauthorized, kMessage);
  } else {
    ErrorFields fields;
    fields.message = kMessage;
    fields.type = "authentication_error";
    fields.code = "invalid_api_key";
    const ProviderSet::Entry* provider = worker.providers.Find(endpoint.provider);
    const ChatFormat format = provider == nullptr ? ChatFormat::kOpenAi : provider->record->format;
    error = MakeNativeError(format, 401, fields);
  }
  error.headers.emplace_back("www-authenticate", "Bearer");
  return error;
}

}  // namespace

net::Awaitable<void> HandleRequest(net::ServerExchange& exchange) {
  auto& worker = exchange.worker_state<Worker>();
  const net::RequestHead& head = exchange.head();
  RequestLog log(&worker.random, head.method, head.path(), head.headers.Get("cf-aig-event-id"));
  const Endpoint endpoint = ParseEndpoint(head.path());
  const bool may_enter = IsAuthenticated(head, worker.shared->config->bearer_token);
  const bool takes_method = endpoint.method.empty() || head.method == endpoint.method;
  if (endpoint.kind == EndpointKind::kHealth && takes_method) {
    // Probes come often and tell nothing: no log line.
    const std::string body = HealthBody(worker.routes.Get().size());
    co_await Answer(exchange, log, 200, body, {}, {});
    co_return;
  }
  if (endpoint.kind == EndpointKind::kUnknown) {
    const std::string message =
        "there is no endpoint " + std::string(head.method) + " " + std::string(head.path());
    ErrorFields fields;
    fields.message = message;
    fields.code = "endpoint_not_found";
    const std::string body = ErrorBody(fields);
    co_await Answer(exchange, log, 404, body, {}, {});
  } else if (!takes_method) {
    const std::string message = std::string(head.path()) + " takes " +
                                std::string(endpoint.method) + ", not " + std::string(head.method);
    ErrorFields fields;
    fields.message = message;
    fields.code = "method_not_allowed";
    const std::string body = ErrorBody(fields);
    co_await Answer(exchange, log, 405, body, "allow", endpoint.method);
  } else if (!may_enter) {
    const ErrorResponse error = UnauthorizedError(worker, endpoint);
    AnswerSender sender(&exchange, &log);
    co_await sender.SendError(error, "rejected");
  } else {
    switch (endpoint.kind) {
      case EndpointKind::kModels: {
        const std::string body =
            ModelsBody(worker.routes.Get(), worker.shared->started_unix_seconds);
        co_await Answer(exchange, log, 200, body, {}, {});
        break;
      }
      case EndpointKind::kProvidersHealth: {
        const std::string body = ProvidersHealthBody(worker.shared->health);
        co_await Answer(exchange, log, 200, body, {}, {});
        break;
      }
      case EndpointKind::kUniversal:
        co_await ServeUniversal(&worker, &exchange, &endpoint, &log);
        break;
      case EndpointKind::kNative:
        co_await ServeNative(&worker, &exchange, &endpoint, &log);
        break;
      case EndpointKind::kCompat:
      case EndpointKind::kHealth:
      case EndpointKind::kUnknown:
        co_await ServeCompat(&worker, &exchange, &endpoint, &log);
        break;
    }
  }
  log.Write(worker.shared->log, exchange.bytes_sent());
}

}  // namespace junctor::engine
