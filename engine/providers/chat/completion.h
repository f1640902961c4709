// A whole chat completion in OpenAI's form, to be written: what non-streaming translations fill.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/providers/chat/usage.h"

namespace junctor::engine {

enum class FinishReason : uint8_t { kStop, kLength, kToolCalls, kContentFilter };

// "stop", "length", "tool_calls" (for the old functions "function_call"), "content_filter".
std::string_view FinishReasonName(FinishReason reason, bool uses_functions = false);

struct CompletionToolCall {
  std::string id;
  std::string name;
  std::string arguments;          // JSON text; "{}" where the model gave none
  std::string thought_signature;  // goes to extra_content.google.thought_signature; empty: none
};

struct CompletionChoice {
  uint32_t index = 0;
  std::optional<std::string> content;  // none: null
  std::string reasoning;               // reasoning_content; empty: left out
  std::optional<std::string> refusal;
  std::vector<CompletionToolCall> tool_calls;
  std::vector<std::string> images;  // data URLs; extension `message.images`
  std::string logprobs;             // JSON text; empty: null
  FinishReason finish_reason = FinishReason::kStop;
};

struct Completion {
  std::string id;
  int64_t created = 0;  // Unix seconds
  std::string model;
  std::vector<CompletionChoice> choices;
  std::optional<Usage> usage;
  std::string service_tier;     // empty: left out
  bool uses_functions = false;  // the first tool call is written as `function_call`
};

// The JSON text of `completion`, without a line feed after it.
std::string WriteCompletion(const Completion& completion);

// Writes `usage` as OpenAI's usage object.
class JsonWriter;
void WriteUsage(const Usage& usage, JsonWriter* writer);

}  // namespace junctor::engine
