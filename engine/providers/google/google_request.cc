#include "engine/providers/google/google_request.h"

#include <simdjson.h>

#include <algorithm>
#include <array>
#include <unordered_map>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "engine/providers/chat/json_writer.h"
#include "engine/providers/chat/tool_arguments.h"
#include "engine/providers/google/gemini_models.h"
#include "engine/providers/google/google_config.h"
#include "engine/providers/google/openapi_schema.h"

namespace junctor::engine {
namespace {

using simdjson::dom::element;
using simdjson::dom::object;

// What Google's models accept in the place of a thought signature for calls that another model
// made.
constexpr std::string_view kForeignSignature = "skip_thought_signature_validator";

absl::string_view View(std::string_view text) { return {text.data(), text.size()}; }

absl::Status RefusedPart(std::string text) { return absl::InvalidArgumentError(View(text)); }

std::string PartPlace(size_t message, size_t part) {
  return "messages[" + std::to_string(message) + "].content[" + std::to_string(part) + "]";
}

// The media type that the end of a URL's path tells.
std::string_view MimeTypeOf(std::string_view url, std::string_view otherwise) {
  struct Row {
    std::string_view extension;
    std::string_view mime_type;
  };
  static constexpr std::array<Row, 18> kRows = {{{".png", "image/png"},
                                                 {".jpg", "image/jpeg"},
                                                 {".jpeg", "image/jpeg"},
                                                 {".webp", "image/webp"},
                                                 {".gif", "image/gif"},
                                                 {".heic", "image/heic"},
                                                 {".heif", "image/heif"},
                                                 {".bmp", "image/bmp"},
                                                 {".pdf", "application/pdf"},
                                                 {".txt", "text/plain"},
                                                 {".csv", "text/csv"},
                                                 {".html", "text/html"},
                                                 {".mp3", "audio/mp3"},
                                                 {".wav", "audio/wav"},
                                                 {".mp4", "video/mp4"},
                                                 {".mov", "video/mov"},
                                                 {".webm", "video/webm"},
                                                 {".mpeg", "video/mpeg"}}};
  const std::string_view path = url.substr(0, url.find_first_of("?#"));
  for (const Row& row : kRows) {
    if (absl::EndsWithIgnoreCase(View(path), View(row.extension))) return row.mime_type;
  }
  return otherwise;
}

bool IsFetchedUrl(std::string_view url) {
  return url.starts_with("https://") || url.starts_with("http://") || url.starts_with("gs://");
}

// Ids that other providers and junctor itself make: Google's models know only their own.
bool IsForeignCallId(std::string_view id) {
  return id.empty() || id.starts_with("call_") || id.starts_with("toolu") ||
         id.starts_with("chatcmpl-tool-");
}

// A call that an assistant's message made, for the results that come after it.
struct KnownCall {
  std::string_view name;
  size_t order = 0;  // among all calls
};

// Writes one request.
class RequestWriter {
 public:
  RequestWriter(const ChatRequest& chat, std::string_view model, std::string* out)
      : chat_(chat), traits_(GeminiTraitsOf(model)), writer_(out) {}

  absl::Status Write() {
    if (chat_.wants_audio) {
      return RefusedPart(
          "`audio`, or \"audio\" in `modalities`: Google's audio does not fit into a chat "
          "completion; ask for text");
    }
    writer_.BeginObject();
    if (absl::Status status = WriteSystem(); !status.ok()) return status;
    if (absl::Status status = WriteContents(); !status.ok()) return status;
    if (absl::Status status = WriteTools(); !status.ok()) return status;
    WriteToolChoice();
    if (absl::Status status = WriteGenerationConfig(chat_, traits_, &parser_, &writer_);
        !status.ok()) {
      return status;
    }
    if (absl::Status status = WriteGoogleExtensions(chat_, &parser_, &writer_); !status.ok())
      return status;
    writer_.EndObject();
    return absl::OkStatus();
  }

 private:
  // Texts of system messages, all of them in order. Alone, they are what the user says: Google
  // answers no request without contents.
  absl::Status WriteSystem() {
    const bool alone =
        std::all_of(chat_.messages.begin(), chat_.messages.end(),
                    [](const ChatMessage& message) { return message.role == ChatRole::kSystem; });
    if (alone) return absl::OkStatus();
    bool begun = false;
    for (size_t i = 0; i < chat_.messages.size(); ++i) {
      const ChatMessage& message = chat_.messages[i];
      if (message.role != ChatRole::kSystem) continue;
      system_hoisted_ = true;
      for (size_t j = 0; j < message.parts.size(); ++j) {
        const ContentPart& part = message.parts[j];
        if (part.kind != ContentPart::Kind::kText) {
          return RefusedPart(PartPlace(i, j) +
                             ": Google takes only text as system instruction; move it to a user "
                             "message");
        }
        if (part.text.empty()) continue;
        if (!begun) writer_.Key("systemInstruction").BeginObject().Key("parts").BeginArray();
        begun = true;
        WriteText(part.text);
      }
    }
    if (begun) writer_.EndArray().EndObject();
    return absl::OkStatus();
  }

