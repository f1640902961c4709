// From an event stream of Anthropic's Messages API to chat completion chunks.
#pragma once

#include <memory>

#include "engine/providers/chat/wire_format.h"

namespace junctor::engine {

// `context.stream` is true. Vertex's streams are the same.
std::unique_ptr<AnswerTranslator> MakeAnthropicStreamTranslator(const AnswerContext& context);

}  // namespace junctor::engine
