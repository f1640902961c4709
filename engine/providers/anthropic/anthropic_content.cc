#include "engine/providers/anthropic/anthropic_content.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/string_view.h"
#include "engine/providers/chat/base64.h"
#include "engine/providers/chat/tool_arguments.h"

namespace junctor::engine {
namespace {

constexpr std::string_view kSpace = " \t\r\n\v\f";

absl::string_view View(std::string_view text) { return {text.data(), text.size()}; }

bool IsBlank(std::string_view text) {
  return text.find_first_not_of(kSpace) == std::string_view::npos;
}

std::string_view TrimEnd(std::string_view text) {
  const size_t last = text.find_last_not_of(kSpace);
  return last == std::string_view::npos ? std::string_view() : text.substr(0, last + 1);
}

bool IsText(const ContentPart& part) {
  return part.kind == ContentPart::Kind::kText || part.kind == ContentPart::Kind::kRefusal;
}

bool IsWritten(const ContentPart& part) { return !IsText(part) || !IsBlank(part.text); }

// Whether a message becomes any block. Tools' results do, even empty ones.
bool HasBlocks(const ChatMessage& message) {
  return message.role == ChatRole::kTool || !message.tool_calls.empty() ||
         std::any_of(message.parts.begin(), message.parts.end(), IsWritten);
}

// A tool call's id as Anthropic takes it: `[a-zA-Z0-9_-]+`. Others are rewritten, each to one that
// is its own, so that call and result still meet.
void AppendToolId(std::string_view id, std::string* out) {
  const auto allowed = [](char c) {
    return absl::ascii_isalnum(static_cast<unsigned char>(c)) || c == '_' || c == '-';
  };
  if (!id.empty() && std::all_of(id.begin(), id.end(), allowed)) {
    out->append(id);
    return;
  }
  constexpr std::string_view kHex = "0123456789abcdef";
  uint64_t hash = 0xcbf29ce484222325;  // FNV-1a
  for (char c : id) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3;
  out->append("call_");
  for (int shift = 60; shift >= 0; shift -= 4) out->push_back(kHex[(hash >> shift) & 15]);
}

// Writes the messages' turns; keeps where it is, for what it has to say.
class TurnWriter {
 public:
  TurnWriter(const ChatRequest& chat, JsonWriter* writer) : chat_(chat), writer_(writer) {}

  absl::Status Write();

 private:
  using Indices = std::vector<size_t>;

  absl::Status WriteUserTurn(const Indices& messages);
  absl::Status WriteAssistantTurn(const Indices& messages, bool is_last);
  absl::Status WriteToolResult(size_t message_index);
  absl::Status WriteParts(size_t message_index, bool trim_last);
  absl::Status WritePart(const ContentPart& part, size_t message_index, size_t part_index,
                         std::string_view text, JsonText cache_control);
  absl::Status WriteImage(const ContentPart& part, size_t message_index, size_t part_index);
  absl::Status WriteDocument(const ContentPart& part, size_t message_index, size_t part_index);
  void WriteBase64Source(std::string_view media_type, std::string_view base64);
  void WriteTextBlock(std::string_view text, JsonText cache_control);
  void WriteCacheControl(JsonText cache_control);

