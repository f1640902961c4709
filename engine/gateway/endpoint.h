// Which endpoint a request's path names.
#pragma once

#include <cstdint>
#include <string_view>

namespace junctor::engine {

enum class EndpointKind : uint8_t {
  kChatCompletions,  // POST /v1/chat/completions, /v1/{account}/{gateway}/compat/chat/completions
  kModels,           // GET /v1/models, /v1/{account}/{gateway}/compat/models
  kHealth,           // GET /health
  kUnknown,
};

// An endpoint and the gateway that it belongs to.
struct Endpoint {
  EndpointKind kind = EndpointKind::kUnknown;
  std::string_view account;  // empty on the short paths
  std::string_view gateway = "default";
  std::string_view method;  // the one method that the endpoint takes
};

// Takes `path` (no query) apart. A `/v1` that a client adds after `compat` is accepted.
Endpoint ParseEndpoint(std::string_view path);

}  // namespace junctor::engine
