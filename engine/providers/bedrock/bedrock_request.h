// From a chat completion request in OpenAI's form to Converse's.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "engine/providers/chat/chat_request.h"

namespace junctor::engine {

struct BedrockBody {
  std::string json;
  bool json_tool_as_content = false;  // kJsonToolName is among the tools; see AnswerContext
};

// The body of POST /model/{id}/converse and /converse-stream. `default_max_tokens` is where a
// model's thinking needs a bound and the caller gave none. InvalidArgument: Bedrock can't be asked
// that.
absl::StatusOr<BedrockBody> MakeBedrockBody(const ChatRequest& chat, std::string_view model,
                                            uint64_t default_max_tokens);

}  // namespace junctor::engine
