// Mistral's chat completions as a wire format: POST /v1/chat/completions. OpenAI's shape, but
// unknown fields are refused, contents may be lists, and ids of tool calls have a form.
#pragma once

#include "engine/providers/chat/wire_format.h"

namespace junctor::engine {

// Immutable, lives as long as the process.
const WireFormat& MistralFormat();

}  // namespace junctor::engine
