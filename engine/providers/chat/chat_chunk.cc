#include "engine/providers/chat/chat_chunk.h"

#include <simdjson.h>

#include "engine/providers/chat/openai_usage.h"

namespace junctor::engine {
namespace {

namespace dom = simdjson::dom;

bool IsNonEmptyString(dom::element element) {
  return element.is_string() && !element.get_string().value_unsafe().empty();
}

bool IsNonEmptyArray(dom::element element) {
  return element.is_array() && element.get_array().value_unsafe().size() > 0;
}

// Whether a delta carries something that a caller would show or run: text, reasoning, a refusal, a
// tool or function call, audio.
bool HasToken(dom::object delta) {
  for (auto [key, value] : delta) {
    if (key == "content" || key == "reasoning_content" || key == "reasoning" || key == "refusal") {
      if (IsNonEmptyString(value) || IsNonEmptyArray(value)) return true;
    } else if (key == "tool_calls") {
      if (IsNonEmptyArray(value)) return true;
    } else if (key == "function_call" || key == "audio") {
      if (value.is_object()) return true;
    }
  }
  return false;
}

// DeepSeek and OpenRouter say so when they stop in the middle.
bool IsGivingUp(dom::element finish_reason) {
  std::string_view text;
  return finish_reason.get_string().get(text) == simdjson::SUCCESS &&
         (text == "error" || text == "insufficient_system_resource");
}

// Bytes of all texts in a delta: its content, reasoning, and what it calls tools with.
uint64_t TextBytes(dom::element value, int depth) {
  constexpr int kMaxDepth = 6;  // tool_calls[].function.arguments, and parts of content
  if (depth > kMaxDepth) return 0;
  uint64_t bytes = 0;
  if (value.is_string()) {
    bytes = value.get_string().value_unsafe().size();
  } else if (value.is_array()) {
    const dom::array items = value.get_array().value_unsafe();
    for (dom::element item : items) bytes += TextBytes(item, depth + 1);
  } else if (value.is_object()) {
    const dom::object members = value.get_object().value_unsafe();
    for (auto [key, member] : members) {
      if (key != "role" && key != "id" && key != "type") bytes += TextBytes(member, depth + 1);
    }
  }
  return bytes;
}

uint64_t TextBytesOf(dom::array choices) {
  uint64_t bytes = 0;
  for (dom::element choice : choices) {
    dom::element delta;
    if (choice["delta"].get(delta) == simdjson::SUCCESS) bytes += TextBytes(delta, 0);
  }
  return bytes;
}

ChunkInfo InspectChoices(dom::array choices) {
  ChunkInfo info;
  for (dom::element choice_element : choices) {
    dom::object choice;
    if (choice_element.get_object().get(choice) != simdjson::SUCCESS) continue;
    for (auto [key, value] : choice) {
      if (key == "finish_reason") {
        if (IsGivingUp(value)) {
          info.kind = ChunkKind::kGaveUp;
          return info;
        }
        if (!value.is_null()) {
          info.kind = ChunkKind::kToken;
          info.finished = true;
        }
      } else if (key == "delta" || key == "message") {
        if (value.is_object() && HasToken(value.get_object().value_unsafe())) {
          info.kind = ChunkKind::kToken;
        }
      } else if (key == "text") {
        if (IsNonEmptyString(value)) info.kind = ChunkKind::kToken;
      }
    }
  }
  return info;
}

// An event of the responses API: its `type` says what it is.
ChunkInfo InspectResponsesEvent(dom::object event) {
  ChunkInfo info;
  std::string_view type;
  if (event["type"].get_string().get(type) != simdjson::SUCCESS) return info;
  if (type == "error" || type == "response.failed") {
    info.kind = ChunkKind::kError;
  } else if (type == "response.completed" || type == "response.incomplete") {
    info.kind = ChunkKind::kToken;
    info.finished = true;
  } else if (type.ends_with(".delta") || type.ends_with(".done")) {
    info.kind = ChunkKind::kToken;
  }
  return info;
}

std::string_view Trim(std::string_view text) {
  constexpr std::string_view kSpace = " \t\r\n";
  const size_t first = text.find_first_not_of(kSpace);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(kSpace) - first + 1);
}

}  // namespace

