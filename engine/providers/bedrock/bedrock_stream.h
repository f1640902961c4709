// From ConverseStream's binary event stream to chat completion chunks.
#pragma once

#include <memory>

#include "engine/providers/chat/wire_format.h"

namespace junctor::engine {

// For an answer of /converse-stream.
std::unique_ptr<AnswerTranslator> MakeBedrockStream(const AnswerContext& context);

}  // namespace junctor::engine
