#include "engine/gateway/data_plane.h"

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "engine/gateway/answer_sender.h"
#include "engine/gateway/compat_request.h"
#include "engine/gateway/endpoint.h"
#include "engine/gateway/error_response.h"
#include "engine/gateway/gateway_entrance.h"
#include "engine/gateway/native_request.h"
#include "engine/gateway/request_limits.h"
#include "engine/gateway/request_log.h"
#include "engine/gateway/route_choice.h"
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

// OpenAI's list of models: the gateway's routes, by name.
std::string ModelsBody(const RouteTable& routes, const GatewayScope& scope, int64_t created) {
  std::vector<std::string> ids;
  ForEachRoute(routes, scope,
               [&ids](std::string_view name) { ids.push_back("dynamic/" + std::string(name)); });
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

// The gateway serves, also while something that an operator should know is wrong.
std::string ReadinessBody(const Shared& shared) {
  std::vector<std::string> troubles;
  if (shared.control != nullptr) troubles = shared.control->Troubles();
  if (shared.limit_troubles != nullptr) {
    for (std::string& trouble : shared.limit_troubles()) troubles.push_back(std::move(trouble));
  }
  std::string body = R"({"status":"ready","detail":[)";
  for (const std::string& trouble : troubles) {
    if (body.back() == '"') body.push_back(',');
    AppendJsonString(&body, trouble);
  }
  body.append("]}");
  return body;
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
                                 const Endpoint* endpoint, const GatewayScope* scope,
                                 RequestLimits* limits, RequestLog* log) {
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
  source.scope = scope;
  source.limits = limits;
  source.body = body->view();
  source.options = ResolveOptions({*options, scope->defaults()});
  CompatRequest request(worker, source, log);
  FlowResult result = co_await request.Run(&sender);
  co_await sender.Send(request.run(), std::move(result), worker->shared->log);
  request.CompareWithShadow();
}

bool CallsProviders(EndpointKind kind) {
  return kind == EndpointKind::kCompat || kind == EndpointKind::kUniversal ||
         kind == EndpointKind::kNative;
}

// A request beyond its gateway's rate limit, in the shape of its endpoint.
ErrorResponse RateLimitedError(const Worker& worker, const Endpoint& endpoint,
                               const RequestLimits& limits) {
  const GatewayRefusal refusal = RateRefusal(limits);
  if (endpoint.kind == EndpointKind::kUniversal) {
    ErrorResponse error = UniversalError(429, UniversalErrorCode::kLimited, refusal.message);
    error.headers.emplace_back("retry-after", refusal.retry_after);
    return error;
  }
  const std::shared_ptr<const ProviderSet::Entry> provider =
      endpoint.kind == EndpointKind::kNative
          ? worker.providers.Find(endpoint.provider, limits.scope().directory.get())
          : nullptr;
  return RefusalError(refusal,
                      provider == nullptr ? ChatFormat::kOpenAi : provider->record->format);
}

// Serves a request to an endpoint of a gateway, or says why not.
net::Awaitable<void> ServeGateway(Worker* worker, net::ServerExchange* exchange,
                                  const Endpoint* endpoint, RequestLog* log) {
  const net::RequestHead& head = exchange->head();
  Entrance entrance = EnterGateway(worker, head, *endpoint);
  if (entrance.needs_default_gateway) {
    const absl::Status created = co_await AwaitDefaultGateway(worker);
    if (created.ok()) entrance = EnterGateway(worker, head, *endpoint);
    if (entrance.needs_default_gateway) {
      entrance.error = NoDefaultGatewayError(*worker, *endpoint, created);
    }
  }
  if (entrance.error.has_value()) {
    AnswerSender sender(exchange, log);
    co_await sender.SendError(*entrance.error, "rejected");
    co_return;
  }
  const GatewayScope* scope = &entrance.scope;
  RequestLimits limits(worker->shared->limits, worker->loop, scope, log);
  if (CallsProviders(endpoint->kind)) {
    // In OpenAI's form a question to a shared store goes along with those of the route's limits.
    const bool is_known = limits.TryTakeRate();
    if (!is_known && endpoint->kind != EndpointKind::kCompat) co_await limits.TakeRate();
    if (limits.refused_for_ms().has_value()) {
      const ErrorResponse error = RateLimitedError(*worker, *endpoint, limits);
      AnswerSender sender(exchange, log);
      co_await sender.SendError(error, "limited");
      co_return;
    }
  }
  switch (endpoint->kind) {
    case EndpointKind::kModels: {
      const std::string body =
          ModelsBody(worker->routes.Get(), *scope, worker->shared->started_unix_seconds);
      co_await Answer(*exchange, *log, 200, body, {}, {});
      break;
    }
    case EndpointKind::kProvidersHealth: {
      const std::string body = ProvidersHealthBody(worker->shared->health);
      co_await Answer(*exchange, *log, 200, body, {}, {});
      break;
    }
    case EndpointKind::kUniversal:
      co_await ServeUniversal(worker, exchange, scope, &limits, log);
      break;
    case EndpointKind::kNative:
      co_await ServeNative(worker, exchange, endpoint, scope, &limits, log);
      break;
    case EndpointKind::kCompat:
    case EndpointKind::kHealth:
    case EndpointKind::kReadiness:
    case EndpointKind::kUnknown:
      co_await ServeCompat(worker, exchange, endpoint, scope, &limits, log);
      break;
  }
}

}  // namespace

net::Awaitable<void> HandleRequest(net::ServerExchange& exchange) {
  auto& worker = exchange.worker_state<Worker>();
  const net::RequestHead& head = exchange.head();
  RequestLog log(&worker.random, head.method, head.path(), head.headers.Get("cf-aig-event-id"));
  const Endpoint endpoint = ParseEndpoint(head.path());
  const bool takes_method = endpoint.method.empty() || head.method == endpoint.method;
  const bool is_probe =
      endpoint.kind == EndpointKind::kHealth || endpoint.kind == EndpointKind::kReadiness;
  if (is_probe && takes_method) {
    // Probes come often and tell nothing: no log line.
    const std::string body = endpoint.kind == EndpointKind::kHealth
                                 ? HealthBody(worker.routes.Get().size())
                                 : ReadinessBody(*worker.shared);
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
  } else {
    co_await ServeGateway(&worker, &exchange, &endpoint, &log);
  }
  log.Write(worker.shared->log, exchange.bytes_sent());
}

}  // namespace junctor::engine