struct ChunkInspector::State {
  dom::parser parser;
};

ChunkInspector::ChunkInspector(StreamDialect dialect, std::string_view slug)
    : state_(std::make_unique<State>()), dialect_(dialect), slug_(slug) {}
ChunkInspector::~ChunkInspector() = default;
ChunkInspector::ChunkInspector(ChunkInspector&&) noexcept = default;
ChunkInspector& ChunkInspector::operator=(ChunkInspector&&) noexcept = default;

ChunkInfo ChunkInspector::Inspect(const ServerSentEvent& event) {
  ChunkInfo info;
  if (!event.has_data) return info;
  const std::string_view data = Trim(event.data);
  if (data == "[DONE]") {
    info.kind = ChunkKind::kDone;
    return info;
  }
  if (data.empty()) {
    info.kind = ChunkKind::kInvalid;
    return info;
  }
  return InspectJson(event, data);
}

ChunkInfo ChunkInspector::InspectJson(const ServerSentEvent& event, std::string_view data) {
  ChunkInfo info;
  dom::element root;
  const simdjson::error_code error =
      state_->parser.parse(data.data(), data.size(), /*realloc_if_needed=*/true).get(root);
  if (error == simdjson::NUMBER_ERROR) {
    // JSON all the same: the parser only has no room for such a number. Nothing can be told of it
    // but that it came.
    return info;
  }
  dom::object object;
  if (error != simdjson::SUCCESS || root.get_object().get(object) != simdjson::SUCCESS) {
    info.kind = ChunkKind::kInvalid;
    return info;
  }
  if (dialect_ == StreamDialect::kResponses) {
    info = InspectResponsesEvent(object);
    std::string_view delta;
    if (object["delta"].get_string().get(delta) == simdjson::SUCCESS) text_bytes_ += delta.size();
    dom::object response;
    const bool is_last = info.finished || info.kind == ChunkKind::kError;
    if (is_last && object["response"].get_object().get(response) == simdjson::SUCCESS) {
      usage_ = FindOpenAiUsage(response, slug_);
    }
    return info;
  }
  bool has_choices = false;
  bool tells_usage = false;
  bool null_usage = false;
  for (auto [key, value] : object) {
    if (key == "error" && !value.is_null()) {
      info.kind = ChunkKind::kError;
      return info;
    }
    if (key == "choices" && value.is_array()) {
      const dom::array choices = value.get_array().value_unsafe();
      info = InspectChoices(choices);
      text_bytes_ += TextBytesOf(choices);
      has_choices = choices.size() > 0;
    } else if ((key == "usage" || key == "x_groq") && value.is_object()) {
      tells_usage = tells_usage || key == "usage";
      if (std::optional<Usage> usage = FindOpenAiUsage(object, slug_)) usage_ = usage;
    } else if (key == "usage") {
      null_usage = value.is_null();
    }
  }
  info.usage_only = tells_usage && !has_choices;
  info.null_usage = null_usage;
  if (event.name == "error") info.kind = ChunkKind::kError;
  return info;
}

std::optional<Usage> UsageOfBody(std::string_view body, std::string_view slug) {
  // In a string the quotes would be escaped: this is a key, and the last of them.
  constexpr std::string_view kKey = "\"usage\"";
  const size_t key = body.rfind(kKey);
  if (key == std::string_view::npos) return std::nullopt;
  const size_t open = body.find_first_not_of(" \t\r\n:", key + kKey.size());
  if (open == std::string_view::npos || body[open] != '{') return std::nullopt;
  // The counts hold no strings with braces in them; what is cut wrong is no JSON, and no usage.
  size_t depth = 0;
  for (size_t at = open; at < body.size(); ++at) {
    if (body[at] == '{') ++depth;
    if (body[at] == '}' && --depth == 0) {
      return ReadOpenAiUsage(body.substr(open, at + 1 - open), slug);
    }
  }
  return std::nullopt;
}

}  // namespace junctor::engine
