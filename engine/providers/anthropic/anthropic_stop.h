// Why Claude stopped, in OpenAI's terms.
#pragma once

#include <string_view>

#include "engine/providers/chat/completion.h"

namespace junctor::engine {

// Of `stop_reason`; what is new counts as kStop.
inline FinishReason AnthropicFinishReason(std::string_view stop_reason) {
  if (stop_reason == "max_tokens" || stop_reason == "model_context_window_exceeded") {
    return FinishReason::kLength;
  }
  if (stop_reason == "tool_use") return FinishReason::kToolCalls;
  if (stop_reason == "refusal") return FinishReason::kContentFilter;
  return FinishReason::kStop;
}

}  // namespace junctor::engine