  absl::Status WriteContents() {
    writer_.Key("contents").BeginArray();
    for (size_t i = 0; i < chat_.messages.size();) {
      const ChatMessage& message = chat_.messages[i];
      absl::Status status;
      switch (message.role) {
        case ChatRole::kSystem:
          if (!system_hoisted_) status = WriteParts(i, "user");
          break;
        case ChatRole::kUser:
          status = WriteParts(i, "user");
          break;
        case ChatRole::kAssistant:
          status = WriteParts(i, "model");
          if (status.ok()) status = WriteCalls(i);
          break;
        case ChatRole::kTool:
          status = WriteResults(&i);
          break;
      }
      if (!status.ok()) return status;
      if (message.role != ChatRole::kTool) ++i;
    }
    EndTurn();
    writer_.EndArray();
    if (turns_ == 0) {
      return RefusedPart(
          "`messages` holds no text, image, file or call: Google answers no request "
          "without contents");
    }
    return absl::OkStatus();
  }

  // Neighbours of one role are one turn. A turn begins with its first part: Google takes none
  // without.
  void BeginTurn(std::string_view role) {
    if (role_ == role) return;
    EndTurn();
    role_ = role;
    ++turns_;
    writer_.BeginObject().Key("role").String(role).Key("parts").BeginArray();
  }

  void EndTurn() {
    if (!role_.empty()) writer_.EndArray().EndObject();
    role_ = {};
  }

  void WriteText(std::string_view text) {
    writer_.BeginObject().Key("text").String(text).EndObject();
  }

  void WriteInlineData(std::string_view mime_type, std::string_view base64) {
    writer_.BeginObject().Key("inlineData").BeginObject();
    writer_.Key("mimeType").String(mime_type);
    writer_.Key("data").Base64(base64);
    writer_.EndObject().EndObject();
  }

  // An empty media type is left out.
  void WriteFileData(std::string_view mime_type, std::string_view uri) {
    writer_.BeginObject().Key("fileData").BeginObject();
    if (!mime_type.empty()) writer_.Key("mimeType").String(mime_type);
    writer_.Key("fileUri").String(uri);
    writer_.EndObject().EndObject();
  }

  absl::Status WriteParts(size_t message, std::string_view role) {
    const std::vector<ContentPart>& parts = chat_.messages[message].parts;
    for (size_t i = 0; i < parts.size(); ++i) {
      const ContentPart& part = parts[i];
      const bool is_text =
          part.kind == ContentPart::Kind::kText || part.kind == ContentPart::Kind::kRefusal;
      if (is_text && part.text.empty()) continue;
      BeginTurn(role);
      if (is_text) {
        WriteText(part.text);
      } else if (absl::Status status = WriteMedium(part, message, i); !status.ok()) {
        return status;
      }
    }
    return absl::OkStatus();
  }

  absl::Status WriteMedium(const ContentPart& part, size_t message, size_t index) {
    if (part.kind == ContentPart::Kind::kAudio) {
      std::string mime_type = "audio/";
      mime_type += part.audio_format.empty() ? std::string_view("wav") : part.audio_format;
      WriteInlineData(mime_type, part.base64);
      return absl::OkStatus();
    }
    const bool image = part.kind == ContentPart::Kind::kImage;
    if (!part.base64.empty()) {
      std::string_view mime_type = part.mime_type;
      if (mime_type.empty())
        mime_type = image ? "image/jpeg" : MimeTypeOf(part.filename, "application/pdf");
      WriteInlineData(mime_type, part.base64);
      return absl::OkStatus();
    }
    if (IsFetchedUrl(part.url)) {
      WriteFileData(MimeTypeOf(part.url, image ? "image/jpeg" : "application/pdf"), part.url);
      return absl::OkStatus();
    }
    if (IsFetchedUrl(part.file_id)) {
      WriteFileData(MimeTypeOf(part.filename, ""), part.file_id);
      return absl::OkStatus();
    }
    return RefusedPart(PartPlace(message, index) +
                       (part.file_id.empty()
                            ? ": Google takes a data URL, or one that begins with https:// or gs://"
                            : ": Google does not know this file_id; send the file as file_data, or "
                              "the URI that Google's Files API gave"));
  }

