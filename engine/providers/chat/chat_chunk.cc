#include "engine/providers/chat_chunk.h"

#include <simdjson.h>

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

ChunkInfo InspectChoices(dom::array choices) {
  ChunkInfo info;
  for (dom::element choice_element : choices) {
    dom::object choice;
    if (choice_element.get_object().get(choice) != simdjson::SUCCESS) continue;
    for (auto [key, value] : choice) {
      if (key == "finish_reason") {
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

ChunkInspector::ChunkInspector() : state_(std::make_unique<State>()) {}
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
  for (auto [key, value] : object) {
    if (key == "error" && !value.is_null()) {
      info.kind = ChunkKind::kError;
      return info;
    }
    if (key == "choices" && value.is_array())
      info = InspectChoices(value.get_array().value_unsafe());
  }
  if (event.name == "error") info.kind = ChunkKind::kError;
  return info;
}

}  // namespace junctor::engine
