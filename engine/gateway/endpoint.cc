#include "engine/gateway/endpoint.h"

namespace junctor::engine {
namespace {

// Cuts the first segment off `path`, which begins with `/`.
std::string_view TakeSegment(std::string_view* path) {
  path->remove_prefix(1);
  const size_t slash = path->find('/');
  const std::string_view segment = path->substr(0, slash);
  *path = slash == std::string_view::npos ? std::string_view() : path->substr(slash);
  return segment;
}

// What stands below `compat`, or below /v1 by itself.
void SetOperation(std::string_view operation, Endpoint* endpoint) {
  endpoint->method = "POST";
  endpoint->kind = EndpointKind::kCompat;
  if (operation == "/chat/completions") {
    endpoint->operation = Operation::kChat;
  } else if (operation == "/embeddings") {
    endpoint->operation = Operation::kEmbeddings;
  } else if (operation == "/responses") {
    endpoint->operation = Operation::kResponses;
  } else if (operation == "/models") {
    endpoint->kind = EndpointKind::kModels;
    endpoint->method = "GET";
  } else {
    endpoint->kind = EndpointKind::kUnknown;
    endpoint->method = {};
  }
}

}  // namespace

Endpoint ParseEndpoint(std::string_view path) {
  constexpr std::string_view kVersion = "/v1";
  Endpoint endpoint;
  constexpr std::string_view kHealth = "/health";
  if (path.starts_with(kHealth)) {
    const std::string_view what = path.substr(kHealth.size());
    if (what.empty()) endpoint.kind = EndpointKind::kHealth;
    if (what == "/ready") endpoint.kind = EndpointKind::kReadiness;
    if (what == "/providers") endpoint.kind = EndpointKind::kProvidersHealth;
    if (endpoint.kind != EndpointKind::kUnknown) endpoint.method = "GET";
    return endpoint;
  }
  if (!path.starts_with("/v1/")) return endpoint;
  std::string_view rest = path.substr(kVersion.size());
  SetOperation(rest, &endpoint);
  if (endpoint.kind != EndpointKind::kUnknown) return endpoint;
  const std::string_view account = TakeSegment(&rest);
  if (rest.empty()) return endpoint;
  const std::string_view gateway = TakeSegment(&rest);
  if (account.empty() || gateway.empty()) return endpoint;
  endpoint.account = account;
  endpoint.gateway = gateway;
  if (rest.empty() || rest == "/") {
    endpoint.kind = EndpointKind::kUniversal;
    endpoint.method = "POST";
    return endpoint;
  }
  const std::string_view name = TakeSegment(&rest);
  if (name == "compat") {
    if (rest.starts_with("/v1/")) rest.remove_prefix(kVersion.size());
    SetOperation(rest, &endpoint);
    return endpoint;
  }
  if (name.empty()) return endpoint;
  endpoint.kind = EndpointKind::kNative;
  endpoint.provider = name;
  endpoint.rest = rest;
  return endpoint;
}

}  // namespace junctor::engine
