#include "engine/providers/bedrock/bedrock_messages.h"

#define XXH_INLINE_ALL  // header-only use
#include <xxhash.h>

#include <algorithm>
#include <set>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/ascii.h"
#include "engine/providers/bedrock/bedrock_documents.h"
#include "engine/providers/chat/completion_id.h"
#include "engine/providers/chat/tool_arguments.h"

namespace junctor::engine {
namespace {

// What a user's turn says that has to be there and was not given: in a chat that is a system
// message alone, before one that begins with the assistant, and beside a document.
constexpr std::string_view kFillerText = ".";
// Longest id of a tool's use.
constexpr size_t kMaxToolUseIdBytes = 64;

bool IsBlank(std::string_view text) {
  return text.find_first_not_of(" \t\r\n\f\v") == std::string_view::npos;
}

std::string_view TrimEnd(std::string_view text) {
  return text.substr(0, text.find_last_not_of(" \t\r\n\f\v") + 1);
}

bool IsText(const ContentPart& part) {
  return part.kind == ContentPart::Kind::kText || part.kind == ContentPart::Kind::kRefusal;
}

std::string Place(size_t message, size_t part) {
  return "`messages[" + std::to_string(message) + "].content[" + std::to_string(part) + "]`";
}

// Writes messages; opens one only when it gets its first block, so that none is empty.
class MessageWriter {
 public:
  // `system_text` is said to the user's side, by models that take no system; `has_system`:
  // something is said to the system.
  MessageWriter(const BedrockMessageOptions& options, std::string_view system_text, bool has_system,
                JsonWriter* writer)
      : options_(options), system_text_(system_text), has_system_(has_system), writer_(writer) {}

  absl::Status Write(const std::vector<ChatMessage>& messages) {
    writer_->Key("messages").BeginArray();
    for (size_t i = 0; i < messages.size(); ++i) {
      const bool last = i + 1 == messages.size();
      if (absl::Status status = WriteMessage(messages[i], i, last); !status.ok()) return status;
    }
    if (!any_ && has_system_) {
      NeedRole(Role::kUser);
      if (!has_text_) WriteText(kFillerText);
    }
    EndMessage();
    writer_->EndArray();
    if (!any_) {
      return absl::InvalidArgumentError(
          "`messages` holds no text, image, file or tool result: Bedrock needs one at least");
    }
    return absl::OkStatus();
  }

 private:
  enum class Role : uint8_t { kNone, kUser, kAssistant };

  // Begins or goes on with a message of `role`.
  void NeedRole(Role role) {
    if (role_ == role) return;
    if (!any_ && role == Role::kAssistant) {
      NeedRole(Role::kUser);
      if (!has_text_) WriteText(kFillerText);
    }
    EndMessage();
    any_ = true;
    role_ = role;
    has_text_ = false;
    has_document_ = false;
    writer_->BeginObject().Key("role").String(role == Role::kUser ? "user" : "assistant");
    writer_->Key("content").BeginArray();
    if (role == Role::kUser && !system_text_.empty()) {
      const std::string_view text = std::exchange(system_text_, {});
      WriteText(text);
    }
  }

  void EndMessage() {
    if (role_ == Role::kNone) return;
    // A document needs a text beside it.
    if (has_document_ && !has_text_) WriteText(kFillerText);
    writer_->EndArray().EndObject();
    role_ = Role::kNone;
  }

  // Blank texts are refused by Bedrock: they are left out.
  void WriteText(std::string_view text) {
    if (IsBlank(text)) return;
    has_text_ = true;
    writer_->BeginObject().Key("text").String(text).EndObject();
  }

  void WriteCachePoint(JsonText cache_control) {
    if (cache_control.empty() || !options_.model.is_claude) return;
    writer_->BeginObject().Key("cachePoint").BeginObject().Key("type").String("default");
    writer_->EndObject().EndObject();
  }

  absl::Status WriteMessage(const ChatMessage& message, size_t index, bool last) {
    switch (message.role) {
      case ChatRole::kSystem:
        return absl::OkStatus();  // told apart
      case ChatRole::kUser:
        return WriteUser(message, index);
      case ChatRole::kAssistant:
        return WriteAssistant(message, index, last);
      case ChatRole::kTool:
        return WriteToolResult(message, index);
    }
    return absl::OkStatus();
  }

  absl::Status WriteUser(const ChatMessage& message, size_t index) {
    for (size_t i = 0; i < message.parts.size(); ++i) {
      const ContentPart& part = message.parts[i];
      if (IsText(part) && IsBlank(part.text)) continue;
      NeedRole(Role::kUser);
      absl::Status status;
      if (IsText(part)) {
        WriteText(part.text);
      } else if (part.kind == ContentPart::Kind::kImage) {
        status = WriteBedrockImage(part, Place(index, i), writer_);
      } else if (part.kind == ContentPart::Kind::kFile) {
        has_document_ = true;
        status = WriteBedrockDocument(part, Place(index, i), &document_names_, writer_);
      } else {
        status = absl::InvalidArgumentError(Place(index, i) +
                                            " is audio: Bedrock's Converse takes none");
      }
      if (!status.ok()) return status;
      WriteCachePoint(part.cache_control);
    }
    if (role_ == Role::kUser) WriteCachePoint(message.cache_control);
    return absl::OkStatus();
  }

