// From a stream of streamGenerateContent to chat completion chunks.
#pragma once

#include <memory>

#include "engine/providers/chat/wire_format.h"

namespace junctor::engine {

// `context.stream` is true. Takes server-sent events, and the JSON array in pieces that comes
// without `alt=sse`: the first byte tells.
std::unique_ptr<AnswerTranslator> MakeGoogleStreamTranslator(const AnswerContext& context);

}  // namespace junctor::engine
