// From a whole answer of Anthropic's Messages API to a chat completion.
#pragma once

#include <memory>

#include "engine/providers/chat/wire_format.h"

namespace junctor::engine {

// `context.stream` is false. Vertex's answers are the same.
std::unique_ptr<AnswerTranslator> MakeAnthropicAnswerTranslator(const AnswerContext& context);

}  // namespace junctor::engine
