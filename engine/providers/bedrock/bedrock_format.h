// Amazon Bedrock's Converse as a wire format: POST /model/{id}/converse and /converse-stream.
// Requests must be signed (aws_signature.h) or carry a Bedrock API key; neither is done here.
#pragma once

#include "engine/providers/chat/wire_format.h"

namespace junctor::engine {

// Immutable, lives as long as the process.
const WireFormat& BedrockFormat();

}  // namespace junctor::engine