  const ChatRequest& chat_;
  JsonWriter* writer_;
};

// A status that says `what` of a part, or of `member` in it.
absl::Status At(size_t message, size_t part, std::string_view member, std::string_view what) {
  return absl::InvalidArgumentError("`messages[" + std::to_string(message) + "].content[" +
                                    std::to_string(part) + "]" + std::string(member) + "` " +
                                    std::string(what));
}

// The image types that Claude sees, each as Anthropic spells it; empty: none.
std::string_view ImageType(std::string_view mime_type) {
  constexpr std::array<std::string_view, 4> kTypes = {"image/jpeg", "image/png", "image/gif",
                                                      "image/webp"};
  for (std::string_view type : kTypes) {
    if (absl::EqualsIgnoreCase(View(mime_type), View(type))) return type;
  }
  return absl::EqualsIgnoreCase(View(mime_type), "image/jpg") ? kTypes[0] : std::string_view();
}

// The type of a file's data: as told, or by its name or first bytes.
std::string_view FileType(const ContentPart& part) {
  if (!part.mime_type.empty()) return part.mime_type;
  constexpr std::string_view kPdfInBase64 = "JVBERi0";  // "%PDF-"
  if (absl::EndsWithIgnoreCase(View(part.filename), ".pdf") ||
      part.base64.starts_with(kPdfInBase64)) {
    return "application/pdf";
  }
  if (absl::EndsWithIgnoreCase(View(part.filename), ".txt")) return "text/plain";
  return {};
}

bool IsWebUrl(std::string_view url) {
  return absl::StartsWithIgnoreCase(View(url), "https://") ||
         absl::StartsWithIgnoreCase(View(url), "http://");
}

absl::Status TurnWriter::Write() {
  Indices written;
  for (size_t i = 0; i < chat_.messages.size(); ++i) {
    const ChatMessage& message = chat_.messages[i];
    if (message.role != ChatRole::kSystem && HasBlocks(message)) written.push_back(i);
  }
  if (written.empty()) {
    return absl::InvalidArgumentError(
        "`messages` has no user message with content: Anthropic needs at least one");
  }
  const auto is_assistant = [this](size_t i) {
    return chat_.messages[i].role == ChatRole::kAssistant;
  };
  writer_->BeginArray();
  for (size_t begin = 0, end = 0; begin < written.size(); begin = end) {
    const bool assistant = is_assistant(written[begin]);
    while (end < written.size() && is_assistant(written[end]) == assistant) ++end;
    const Indices turn(written.begin() + static_cast<std::ptrdiff_t>(begin),
                       written.begin() + static_cast<std::ptrdiff_t>(end));
    writer_->BeginObject().Key("role").String(assistant ? "assistant" : "user");
    writer_->Key("content").BeginArray();
    const absl::Status status =
        assistant ? WriteAssistantTurn(turn, end == written.size()) : WriteUserTurn(turn);
    if (!status.ok()) return status;
    writer_->EndArray().EndObject();
  }
  writer_->EndArray();
  return absl::OkStatus();
}

absl::Status TurnWriter::WriteUserTurn(const Indices& messages) {
  for (const bool results : {true, false}) {
    for (size_t index : messages) {
      if ((chat_.messages[index].role == ChatRole::kTool) != results) continue;
      const absl::Status status = results ? WriteToolResult(index) : WriteParts(index, false);
      if (!status.ok()) return status;
    }
  }
  return absl::OkStatus();
}

absl::Status TurnWriter::WriteAssistantTurn(const Indices& messages, bool is_last) {
  for (size_t index : messages) {
    const ChatMessage& message = chat_.messages[index];
    // A prefix that ends in white space is refused.
    const bool trim = is_last && index == messages.back() && message.tool_calls.empty();
    if (absl::Status status = WriteParts(index, trim); !status.ok()) return status;
    for (size_t call_index = 0; call_index < message.tool_calls.size(); ++call_index) {
      const ChatToolCall& call = message.tool_calls[call_index];
      const auto input = ToolArgumentsObject(call.arguments, index, call_index);
      if (!input.ok()) return input.status();
      std::string id;
      AppendToolId(call.id, &id);
      writer_->BeginObject().Key("type").String("tool_use");
      writer_->Key("id").String(id);
      writer_->Key("name").String(call.name);
      writer_->Key("input").Raw(*input);
      if (call_index + 1 == message.tool_calls.size()) WriteCacheControl(message.cache_control);
      writer_->EndObject();
    }
  }
  return absl::OkStatus();
}

absl::Status TurnWriter::WriteToolResult(size_t message_index) {
  const ChatMessage& message = chat_.messages[message_index];
  std::string id;
  AppendToolId(message.tool_call_id, &id);
  writer_->BeginObject().Key("type").String("tool_result");
  writer_->Key("tool_use_id").String(id);
  writer_->Key("content");
  if (message.parts.empty()) {
    writer_->String("");
  } else if (message.parts.size() == 1 && IsText(message.parts.front())) {
    writer_->String(message.parts.front().text);
  } else {
    writer_->BeginArray();
    for (size_t i = 0; i < message.parts.size(); ++i) {
      const ContentPart& part = message.parts[i];
      if (!IsWritten(part)) continue;
      absl::Status status = WritePart(part, message_index, i, part.text, part.cache_control);
      if (!status.ok()) return status;
    }
    writer_->EndArray();
  }
  WriteCacheControl(message.cache_control);
  writer_->EndObject();
  return absl::OkStatus();
}

absl::Status TurnWriter::WriteParts(size_t message_index, bool trim_last) {
  const ChatMessage& message = chat_.messages[message_index];
  size_t last = message.parts.size();  // the last part that is written
  for (size_t i = 0; i < message.parts.size(); ++i) {
    if (IsWritten(message.parts[i])) last = i;
  }
  for (size_t i = 0; i < message.parts.size(); ++i) {
    const ContentPart& part = message.parts[i];
    if (!IsWritten(part)) continue;
    const std::string_view text = trim_last && i == last ? TrimEnd(part.text) : part.text;
    // A message's own mark stands for all of it: at its last block.
    const bool marked = part.cache_control.empty() && i == last && message.tool_calls.empty();
    absl::Status status = WritePart(part, message_index, i, text,
                                    marked ? message.cache_control : part.cache_control);
    if (!status.ok()) return status;
  }
  return absl::OkStatus();
}

absl::Status TurnWriter::WritePart(const ContentPart& part, size_t message_index, size_t part_index,
                                   std::string_view text, JsonText cache_control) {
  if (IsText(part)) {
    WriteTextBlock(text, cache_control);
    return absl::OkStatus();
  }
  if (part.kind == ContentPart::Kind::kAudio) {
    return At(message_index, part_index, "",
              "is audio: Anthropic takes none; send its text instead");
  }
  const bool is_image =
      part.kind == ContentPart::Kind::kImage || !ImageType(FileType(part)).empty();
  writer_->BeginObject().Key("type").String(is_image ? "image" : "document");
  writer_->Key("source");
  absl::Status status = is_image ? WriteImage(part, message_index, part_index)
                                 : WriteDocument(part, message_index, part_index);
  if (!status.ok()) return status;
  if (!is_image && !part.filename.empty()) writer_->Key("title").String(part.filename);
  WriteCacheControl(cache_control);
  writer_->EndObject();
  return absl::OkStatus();
}

absl::Status TurnWriter::WriteImage(const ContentPart& part, size_t message_index,
                                    size_t part_index) {
  if (part.base64.empty()) {
    if (!IsWebUrl(part.url)) {
      return At(message_index, part_index, ".image_url.url",
                "is neither a data URL nor one with http or https");
    }
    writer_->BeginObject().Key("type").String("url").Key("url").String(part.url).EndObject();
    return absl::OkStatus();
  }
  const std::string_view media_type = ImageType(part.mime_type);
  if (media_type.empty()) {
    const std::string named =
        part.mime_type.empty() ? "names no type" : "is of type " + std::string(part.mime_type);
    return At(message_index, part_index, ".image_url.url",
              named + ": Anthropic takes image/jpeg, image/png, image/gif and image/webp");
  }
  WriteBase64Source(media_type, part.base64);
  return absl::OkStatus();
}

absl::Status TurnWriter::WriteDocument(const ContentPart& part, size_t message_index,
                                       size_t part_index) {
  if (part.base64.empty()) {
    if (!part.file_id.empty()) {
      writer_->BeginObject().Key("type").String("file");
      writer_->Key("file_id").String(part.file_id).EndObject();
      return absl::OkStatus();
    }
    if (!IsWebUrl(part.url)) {
      return At(message_index, part_index, ".file.file_data",
                "is neither base64 nor a data URL nor one with http or https");
    }
    writer_->BeginObject().Key("type").String("url").Key("url").String(part.url).EndObject();
    return absl::OkStatus();
  }
  const std::string_view type = FileType(part);
  if (absl::EqualsIgnoreCase(View(type), "application/pdf")) {
    WriteBase64Source("application/pdf", part.base64);
    return absl::OkStatus();
  }
  if (absl::EqualsIgnoreCase(View(type), "text/plain")) {
    std::string text;
    DecodeBase64(part.base64, &text);
    writer_->BeginObject().Key("type").String("text");
    writer_->Key("media_type").String("text/plain");
    writer_->Key("data").String(text).EndObject();
    return absl::OkStatus();
  }
  const std::string named = type.empty() ? "names no type" : "is of type " + std::string(type);
  return At(message_index, part_index, ".file.file_data",
            named + ": Anthropic takes application/pdf and text/plain");
}

void TurnWriter::WriteBase64Source(std::string_view media_type, std::string_view base64) {
  writer_->BeginObject().Key("type").String("base64");
  writer_->Key("media_type").String(media_type);
  writer_->Key("data").Base64(base64).EndObject();
}

void TurnWriter::WriteTextBlock(std::string_view text, JsonText cache_control) {
  writer_->BeginObject().Key("type").String("text").Key("text").String(text);
  WriteCacheControl(cache_control);
  writer_->EndObject();
}

void TurnWriter::WriteCacheControl(JsonText cache_control) {
  if (!cache_control.empty()) writer_->Key("cache_control").Raw(cache_control);
}

}  // namespace

absl::Status WriteAnthropicSystem(const ChatRequest& chat, std::string_view addition,
                                  JsonWriter* writer) {
  bool begun = false;
  const auto write = [&](std::string_view text, JsonText cache_control) {
    if (!begun) writer->Key("system").BeginArray();
    begun = true;
    writer->BeginObject().Key("type").String("text").Key("text").String(text);
    if (!cache_control.empty()) writer->Key("cache_control").Raw(cache_control);
    writer->EndObject();
  };
  for (size_t m = 0; m < chat.messages.size(); ++m) {
    const ChatMessage& message = chat.messages[m];
    if (message.role != ChatRole::kSystem) continue;
    for (size_t p = 0; p < message.parts.size(); ++p) {
      const ContentPart& part = message.parts[p];
      if (!IsText(part)) {
        return At(m, p, "", "is no text: Anthropic takes only text in system messages");
      }
      if (!IsWritten(part)) continue;
      const bool last = p + 1 == message.parts.size();
      write(part.text,
            part.cache_control.empty() && last ? message.cache_control : part.cache_control);
    }
  }
  if (!addition.empty()) write(addition, {});
  if (begun) writer->EndArray();
  return absl::OkStatus();
}

absl::Status WriteAnthropicMessages(const ChatRequest& chat, JsonWriter* writer) {
  writer->Key("messages");
  return TurnWriter(chat, writer).Write();
}

bool EndsWithToolResults(const ChatRequest& chat) {
  for (auto message = chat.messages.rbegin(); message != chat.messages.rend(); ++message) {
    if (message->role == ChatRole::kTool) return true;
    if (message->role == ChatRole::kAssistant) return false;
  }
  return false;
}

}  // namespace junctor::engine