  absl::Status WriteCalls(size_t message) {
    const std::vector<ChatToolCall>& calls = chat_.messages[message].tool_calls;
    for (size_t i = 0; i < calls.size(); ++i) {
      const ChatToolCall& call = calls[i];
      absl::StatusOr<std::string_view> arguments = ToolArgumentsObject(call.arguments, message, i);
      if (!arguments.ok()) return arguments.status();
      BeginTurn("model");
      writer_.BeginObject().Key("functionCall").BeginObject();
      if (!IsForeignCallId(call.id)) writer_.Key("id").String(call.id);
      writer_.Key("name").String(call.name);
      writer_.Key("args").Raw(*arguments);
      writer_.EndObject();
      if (!call.thought_signature.empty()) {
        writer_.Key("thoughtSignature").String(call.thought_signature);
      } else if (i == 0 && traits_.needs_signatures) {
        writer_.Key("thoughtSignature").String(kForeignSignature);
      }
      writer_.EndObject();
      known_calls_[call.id] = KnownCall{call.name, call_count_++};
    }
    return absl::OkStatus();
  }

  // The results that stand together from *message on, in the order of their calls; sets *message
  // behind them.
  absl::Status WriteResults(size_t* message) {
    struct Result {
      size_t message;
      KnownCall call;
    };
    std::vector<Result> results;
    for (; *message < chat_.messages.size(); ++*message) {
      const ChatMessage& result = chat_.messages[*message];
      if (result.role != ChatRole::kTool) break;
      KnownCall call{result.name, SIZE_MAX};
      if (const auto known = known_calls_.find(result.tool_call_id); known != known_calls_.end())
        call = known->second;
      if (call.name.empty()) {
        return RefusedPart(
            "messages[" + std::to_string(*message) + "].tool_call_id is \"" +
            std::string(result.tool_call_id) +
            "\": no earlier assistant message has a call of that id, and Google wants "
            "the function's name with its result");
      }
      results.push_back({*message, call});
    }
    std::stable_sort(results.begin(), results.end(),
                     [](const Result& a, const Result& b) { return a.call.order < b.call.order; });
    for (const Result& result : results) {
      if (absl::Status status = WriteResult(result.message, result.call.name); !status.ok())
        return status;
    }
    return absl::OkStatus();
  }

  absl::Status WriteResult(size_t message, std::string_view name) {
    const ChatMessage& result = chat_.messages[message];
    std::string joined;
    std::string_view text;
    for (size_t i = 0; i < result.parts.size(); ++i) {
      const ContentPart& part = result.parts[i];
      if (part.kind != ContentPart::Kind::kText)
        return RefusedPart(PartPlace(message, i) + ": Google takes only text as a tool's result");
      if (result.parts.size() == 1) {
        text = part.text;
      } else {
        joined += part.text;
        text = joined;
      }
    }
    BeginTurn("user");
    writer_.BeginObject().Key("functionResponse").BeginObject();
    if (!IsForeignCallId(result.tool_call_id)) writer_.Key("id").String(result.tool_call_id);
    writer_.Key("name").String(name).Key("response");
    if (object parsed;
        !text.empty() && parser_.parse(text.data(), text.size()).get(parsed) == simdjson::SUCCESS) {
      writer_.Raw(text);
    } else {
      writer_.BeginObject().Key("result").String(text).EndObject();
    }
    writer_.EndObject().EndObject();
    return absl::OkStatus();
  }

  absl::Status WriteTools() {
    if (chat_.tools.empty()) return absl::OkStatus();
    writer_.Key("tools").BeginArray().BeginObject().Key("functionDeclarations").BeginArray();
    for (size_t i = 0; i < chat_.tools.size(); ++i) {
      const ChatTool& tool = chat_.tools[i];
      writer_.BeginObject().Key("name").String(tool.name);
      if (!tool.description.empty()) writer_.Key("description").String(tool.description);
      if (absl::Status status = WriteParameters(tool, i); !status.ok()) return status;
      writer_.EndObject();
    }
    writer_.EndArray().EndObject().EndArray();
    return absl::OkStatus();
  }

