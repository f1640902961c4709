#include "engine/providers/mistral/mistral_request.h"

#include <algorithm>
#include <array>

#include "absl/status/status.h"
#include "engine/providers/chat/json_writer.h"
#include "engine/providers/mistral/tool_call_id.h"

namespace junctor::engine {
namespace {

// Room for all that is no text of the caller's.
constexpr size_t kFrameBytes = 1024;

// Top-level fields of Mistral's own that callers may send along. It answers 422 to any field that
// it does not know, so nothing else is passed on.
constexpr std::array<std::string_view, 3> kExtensions = {"safe_prompt", "prompt_mode",
                                                         "prediction"};

size_t BodyEstimate(const ChatRequest& chat) {
  size_t size = kFrameBytes;
  for (const ChatMessage& message : chat.messages) {
    size += 128;
    for (const ContentPart& part : message.parts) {
      size += part.text.size() + std::max(part.url.size(), part.base64.size()) + 64;
    }
    for (const ChatToolCall& call : message.tool_calls) size += call.arguments.size() + 128;
  }
  for (const ChatTool& tool : chat.tools) {
    size += tool.parameters.size() + tool.description.size() + 128;
  }
  return size + chat.response_format.schema.size();
}

absl::Status WritePart(const ContentPart& part, const std::string& place, JsonWriter* writer) {
  writer->BeginObject().Key("type");
  switch (part.kind) {
    case ContentPart::Kind::kText:
    case ContentPart::Kind::kRefusal:
      writer->String("text").Key("text").String(part.text);
      break;
    case ContentPart::Kind::kImage:
      writer->String("image_url").Key("image_url").BeginObject();
      writer->Key("url").String(part.url).EndObject();
      break;
    case ContentPart::Kind::kAudio:
      writer->String("input_audio").Key("input_audio").Base64(part.base64);
      break;
    case ContentPart::Kind::kFile:
      if (!part.url.empty()) {
        writer->String("document_url").Key("document_url").String(part.url);
        if (!part.filename.empty()) writer->Key("document_name").String(part.filename);
      } else if (!part.file_id.empty()) {
        writer->String("file").Key("file_id").String(part.file_id);
      } else {
        return absl::InvalidArgumentError(place +
                                          " is a file with neither `file_data` nor "
                                          "`file_id`");
      }
      break;
  }
  writer->EndObject();
  return absl::OkStatus();
}

absl::Status WriteContent(const ChatMessage& message, size_t index, JsonWriter* writer) {
  writer->Key("content");
  const auto is_text = [](const ContentPart& part) {
    return part.kind == ContentPart::Kind::kText || part.kind == ContentPart::Kind::kRefusal;
  };
  if (message.parts.empty()) {
    writer->String("");
    return absl::OkStatus();
  }
  if (message.parts.size() == 1 && is_text(message.parts[0])) {
    writer->String(message.parts[0].text);
    return absl::OkStatus();
  }
  writer->BeginArray();
  for (size_t i = 0; i < message.parts.size(); ++i) {
    const std::string place =
        "`messages[" + std::to_string(index) + "].content[" + std::to_string(i) + "]`";
    if (absl::Status status = WritePart(message.parts[i], place, writer); !status.ok()) {
      return status;
    }
  }
  writer->EndArray();
  return absl::OkStatus();
}

std::string_view RoleName(ChatRole role) {
  switch (role) {
    case ChatRole::kSystem:
      return "system";
    case ChatRole::kUser:
      return "user";
    case ChatRole::kAssistant:
      return "assistant";
    case ChatRole::kTool:
      return "tool";
  }
  return "user";
}

absl::Status WriteMessage(const ChatMessage& message, size_t index, JsonWriter* writer) {
  writer->BeginObject().Key("role").String(RoleName(message.role));
  if (message.role == ChatRole::kTool) {
    writer->Key("tool_call_id").String(MistralToolCallId(message.tool_call_id));
    if (!message.name.empty()) writer->Key("name").String(message.name);
  }
  if (message.tool_calls.empty() || !message.parts.empty()) {
    if (absl::Status status = WriteContent(message, index, writer); !status.ok()) return status;
  }
  if (!message.tool_calls.empty()) {
    writer->Key("tool_calls").BeginArray();
    for (const ChatToolCall& call : message.tool_calls) {
      writer->BeginObject().Key("id").String(MistralToolCallId(call.id));
      writer->Key("type").String("function").Key("function").BeginObject();
      writer->Key("name").String(call.name);
      writer->Key("arguments").String(call.arguments.empty() ? "{}" : call.arguments);
      writer->EndObject().EndObject();
    }
    writer->EndArray();
  }
  if (message.prefix) writer->Key("prefix").Bool(true);
  writer->EndObject();
  return absl::OkStatus();
}

void WriteTools(const ChatRequest& chat, JsonWriter* writer) {
  if (chat.tools.empty()) return;
  writer->Key("tools").BeginArray();
  for (const ChatTool& tool : chat.tools) {
    writer->BeginObject().Key("type").String("function").Key("function").BeginObject();
    writer->Key("name").String(tool.name);
    if (!tool.description.empty()) writer->Key("description").String(tool.description);
    if (tool.strict.has_value()) writer->Key("strict").Bool(*tool.strict);
    writer->Key("parameters")
        .Raw(tool.parameters.empty() ? R"({"type":"object","properties":{}})" : tool.parameters);
    writer->EndObject().EndObject();
  }
  writer->EndArray();
  if (!chat.tool_choice.has_value()) return;
  writer->Key("tool_choice");
  switch (chat.tool_choice->kind) {
    case ChatToolChoice::Kind::kAuto:
      writer->String("auto");
      break;
    case ChatToolChoice::Kind::kNone:
      writer->String("none");
      break;
    case ChatToolChoice::Kind::kRequired:
      writer->String("any");
      break;
    case ChatToolChoice::Kind::kNamed:
      writer->BeginObject().Key("type").String("function").Key("function").BeginObject();
      writer->Key("name").String(chat.tool_choice->name).EndObject().EndObject();
      break;
  }
}

void WriteResponseFormat(const ChatResponseFormat& format, JsonWriter* writer) {
  if (format.kind == ChatResponseFormat::Kind::kText) return;
  writer->Key("response_format").BeginObject().Key("type");
  if (format.kind == ChatResponseFormat::Kind::kJsonObject) {
    writer->String("json_object");
  } else {
    writer->String("json_schema").Key("json_schema").BeginObject();
    writer->Key("name").String(format.name);
    writer->Key("schema").Raw(format.schema.empty() ? "{}" : format.schema);
    if (format.strict.has_value()) writer->Key("strict").Bool(*format.strict);
    writer->EndObject();
  }
  writer->EndObject();
}

void WriteSampling(const ChatRequest& chat, JsonWriter* writer) {
  if (chat.max_tokens.has_value()) writer->Key("max_tokens").Unsigned(*chat.max_tokens);
  if (chat.temperature.has_value()) writer->Key("temperature").Number(*chat.temperature);
  if (chat.top_p.has_value()) writer->Key("top_p").Number(*chat.top_p);
  if (chat.seed.has_value()) writer->Key("random_seed").Integer(*chat.seed);
  if (chat.n.has_value()) writer->Key("n").Unsigned(*chat.n);
  if (chat.presence_penalty.has_value()) {
    writer->Key("presence_penalty").Number(*chat.presence_penalty);
  }
  if (chat.frequency_penalty.has_value()) {
    writer->Key("frequency_penalty").Number(*chat.frequency_penalty);
  }
  if (!chat.stop.empty()) {
    writer->Key("stop").BeginArray();
    for (const std::string_view stop : chat.stop) writer->String(stop);
    writer->EndArray();
  }
}

}  // namespace

absl::StatusOr<std::string> MakeMistralBody(const ChatRequest& chat, std::string_view model,
                                            bool stream) {
  if (chat.wants_audio) {
    return absl::InvalidArgumentError(
        "`modalities` asks for audio: Mistral's chat answers with text only");
  }
  std::string body;
  body.reserve(BodyEstimate(chat));
  JsonWriter writer(&body);
  writer.BeginObject().Key("model").String(model);
  if (stream) writer.Key("stream").Bool(true);
  writer.Key("messages").BeginArray();
  for (size_t i = 0; i < chat.messages.size(); ++i) {
    if (absl::Status status = WriteMessage(chat.messages[i], i, &writer); !status.ok()) {
      return status;
    }
  }
  writer.EndArray();
  WriteSampling(chat, &writer);
  WriteTools(chat, &writer);
  if (!chat.tools.empty() && chat.parallel_tool_calls.has_value()) {
    writer.Key("parallel_tool_calls").Bool(*chat.parallel_tool_calls);
  }
  WriteResponseFormat(chat.response_format, &writer);
  for (const std::string_view name : kExtensions) {
    if (const JsonText value = chat.Extension(name); !value.empty()) writer.Key(name).Raw(value);
  }
  writer.EndObject();
  return body;
}

}  // namespace junctor::engine
