// How long a model's answer can be where nobody says: what its provider publishes.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace junctor::engine {

// The most output tokens of an answer of `model`, by the family that its name tells, whoever serves
// it (`claude-opus-4-5`, `us.anthropic.claude-opus-4-5-v1:0`, `openai/gpt-4o`). Nothing: the family
// is not known. A price file's `max_output_tokens` goes before it.
std::optional<uint64_t> KnownOutputLimit(std::string_view model);

}  // namespace junctor::engine