  // Functions without properties have no parameters at Google's.
  absl::Status WriteParameters(const ChatTool& tool, size_t index) {
    if (tool.parameters.empty()) return absl::OkStatus();
    element schema;
    object members;
    if (parser_.parse(tool.parameters.data(), tool.parameters.size()).get(schema) !=
            simdjson::SUCCESS ||
        schema.get(members) != simdjson::SUCCESS) {
      return RefusedPart("tools[" + std::to_string(index) +
                         "].function.parameters: expected a JSON object");
    }
    object properties;
    if (const auto error = members.at_key("properties").get(properties);
        (error == simdjson::SUCCESS && properties.size() == 0) ||
        (error != simdjson::SUCCESS && members.at_key("$ref").error() != simdjson::SUCCESS &&
         members.at_key("anyOf").error() != simdjson::SUCCESS &&
         members.at_key("allOf").error() != simdjson::SUCCESS &&
         members.at_key("oneOf").error() != simdjson::SUCCESS)) {
      return absl::OkStatus();
    }
    if (traits_.json_schema) {
      writer_.Key("parametersJsonSchema").Raw(tool.parameters);
      return absl::OkStatus();
    }
    absl::StatusOr<std::string> subset = OpenApiSchema(schema);
    if (!subset.ok()) {
      return RefusedPart(
          "tools[" + std::to_string(index) + "].function.parameters: " +
          std::string(subset.status().message().data(), subset.status().message().size()));
    }
    writer_.Key("parameters").Raw(*subset);
    return absl::OkStatus();
  }

  void WriteToolChoice() {
    if (!chat_.tool_choice || chat_.tools.empty()) return;
    std::string_view mode = "AUTO";
    switch (chat_.tool_choice->kind) {
      case ChatToolChoice::Kind::kAuto:
        break;
      case ChatToolChoice::Kind::kNone:
        mode = "NONE";
        break;
      case ChatToolChoice::Kind::kRequired:
      case ChatToolChoice::Kind::kNamed:
        mode = "ANY";
        break;
    }
    writer_.Key("toolConfig").BeginObject().Key("functionCallingConfig").BeginObject();
    writer_.Key("mode").String(mode);
    if (chat_.tool_choice->kind == ChatToolChoice::Kind::kNamed) {
      writer_.Key("allowedFunctionNames").BeginArray();
      writer_.String(chat_.tool_choice->name).EndArray();
    }
    writer_.EndObject().EndObject();
  }

  const ChatRequest& chat_;
  const GeminiTraits traits_;
  JsonWriter writer_;
  simdjson::dom::parser parser_;
  std::string_view role_;  // of the turn that is being written; empty: none
  size_t turns_ = 0;
  bool system_hoisted_ = false;
  std::unordered_map<std::string_view, KnownCall> known_calls_;  // by id; the last of its id
  size_t call_count_ = 0;
};

// So that the body is written without growing: what is long in it is copied as it is.
size_t EstimatedSize(const ChatRequest& chat) {
  size_t size = 4096;
  for (const ChatMessage& message : chat.messages) {
    size += 64;
    for (const ContentPart& part : message.parts) {
      size += 96 + part.text.size() + part.text.size() / 8 + part.base64.size() +
              (part.base64.empty() ? part.url.size() : 0);
    }
    for (const ChatToolCall& call : message.tool_calls) size += 256 + call.arguments.size();
  }
  for (const ChatTool& tool : chat.tools)
    size += 128 + tool.description.size() + tool.parameters.size();
  return size + chat.response_format.schema.size();
}

}  // namespace

absl::Status WriteGoogleRequest(const ChatRequest& chat, std::string_view model,
                                std::string* body) {
  body->clear();
  body->reserve(EstimatedSize(chat));
  RequestWriter writer(chat, model, body);
  return writer.Write();
}

bool IsModelPathSegment(std::string_view name) {
  if (name.empty() || name.size() > kMaxModelNameBytes) return false;
  if (!absl::ascii_isalnum(static_cast<unsigned char>(name.front()))) return false;
  return name.find("..") == std::string_view::npos &&
         std::all_of(name.begin(), name.end(), [](char c) {
           return absl::ascii_isalnum(static_cast<unsigned char>(c)) || c == '.' || c == '_' ||
                  c == '-' || c == '@';
         });
}

absl::Status CheckModelPathSegment(std::string_view name) {
  if (IsModelPathSegment(name)) return absl::OkStatus();
  std::string shown;
  for (const char c : name.substr(0, kMaxModelNameBytes))
    shown += absl::ascii_isprint(static_cast<unsigned char>(c)) ? c : '?';
  return RefusedPart(
      "the model is \"" + shown +
      "\": at Google a model's name has letters, digits, '.', '_', '-' and '@', begins "
      "with a letter or digit, and has no \"..\"");
}

}  // namespace junctor::engine
