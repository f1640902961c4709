// The messages of a chat as Converse takes them: system blocks apart, roles in turn, beginning with
// the user.
#pragma once

#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "engine/providers/bedrock/bedrock_models.h"
#include "engine/providers/chat/chat_request.h"
#include "engine/providers/chat/json_writer.h"

namespace junctor::engine {

// What is said to the model besides the caller's own words.
struct BedrockMessageOptions {
  BedrockModel model;
  std::string_view system_addition;  // a last system text; empty: none
};

// Writes the members `system` (where there is one) and `messages`. InvalidArgument names the
// message that Bedrock can't be given.
absl::Status WriteBedrockMessages(const ChatRequest& chat, const BedrockMessageOptions& options,
                                  JsonWriter* writer);

// Whether some message calls a tool or answers a call: Converse wants the tools declared then.
bool UsesTools(const ChatRequest& chat);

// `id` where Converse takes it (1 to 64 of letters, digits, `_` and `-`); else one made of its
// hash, the same for the same id.
std::string BedrockToolUseId(std::string_view id);

}  // namespace junctor::engine
