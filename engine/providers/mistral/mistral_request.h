// From a chat completion request in OpenAI's form to Mistral's.
#pragma once

#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "engine/providers/chat/chat_request.h"

namespace junctor::engine {

// The body of POST /v1/chat/completions. InvalidArgument: Mistral can't be asked that.
absl::StatusOr<std::string> MakeMistralBody(const ChatRequest& chat, std::string_view model,
                                            bool stream);

}  // namespace junctor::engine
