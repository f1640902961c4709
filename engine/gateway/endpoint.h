// Which endpoint a request's path names.
#pragma once

#include <cstdint>
#include <string_view>

#include "engine/providers/model_request.h"

namespace junctor::engine {

enum class EndpointKind : uint8_t {
  kCompat,           // POST chat/completions, embeddings or responses; below /v1 or …/compat
  kModels,           // GET /v1/models, /v1/{account}/{gateway}/compat/models
  kUniversal,        // POST /v1/{account}/{gateway}
  kNative,           // any method, /v1/{account}/{gateway}/{provider}/{rest}
  kHealth,           // GET /health
  kReadiness,        // GET /health/ready
  kProvidersHealth,  // GET /health/providers
  kUnknown,
};

// An endpoint and the gateway that it belongs to. Views into the path.
struct Endpoint {
  EndpointKind kind = EndpointKind::kUnknown;
  std::string_view account;  // empty on the short paths
  std::string_view gateway = "default";
  std::string_view method;                 // the one method that the endpoint takes; empty: any
  Operation operation = Operation::kChat;  // kCompat
  std::string_view provider;               // kNative: the slug
  std::string_view rest;                   // kNative: after the slug; empty, or beginning with `/`
};

// Takes `path` (no query) apart. A `/v1` that a client adds after `compat` is accepted.
Endpoint ParseEndpoint(std::string_view path);

}  // namespace junctor::engine
