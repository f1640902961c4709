#include "engine/providers/mistral/mistral_message.h"

#include <simdjson.h>

#include "engine/providers/chat/json_members.h"

namespace junctor::engine {
namespace {

namespace dom = simdjson::dom;

// A thinking part holds a string, or a list of text parts.
void AppendThinking(dom::object part, std::string* thinking) {
  std::string_view text;
  if (part.at_key("thinking").get_string().get(text) == simdjson::SUCCESS) {
    thinking->append(text);
    return;
  }
  dom::array pieces;
  if (!ArrayMember(part, "thinking", &pieces)) return;
  for (dom::element element : pieces) {
    dom::object piece;
    if (element.get_object().get(piece) == simdjson::SUCCESS) {
      thinking->append(TextMember(piece, "text"));
    }
  }
}

}  // namespace

MistralContent ReadMistralContent(dom::object message) {
  MistralContent content;
  dom::element value;
  if (message.at_key("content").get(value) != simdjson::SUCCESS) return content;
  std::string_view text;
  dom::array parts;
  if (value.get_string().get(text) == simdjson::SUCCESS) {
    content.told = true;
    content.text = text;
  } else if (value.get_array().get(parts) == simdjson::SUCCESS) {
    content.told = true;
    for (dom::element element : parts) {
      dom::object part;
      if (element.get_object().get(part) != simdjson::SUCCESS) continue;
      const std::string_view type = TextMember(part, "type");
      if (type == "text") content.text.append(TextMember(part, "text"));
      if (type == "thinking") AppendThinking(part, &content.thinking);
    }
  }
  return content;
}

std::string ReadMistralArguments(dom::object function) {
  dom::element value;
  if (function.at_key("arguments").get(value) != simdjson::SUCCESS) return {};
  std::string_view text;
  if (value.get_string().get(text) == simdjson::SUCCESS) return std::string(text);
  return value.is_object() ? simdjson::minify(value) : std::string();
}

FinishReason ReadMistralFinish(std::string_view finish_reason) {
  if (finish_reason == "length" || finish_reason == "model_length") return FinishReason::kLength;
  if (finish_reason == "tool_calls") return FinishReason::kToolCalls;
  return FinishReason::kStop;
}

}  // namespace junctor::engine
