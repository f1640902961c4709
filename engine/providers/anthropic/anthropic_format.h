// Anthropic's Messages API as a wire format.
#pragma once

#include <memory>

#include "engine/providers/chat/wire_format.h"

namespace junctor::engine {

// POST /v1/messages at Anthropic itself. Immutable, thread-safe.
const WireFormat& AnthropicFormat();

}  // namespace junctor::engine
