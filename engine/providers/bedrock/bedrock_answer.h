// From an answer of Converse to a chat completion, and what its stream shares with it.
#pragma once

#include <memory>
#include <optional>
#include <string_view>

#include "engine/providers/chat/completion.h"
#include "engine/providers/chat/wire_format.h"

namespace simdjson::dom {
class object;
}  // namespace simdjson::dom

namespace junctor::engine {

// What `stopReason` is in OpenAI's terms; a reason that is new counts as stop.
FinishReason ReadBedrockStop(std::string_view stop_reason);

// The counts of a `usage` object: Bedrock's input leaves out what came from and went to the cache.
std::optional<Usage> ReadBedrockUsage(simdjson::dom::object usage);

// For an answer of /converse.
std::unique_ptr<AnswerTranslator> MakeBedrockAnswer(const AnswerContext& context);

}  // namespace junctor::engine
