// From a chat request to the body of a request to Anthropic's Messages API.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "engine/providers/chat/chat_request.h"

namespace junctor::engine {

// What differs between those who serve the Messages API.
struct AnthropicRequestOptions {
  // Whether `model` stands in the body; Vertex has it in the path.
  bool model_in_body = true;
  // `anthropic_version` in the body: "vertex-2023-10-16"; empty: not there.
  std::string_view version_in_body;
  // max_tokens where the caller gave none.
  uint64_t default_max_tokens = 4096;
  // `stream` in the body.
  bool stream = false;
};

// A body, with what the translation of its answer has to know.
struct AnthropicBody {
  std::string json;
  bool json_tool_as_content = false;  // see AnswerContext
};

// The body for `model` (native spelling or alias), by the table in the provider's documentation.
// InvalidArgument names the field that Anthropic can't be asked, and the way out.
absl::StatusOr<AnthropicBody> MakeAnthropicBody(const ChatRequest& chat, std::string_view model,
                                                const AnthropicRequestOptions& options);

}  // namespace junctor::engine
