// Cohere's v2 chat as a wire format: POST /v2/chat.
#pragma once

#include "engine/providers/chat/wire_format.h"

namespace junctor::engine {

// Immutable, lives as long as the process.
const WireFormat& CohereFormat();

}  // namespace junctor::engine
