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

void SetKind(std::string_view operation, Endpoint* endpoint) {
  if (operation == "/chat/completions") {
    endpoint->kind = EndpointKind::kChatCompletions;
    endpoint->method = "POST";
  } else if (operation == "/models") {
    endpoint->kind = EndpointKind::kModels;
    endpoint->method = "GET";
  }
}

}  // namespace

Endpoint ParseEndpoint(std::string_view path) {
  constexpr std::string_view kVersion = "/v1";
  Endpoint endpoint;
  if (path == "/health") {
    endpoint.kind = EndpointKind::kHealth;
    endpoint.method = "GET";
    return endpoint;
  }
  if (!path.starts_with("/v1/")) return endpoint;
  std::string_view rest = path.substr(kVersion.size());
  SetKind(rest, &endpoint);
  if (endpoint.kind != EndpointKind::kUnknown) return endpoint;
  const std::string_view account = TakeSegment(&rest);
  if (rest.empty()) return endpoint;
  const std::string_view gateway = TakeSegment(&rest);
  if (rest.empty() || TakeSegment(&rest) != "compat" || account.empty() || gateway.empty())
    return endpoint;
  if (rest.starts_with("/v1/")) rest.remove_prefix(kVersion.size());
  SetKind(rest, &endpoint);
  endpoint.account = account;
  endpoint.gateway = gateway;
  return endpoint;
}

}  // namespace junctor::engine
