// What Mistral's whole answers and stream chunks have in common: contents that may be lists, finish
// reasons, ways to write arguments.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "engine/providers/chat/completion.h"

namespace simdjson::dom {
class object;
}  // namespace simdjson::dom

namespace junctor::engine {

// The text and the thoughts of a message or delta: its `content` is a string, or a list of parts.
struct MistralContent {
  bool told = false;  // there is a content, be it empty
  std::string text;
  std::string thinking;
};
MistralContent ReadMistralContent(simdjson::dom::object message);

// `function.arguments` of a call: a string as a rule; an object becomes its JSON text.
std::string ReadMistralArguments(simdjson::dom::object function);

// The finish reason of a choice that is no whole answer.
inline constexpr std::string_view kMistralGaveUp = "error";
// "stop", "length", "model_length", "tool_calls"; what is new counts as stop.
FinishReason ReadMistralFinish(std::string_view finish_reason);

}  // namespace junctor::engine
