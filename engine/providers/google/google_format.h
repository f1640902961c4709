// Google AI Studio's generateContent as a wire format.
#pragma once

#include "engine/providers/chat/wire_format.h"

namespace junctor::engine {

// POST /v1beta/models/{model}:generateContent, and :streamGenerateContent?alt=sse for streams; a
// tuned model is named "tunedModels/{id}". Immutable, thread-safe.
const WireFormat& GoogleFormat();

}  // namespace junctor::engine
