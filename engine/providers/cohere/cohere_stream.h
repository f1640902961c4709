// From the event stream of Cohere's v2 chat to chat completion chunks.
#pragma once

#include <memory>

#include "engine/providers/chat/wire_format.h"

namespace junctor::engine {

// For an answer that is a stream.
std::unique_ptr<AnswerTranslator> MakeCohereStream(const AnswerContext& context);

}  // namespace junctor::engine
