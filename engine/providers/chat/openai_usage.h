// From the usage object of an answer in OpenAI's form to Usage, with what each provider means by
// its counts.
#pragma once

#include <optional>
#include <string_view>

#include "engine/providers/chat/usage.h"

namespace simdjson::dom {
class object;
}  // namespace simdjson::dom

namespace junctor::engine {

// Reads a usage object of chat completions (`prompt_tokens`…), embeddings or responses
// (`input_tokens`…). `slug` is the provider's (not an alias), and decides what the counts include:
// xAI's completion_tokens leave reasoning out, Perplexity's leave out reasoning and citations,
// DeepSeek has a second spelling of cached tokens. Counts that are no whole numbers are absent.
// Nothing where no count is there at all.
std::optional<Usage> ReadOpenAiUsage(simdjson::dom::object usage, std::string_view slug);
// The same of its JSON text; nothing where that is no object. Parses: not for the hot path.
std::optional<Usage> ReadOpenAiUsage(std::string_view usage_json, std::string_view slug);

// Finds the usage in a whole answer or a chunk: its `usage`, or Groq's `x_groq.usage`, which comes
// in the last chunk even where none was asked for.
std::optional<Usage> FindOpenAiUsage(simdjson::dom::object answer, std::string_view slug);

}  // namespace junctor::engine
