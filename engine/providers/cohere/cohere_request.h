// From a chat completion request in OpenAI's form to Cohere's v2 chat.
#pragma once

#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "engine/providers/chat/chat_request.h"

namespace junctor::engine {

// The body of POST /v2/chat. InvalidArgument: Cohere can't be asked that.
absl::StatusOr<std::string> MakeCohereBody(const ChatRequest& chat, std::string_view model,
                                           bool stream);

}  // namespace junctor::engine