  absl::Status WriteAssistant(const ChatMessage& message, size_t index, bool last) {
    for (size_t i = 0; i < message.parts.size(); ++i) {
      const ContentPart& part = message.parts[i];
      if (!IsText(part)) {
        return absl::InvalidArgumentError(
            Place(index, i) + " is no text: an assistant's message has text and tool calls only");
      }
      if (IsBlank(part.text)) continue;
      NeedRole(Role::kAssistant);
      // A message to go on from must not end in white space.
      WriteText(last ? TrimEnd(part.text) : part.text);
      WriteCachePoint(part.cache_control);
    }
    for (size_t i = 0; i < message.tool_calls.size(); ++i) {
      const ChatToolCall& call = message.tool_calls[i];
      const absl::StatusOr<std::string_view> input = ToolArgumentsObject(call.arguments, index, i);
      if (!input.ok()) return input.status();
      NeedRole(Role::kAssistant);
      writer_->BeginObject().Key("toolUse").BeginObject();
      writer_->Key("toolUseId").String(BedrockToolUseId(call.id));
      writer_->Key("name").String(call.name).Key("input").Raw(*input);
      writer_->EndObject().EndObject();
    }
    if (role_ == Role::kAssistant) WriteCachePoint(message.cache_control);
    return absl::OkStatus();
  }

  absl::Status WriteToolResult(const ChatMessage& message, size_t index) {
    NeedRole(Role::kUser);
    writer_->BeginObject().Key("toolResult").BeginObject();
    writer_->Key("toolUseId").String(BedrockToolUseId(message.tool_call_id));
    writer_->Key("content").BeginArray();
    for (size_t i = 0; i < message.parts.size(); ++i) {
      const ContentPart& part = message.parts[i];
      if (part.kind == ContentPart::Kind::kImage) {
        if (absl::Status status = WriteBedrockImage(part, Place(index, i), writer_); !status.ok()) {
          return status;
        }
      } else if (!IsText(part)) {
        return absl::InvalidArgumentError(Place(index, i) +
                                          " is no text or image: a tool's result has these only");
      } else if (!IsBlank(part.text)) {
        writer_->BeginObject().Key("text").String(part.text).EndObject();
      }
    }
    writer_->EndArray().Key("status").String("success");
    writer_->EndObject().EndObject();
    WriteCachePoint(message.cache_control);
    return absl::OkStatus();
  }

  const BedrockMessageOptions& options_;
  std::string_view system_text_;  // goes before the first text of the user
  const bool has_system_;
  JsonWriter* writer_;
  std::set<std::string> document_names_;
  Role role_ = Role::kNone;  // of the message that is open
  bool any_ = false;         // a message has been written
  bool has_text_ = false;
  bool has_document_ = false;
};

// Writes `system`, or collects its texts for a model that takes none. Says whether there was any.
absl::StatusOr<bool> WriteSystem(const ChatRequest& chat, const BedrockMessageOptions& options,
                                 std::string* system_text, JsonWriter* writer) {
  bool open = false;
  const auto write = [&](std::string_view text, JsonText cache_control) {
    if (IsBlank(text)) return;
    if (!options.model.takes_system) {
      if (!system_text->empty()) system_text->append("\n\n");
      system_text->append(text);
      return;
    }
    if (!std::exchange(open, true)) writer->Key("system").BeginArray();
    writer->BeginObject().Key("text").String(text).EndObject();
    if (cache_control.empty() || !options.model.is_claude) return;
    writer->BeginObject().Key("cachePoint").BeginObject().Key("type").String("default");
    writer->EndObject().EndObject();
  };
  for (size_t i = 0; i < chat.messages.size(); ++i) {
    const ChatMessage& message = chat.messages[i];
    if (message.role != ChatRole::kSystem) continue;
    for (size_t j = 0; j < message.parts.size(); ++j) {
      const ContentPart& part = message.parts[j];
      if (!IsText(part)) {
        return absl::InvalidArgumentError(Place(i, j) +
                                          " is no text: a system message has text only");
      }
      write(part.text, part.cache_control.empty() ? message.cache_control : part.cache_control);
    }
  }
  write(options.system_addition, {});
  if (open) writer->EndArray();
  return open || !system_text->empty();
}

}  // namespace

absl::Status WriteBedrockMessages(const ChatRequest& chat, const BedrockMessageOptions& options,
                                  JsonWriter* writer) {
  std::string system_text;
  const absl::StatusOr<bool> has_system = WriteSystem(chat, options, &system_text, writer);
  if (!has_system.ok()) return has_system.status();
  return MessageWriter(options, system_text, *has_system, writer).Write(chat.messages);
}

bool UsesTools(const ChatRequest& chat) {
  return std::any_of(chat.messages.begin(), chat.messages.end(), [](const ChatMessage& message) {
    return message.role == ChatRole::kTool || !message.tool_calls.empty();
  });
}

std::string BedrockToolUseId(std::string_view id) {
  const bool fits =
      !id.empty() && id.size() <= kMaxToolUseIdBytes &&
      std::all_of(id.begin(), id.end(), [](char c) {
        return absl::ascii_isalnum(static_cast<unsigned char>(c)) || c == '_' || c == '-';
      });
  if (fits) return std::string(id);
  return "call_" + HexText(XXH64(id.data(), id.size(), 0));
}

}  // namespace junctor::engine
