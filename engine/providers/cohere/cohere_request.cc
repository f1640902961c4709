#include "engine/providers/cohere/cohere_request.h"

#include <algorithm>
#include <array>
#include <utility>

#include "absl/status/status.h"
#include "engine/providers/chat/json_writer.h"

namespace junctor::engine {
namespace {

// Most stop sequences that Cohere takes.
constexpr size_t kMaxStopSequences = 5;
// Cohere's bounds of `p`.
constexpr double kLeastP = 0.01;
constexpr double kMostP = 0.99;
// Room for all that is no text of the caller's.
constexpr size_t kFrameBytes = 1024;

// Top-level fields of Cohere's own that callers may send along.
constexpr std::array<std::string_view, 5> kExtensions = {"documents", "citation_options",
                                                         "safety_mode", "priority", "thinking"};

absl::Status Refuse(const std::string& what) { return absl::InvalidArgumentError(what); }

std::string Place(size_t message, size_t part) {
  return "`messages[" + std::to_string(message) + "].content[" + std::to_string(part) + "]`";
}

absl::Status CheckAsked(const ChatRequest& chat, bool stream) {
  if (chat.n.value_or(1) > 1) {
    return Refuse("`n` is " + std::to_string(*chat.n) +
                  ": Cohere gives one choice a request; ask for 1");
  }
  if (chat.wants_audio) {
    return Refuse("`modalities` asks for audio: Cohere's chat answers with text only");
  }
  if (chat.top_logprobs.value_or(0) > 0) {
    return Refuse("`top_logprobs` is " + std::to_string(*chat.top_logprobs) +
                  ": Cohere tells the chosen tokens' log probabilities only; leave it out");
  }
  if (chat.logprobs && stream) {
    return Refuse(
        "`logprobs` is true: they are not told in a stream from Cohere; ask without "
        "`stream`, or leave them out");
  }
  if (chat.stop.size() > kMaxStopSequences) {
    return Refuse("`stop` has " + std::to_string(chat.stop.size()) +
                  " entries: Cohere takes at most " + std::to_string(kMaxStopSequences));
  }
  return absl::OkStatus();
}

size_t BodyEstimate(const ChatRequest& chat) {
  size_t size = kFrameBytes;
  for (const ChatMessage& message : chat.messages) {
    for (const ContentPart& part : message.parts) size += part.text.size() + part.url.size() + 64;
    for (const ChatToolCall& call : message.tool_calls) size += call.arguments.size() + 128;
    size += message.reasoning.size() + 64;
  }
  for (const ChatTool& tool : chat.tools) size += tool.parameters.size() + tool.description.size();
  return size;
}

absl::Status WritePart(const ContentPart& part, const std::string& place, JsonWriter* writer) {
  switch (part.kind) {
    case ContentPart::Kind::kText:
    case ContentPart::Kind::kRefusal:
      writer->BeginObject().Key("type").String("text").Key("text").String(part.text).EndObject();
      return absl::OkStatus();
    case ContentPart::Kind::kImage:
      writer->BeginObject().Key("type").String("image_url").Key("image_url").BeginObject();
      writer->Key("url").String(part.url);
      writer->EndObject().EndObject();
      return absl::OkStatus();
    case ContentPart::Kind::kAudio:
      return Refuse(place + " is audio: Cohere's chat takes text and images only");
    case ContentPart::Kind::kFile:
      return Refuse(place +
                    " is a file: Cohere's chat takes text and images; send its text, or the "
                    "extension `documents`");
  }
  return absl::OkStatus();
}

// The content of a message: a string where it is text alone.
absl::Status WriteContent(const ChatMessage& message, size_t index, JsonWriter* writer) {
  const bool text_only =
      std::all_of(message.parts.begin(), message.parts.end(), [](const ContentPart& part) {
        return part.kind == ContentPart::Kind::kText || part.kind == ContentPart::Kind::kRefusal;
      });
  writer->Key("content");
  if (message.parts.empty()) {
    writer->String("");
    return absl::OkStatus();
  }
  if (text_only && message.parts.size() == 1) {
    writer->String(message.parts[0].text);
    return absl::OkStatus();
  }
  writer->BeginArray();
  for (size_t i = 0; i < message.parts.size(); ++i) {
    if (!text_only && message.role != ChatRole::kUser &&
        message.parts[i].kind == ContentPart::Kind::kImage) {
      return Refuse(Place(index, i) + " is an image: Cohere takes images in user messages only");
    }
    if (absl::Status status = WritePart(message.parts[i], Place(index, i), writer); !status.ok()) {
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

void WriteToolCalls(const std::vector<ChatToolCall>& calls, JsonWriter* writer) {
  writer->Key("tool_calls").BeginArray();
  for (const ChatToolCall& call : calls) {
    writer->BeginObject();
    writer->Key("id").String(call.id).Key("type").String("function");
    writer->Key("function").BeginObject();
    writer->Key("name").String(call.name);
    writer->Key("arguments").String(call.arguments.empty() ? "{}" : call.arguments);
    writer->EndObject().EndObject();
  }
  writer->EndArray();
}

absl::Status WriteMessage(const ChatMessage& message, size_t index, JsonWriter* writer) {
  writer->BeginObject().Key("role").String(RoleName(message.role));
  if (message.role == ChatRole::kTool) writer->Key("tool_call_id").String(message.tool_call_id);
  if (!message.tool_calls.empty()) {
    // What the model thought before its calls came as its plan, and goes back as that.
    if (!message.reasoning.empty()) writer->Key("tool_plan").String(message.reasoning);
    WriteToolCalls(message.tool_calls, writer);
  }
  if (message.tool_calls.empty() || !message.parts.empty()) {
    if (absl::Status status = WriteContent(message, index, writer); !status.ok()) return status;
  }
  writer->EndObject();
  return absl::OkStatus();
}

// Tools and their choice. There is no choice by name: the named tool is sent alone.
absl::Status WriteTools(const ChatRequest& chat, JsonWriter* writer) {
  if (chat.tools.empty()) return absl::OkStatus();
  const ChatToolChoice choice = chat.tool_choice.value_or(ChatToolChoice{});
  const bool named = choice.kind == ChatToolChoice::Kind::kNamed;
  bool strict = false;
  bool any = false;
  writer->Key("tools").BeginArray();
  for (const ChatTool& tool : chat.tools) {
    if (named && tool.name != choice.name) continue;
    any = true;
    strict = strict || tool.strict.value_or(false);
    writer->BeginObject().Key("type").String("function").Key("function").BeginObject();
    writer->Key("name").String(tool.name);
    if (!tool.description.empty()) writer->Key("description").String(tool.description);
    writer->Key("parameters")
        .Raw(tool.parameters.empty() ? R"({"type":"object","properties":{}})" : tool.parameters);
    writer->EndObject().EndObject();
  }
  writer->EndArray();
  if (!any) {
    return Refuse("`tool_choice` names `" + std::string(choice.name) +
                  "`, which is not among `tools`");
  }
  if (strict) writer->Key("strict_tools").Bool(true);
  if (named || choice.kind == ChatToolChoice::Kind::kRequired) {
    writer->Key("tool_choice").String("REQUIRED");
  } else if (choice.kind == ChatToolChoice::Kind::kNone) {
    writer->Key("tool_choice").String("NONE");
  }
  return absl::OkStatus();
}

void WriteResponseFormat(const ChatResponseFormat& format, JsonWriter* writer) {
  if (format.kind == ChatResponseFormat::Kind::kText) return;
  writer->Key("response_format").BeginObject().Key("type").String("json_object");
  if (format.kind == ChatResponseFormat::Kind::kJsonSchema && !format.schema.empty()) {
    writer->Key("json_schema").Raw(format.schema);
  }
  writer->EndObject();
}

// Only these refuse nothing of `thinking`; the effort tunes an answer, so others go without.
bool IsReasoningModel(std::string_view model) {
  return model.find("reasoning") != std::string_view::npos;
}

void WriteThinking(ReasoningEffort effort, JsonWriter* writer) {
  writer->Key("thinking").BeginObject().Key("type");
  writer->String(effort == ReasoningEffort::kNone ? "disabled" : "enabled");
  switch (effort) {
    case ReasoningEffort::kMinimal:
    case ReasoningEffort::kLow:
      writer->Key("token_budget").Unsigned(1024);
      break;
    case ReasoningEffort::kMedium:
      writer->Key("token_budget").Unsigned(8192);
      break;
    case ReasoningEffort::kHigh:
      writer->Key("token_budget").Unsigned(24576);
      break;
    case ReasoningEffort::kNone:
    case ReasoningEffort::kXhigh:
    case ReasoningEffort::kMax:
      break;  // without a budget it thinks as long as it likes
  }
  writer->EndObject();
}

void WriteSampling(const ChatRequest& chat, JsonWriter* writer) {
  if (chat.max_tokens.has_value()) writer->Key("max_tokens").Unsigned(*chat.max_tokens);
  if (chat.temperature.has_value()) writer->Key("temperature").Number(*chat.temperature);
  if (chat.top_p.has_value()) writer->Key("p").Number(std::clamp(*chat.top_p, kLeastP, kMostP));
  if (chat.top_k.has_value()) writer->Key("k").Unsigned(*chat.top_k);
  if (chat.seed.has_value()) writer->Key("seed").Integer(*chat.seed);
  if (chat.presence_penalty.has_value()) {
    writer->Key("presence_penalty").Number(*chat.presence_penalty);
  }
  if (chat.frequency_penalty.has_value()) {
    writer->Key("frequency_penalty").Number(*chat.frequency_penalty);
  }
  if (!chat.stop.empty()) {
    writer->Key("stop_sequences").BeginArray();
    for (const std::string_view stop : chat.stop) writer->String(stop);
    writer->EndArray();
  }
  if (chat.logprobs) writer->Key("logprobs").Bool(true);
}

}  // namespace

absl::StatusOr<std::string> MakeCohereBody(const ChatRequest& chat, std::string_view model,
                                           bool stream) {
  if (absl::Status status = CheckAsked(chat, stream); !status.ok()) return status;
  std::string body;
  body.reserve(BodyEstimate(chat));
  JsonWriter writer(&body);
  writer.BeginObject().Key("model").String(model);
  writer.Key("stream").Bool(stream);
  writer.Key("messages").BeginArray();
  for (size_t i = 0; i < chat.messages.size(); ++i) {
    if (absl::Status status = WriteMessage(chat.messages[i], i, &writer); !status.ok()) {
      return status;
    }
  }
  writer.EndArray();
  WriteSampling(chat, &writer);
  if (absl::Status status = WriteTools(chat, &writer); !status.ok()) return status;
  WriteResponseFormat(chat.response_format, &writer);
  const bool own_thinking = !chat.Extension("thinking").empty();
  if (chat.reasoning_effort.has_value() && !own_thinking && IsReasoningModel(model)) {
    WriteThinking(*chat.reasoning_effort, &writer);
  }
  for (const std::string_view name : kExtensions) {
    if (const JsonText value = chat.Extension(name); !value.empty()) writer.Key(name).Raw(value);
  }
  writer.EndObject();
  return body;
}

}  // namespace junctor::engine
