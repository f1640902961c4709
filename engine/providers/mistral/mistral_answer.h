// From a whole answer of Mistral's to a chat completion.
#pragma once

#include <memory>

#include "engine/providers/chat/wire_format.h"

namespace junctor::engine {

// For an answer that is no stream.
std::unique_ptr<AnswerTranslator> MakeMistralAnswer(const AnswerContext& context);

}  // namespace junctor::engine
