// What Bedrock's exceptions mean, as error answers and inside streams.
#pragma once

#include <cstdint>
#include <string_view>

#include "engine/net/http_types.h"
#include "engine/providers/chat/failure.h"

namespace junctor::engine {

// See WireFormat::Classify. The exception's name stands in `x-amzn-errortype` or in the body's
// `__type`.
Failure ClassifyBedrockAnswer(int status, const net::HeaderList& headers, std::string_view body,
                              int64_t unix_seconds);

// OpenAI's error.type and error.code for an exception; ClassifyErrorEvent reads its class from
// them. `name` in any spelling ("throttlingException"), `message` for what only it tells.
struct BedrockErrorKind {
  std::string_view type;
  std::string_view code;
};
BedrockErrorKind BedrockErrorKindOf(std::string_view name, std::string_view message);

}  // namespace junctor::engine
