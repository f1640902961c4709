// One request to a model, as the data plane asks it of a provider.
#pragma once

#include <cstdint>
#include <string_view>

#include "engine/directory/credential_scope.h"
#include "engine/net/http_types.h"
#include "runtime/request/body_index.h"

namespace junctor::engine {

// Which of OpenAI's endpoints the caller speaks.
enum class Operation : uint8_t { kChat, kEmbeddings, kResponses };

// "chat completions", "embeddings", "responses".
std::string_view OperationName(Operation operation);

// Everything that a provider's request is made from. The views outlive Provider::Prepare, and, for
// providers that pass the body on, what it returns.
struct ModelRequest {
  Operation operation = Operation::kChat;
  std::string_view model;       // as the provider knows it
  std::string_view byok_alias;  // which stored or configured key; empty: the default one
  const net::HeaderList* caller_headers = nullptr;
  // The gateway's own tokens, which callers may send where a provider's key stands, and its stored
  // keys.
  CredentialScope credentials;
  std::string_view body;             // the caller's; kBodyPadding bytes are readable after its end
  const BodyIndex* index = nullptr;  // of `body`
  std::string_view params;           // a JSON object laid over the body; empty: none
  bool stream = false;               // the body asks for an event stream
  bool wants_usage = false;  // somebody pays by it: a stream is to tell its usage at the end
  // What of the answer the caller has already: the provider is asked to go on from there, if it can
  // (R22). Empty: nothing.
  std::string_view assistant_prefix;
};

}  // namespace junctor::engine
