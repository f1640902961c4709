#include "engine/gateway/data_plane.h"

#include <algorithm>
#include <string>
#include <vector>

#include "engine/gateway/authentication.h"
#include "engine/gateway/chat_completion.h"
#include "engine/gateway/endpoint.h"
#include "engine/gateway/error_response.h"
#include "engine/gateway/request_log.h"
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

}  // namespace

net::Awaitable<void> HandleRequest(net::ServerExchange& exchange) {
  auto& worker = exchange.worker_state<Worker>();
  const net::RequestHead& head = exchange.head();
  RequestLog log(&worker.random, head.method, head.path(), head.headers.Get("cf-aig-event-id"));
  const Endpoint endpoint = ParseEndpoint(head.path());
  const Authentication authentication = Authenticate(head, worker.shared->config->bearer_token);
  if (endpoint.kind == EndpointKind::kHealth && head.method == endpoint.method) {
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
  } else if (head.method != endpoint.method) {
    const std::string message = std::string(head.path()) + " takes " +
                                std::string(endpoint.method) + ", not " + std::string(head.method);
    ErrorFields fields;
    fields.message = message;
    fields.code = "method_not_allowed";
    const std::string body = ErrorBody(fields);
    co_await Answer(exchange, log, 405, body, "allow", endpoint.method);
  } else if (!authentication.allowed) {
    ErrorFields fields;
    fields.message =
        "this gateway needs its token: send it as `cf-aig-authorization: Bearer <token>` or "
        "`Authorization: Bearer <token>`";
    fields.type = "authentication_error";
    fields.code = "invalid_api_key";
    const std::string body = ErrorBody(fields);
    co_await Answer(exchange, log, 401, body, "www-authenticate", "Bearer");
  } else if (endpoint.kind == EndpointKind::kModels) {
    const std::string body = ModelsBody(worker.routes.Get(), worker.shared->started_unix_seconds);
    co_await Answer(exchange, log, 200, body, {}, {});
  } else {
    ChatCompletion chat(&worker, &exchange, endpoint, authentication, &log);
    co_await chat.Run();
  }
  log.Write(worker.shared->log, exchange.bytes_sent());
}

}  // namespace junctor::engine
