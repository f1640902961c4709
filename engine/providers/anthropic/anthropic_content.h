// The messages of a request to Anthropic: turns of content blocks.
#pragma once

#include <string_view>

#include "absl/status/status.h"
#include "engine/providers/chat/chat_request.h"
#include "engine/providers/chat/json_writer.h"

namespace junctor::engine {

// Writes the text blocks of all system messages, in order, as the value of `system`, with
// `addition` (empty: none) as the last one. Writes nothing, and no key, where there is none.
absl::Status WriteAnthropicSystem(const ChatRequest& chat, std::string_view addition,
                                  JsonWriter* writer);

// Writes the other messages as the value of `messages`: neighbours of one role as one turn, tool
// results first in theirs, blank texts left out. InvalidArgument names the part that Claude can't
// take.
absl::Status WriteAnthropicMessages(const ChatRequest& chat, JsonWriter* writer);

// Whether the conversation ends with results of tools, that is, within one turn of the model's.
bool EndsWithToolResults(const ChatRequest& chat);

}  // namespace junctor::engine
