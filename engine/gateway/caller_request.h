// The caller's side of one request to a model: what every call that is made for it needs to know.
#pragma once

#include <string_view>

#include "engine/gateway/gateway_scope.h"
#include "engine/net/cancel.h"
#include "engine/net/http_types.h"
#include "engine/providers/model_request.h"
#include "runtime/request/body_index.h"

namespace junctor::engine {

// One request in OpenAI's form, whether it is the body of an HTTP request or an entry of a
// universal one. The views outlive all its calls.
struct CallerRequest {
  Operation operation = Operation::kChat;
  std::string_view method;
  std::string_view path;
  std::string_view remote_address;
  const net::HeaderList* headers = nullptr;
  net::CancelSignal* gone = nullptr;    // fires when the caller leaves (R24)
  std::string_view body;                // kBodyPadding bytes are readable after its end
  const BodyIndex* index = nullptr;     // of `body`
  bool stream = false;                  // it asks for an event stream
  const GatewayScope* scope = nullptr;  // whose keys and providers it may use
};

}  // namespace junctor::engine
