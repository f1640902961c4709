// The answers of Vertex AI's open models: they have OpenAI's form already, and are passed on;
// usage, end and errors are read on the way.
#pragma once

#include <memory>

#include "engine/providers/chat/wire_format.h"

namespace junctor::engine {

std::unique_ptr<AnswerTranslator> MakeOpenModelTranslator(const AnswerContext& context);

}  // namespace junctor::engine
