// Google's Vertex AI as a wire format: one service with three, told apart by the model's publisher.
#pragma once

#include "engine/providers/chat/wire_format.h"

namespace junctor::engine {

// Models are named "{publisher}/{model}", and without a publisher are Google's. `project` and
// `region` come from the settings. Google's models are asked by generateContent, Anthropic's by
// rawPredict in the form of its Messages API, all others on the endpoint that speaks OpenAI's form,
// for which ChatRequest::source is needed. Immutable, thread-safe.
const WireFormat& VertexFormat();

}  // namespace junctor::engine
