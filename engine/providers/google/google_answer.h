// From a whole answer of generateContent to a chat completion.
#pragma once

#include <memory>

#include "engine/providers/chat/wire_format.h"

namespace junctor::engine {

// `context.stream` is false. Takes one response, or an array of them, as array streaming has it.
std::unique_ptr<AnswerTranslator> MakeGoogleAnswerTranslator(const AnswerContext& context);

}  // namespace junctor::engine
