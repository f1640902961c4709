// From Mistral's event stream to chat completion chunks.
#pragma once

#include <memory>

#include "engine/providers/chat/wire_format.h"

namespace junctor::engine {

// For an answer that is a stream.
std::unique_ptr<AnswerTranslator> MakeMistralStream(const AnswerContext& context);

}  // namespace junctor::engine
