#include "engine/providers/chat/message_reader.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "engine/providers/chat/base64.h"
#include "engine/providers/chat/data_url.h"

namespace junctor::engine {

struct MessageReader::Raw {
  std::string_view role;
  std::string_view refusal;
  std::optional<ChatToolCall> function_call;
};

bool MessageReader::Read(JsonValue& value, const JsonPlace& place, std::vector<ChatMessage>* out) {
  out->clear();
  function_calls_.clear();
  return fields_->ForEachItem(value, place,
                              [&](size_t index, JsonValue& item, const JsonPlace& at) {
                                message_index_ = index;
                                return ReadMessage(item, at, &out->emplace_back());
                              });
}

bool MessageReader::ReadMessage(JsonValue& value, const JsonPlace& place, ChatMessage* out) {
  if (FieldReader::IsNull(value)) return fields_->Unexpected(value, place, "a message");
  Raw raw;
  const bool read = fields_->ForEachMember(
      value, place, [&](std::string_view key, JsonValue& member, const JsonPlace& at) {
        return ReadMember(key, member, at, out, &raw);
      });
  return read && TakeRole(place, raw, out);
}

bool MessageReader::ReadMember(std::string_view key, JsonValue& value, const JsonPlace& place,
                               ChatMessage* message, Raw* raw) {
  if (key == "role") return fields_->String(value, place, &raw->role);
  if (key == "content") return ReadContent(value, place, &message->parts);
  if (key == "name") return fields_->String(value, place, &message->name);
  if (key == "tool_call_id") return fields_->String(value, place, &message->tool_call_id);
  if (key == "refusal") return fields_->String(value, place, &raw->refusal);
  if (key == "reasoning_content") return fields_->String(value, place, &message->reasoning);
  if (key == "cache_control") return fields_->RawObject(value, place, &message->cache_control);
  if (key == "tool_calls") {
    message->tool_calls.clear();
    return fields_->ForEachItem(value, place, [&](size_t, JsonValue& item, const JsonPlace& at) {
      return ReadToolCall(item, at, &message->tool_calls.emplace_back());
    });
  }
  if (key == "function_call") {
    raw->function_call.reset();
    if (FieldReader::IsNull(value)) return true;
    return ReadFunction(value, place, &raw->function_call.emplace());
  }
  return true;
}

bool MessageReader::TakeRole(const JsonPlace& place, const Raw& raw, ChatMessage* message) {
  const JsonPlace role_place{&place, "role"};
  if (raw.role.empty()) return fields_->Fail(role_place, "is missing");
  if (raw.role == "system" || raw.role == "developer") {
    message->role = ChatRole::kSystem;
  } else if (raw.role == "user") {
    message->role = ChatRole::kUser;
  } else if (raw.role == "assistant") {
    message->role = ChatRole::kAssistant;
    if (!raw.refusal.empty()) {
      ContentPart part;
      part.kind = ContentPart::Kind::kRefusal;
      part.text = raw.refusal;
      message->parts.push_back(part);
    }
    if (raw.function_call.has_value()) {
      ChatToolCall call = *raw.function_call;
      call.id = made_ids_->emplace_back("call_" + std::to_string(message_index_));
      function_calls_.push_back(call);
      message->tool_calls.push_back(call);
    }
  } else if (raw.role == "tool") {
    message->role = ChatRole::kTool;
    if (message->tool_call_id.empty()) {
      return fields_->Fail(JsonPlace{&place, "tool_call_id"}, "is missing");
    }
  } else if (raw.role == "function") {
    message->role = ChatRole::kTool;
    const auto call = std::find_if(
        function_calls_.begin(), function_calls_.end(),
        [&](const ChatToolCall& candidate) { return candidate.name == message->name; });
    if (call == function_calls_.end()) {
      return fields_->Fail(JsonPlace{&place, "name"},
                           "is \"" + std::string(message->name) +
                               "\": expected the name of a `function_call` that stands before");
    }
    message->tool_call_id = call->id;
    function_calls_.erase(call);
  } else {
    return fields_->UnexpectedText(raw.role, role_place,
                                   "system, developer, user, assistant, tool or function");
  }
  if (message->role != ChatRole::kAssistant && !message->tool_calls.empty()) {
    return fields_->Fail(JsonPlace{&place, "tool_calls"},
                         "stands in a message of role " + std::string(raw.role) +
                             ": only assistant messages have tool calls");
  }
  return true;
}

bool MessageReader::ReadContent(JsonValue& value, const JsonPlace& place,
                                std::vector<ContentPart>* out) {
  out->clear();
  if (FieldReader::IsNull(value)) return true;
  if (FieldReader::IsString(value)) return fields_->String(value, place, &out->emplace_back().text);
  if (!FieldReader::IsArray(value)) {
    return fields_->Unexpected(value, place, "a string or an array of parts");
  }
  return fields_->ForEachItem(value, place, [&](size_t, JsonValue& item, const JsonPlace& at) {
    return ReadPart(item, at, &out->emplace_back());
  });
}

bool MessageReader::ReadPart(JsonValue& value, const JsonPlace& place, ContentPart* out) {
  if (FieldReader::IsNull(value)) return fields_->Unexpected(value, place, "a part");
  std::string_view type;
  std::string_view text;
  std::string_view refusal;
  std::string_view image_url;
  std::string_view file_data;
  std::string_view audio;
  const auto image_member = [&](std::string_view key, JsonValue& member, const JsonPlace& at) {
    return key != "url" || fields_->String(member, at, &image_url);
  };
  const auto audio_member = [&](std::string_view key, JsonValue& member, const JsonPlace& at) {
    if (key == "data") return fields_->String(member, at, &audio);
    if (key == "format") return fields_->String(member, at, &out->audio_format);
    return true;
  };
  const auto file_member = [&](std::string_view key, JsonValue& member, const JsonPlace& at) {
    if (key == "file_data") return fields_->String(member, at, &file_data);
    if (key == "file_id") return fields_->String(member, at, &out->file_id);
    if (key == "filename") return fields_->String(member, at, &out->filename);
    return true;
  };
  const bool read = fields_->ForEachMember(
      value, place, [&](std::string_view key, JsonValue& member, const JsonPlace& at) {
        if (key == "type") return fields_->String(member, at, &type);
        if (key == "text") return fields_->String(member, at, &text);
        if (key == "refusal") return fields_->String(member, at, &refusal);
        if (key == "image_url") return fields_->ForEachMember(member, at, image_member);
        if (key == "input_audio") return fields_->ForEachMember(member, at, audio_member);
        if (key == "file") return fields_->ForEachMember(member, at, file_member);
        if (key == "cache_control") return fields_->RawObject(member, at, &out->cache_control);
        return true;
      });
  if (!read) return false;
  const JsonPlace type_place{&place, "type"};
  if (type == "text") {
    out->text = text;
    return true;
  }
  if (type == "refusal") {
    out->kind = ContentPart::Kind::kRefusal;
    out->text = refusal;
    return true;
  }
  if (type == "image_url") {
    out->kind = ContentPart::Kind::kImage;
    out->url = image_url;
    const JsonPlace image_place{&place, "image_url"};
    const JsonPlace url_place{&image_place, "url"};
    if (image_url.empty()) return fields_->Fail(url_place, "is missing");
    return !IsDataUrl(image_url) || TakeData(image_url, url_place, out);
  }
  if (type == "input_audio") {
    out->kind = ContentPart::Kind::kAudio;
    out->base64 = audio;
    const JsonPlace audio_place{&place, "input_audio"};
    const JsonPlace data_place{&audio_place, "data"};
    if (audio.empty()) return fields_->Fail(data_place, "is missing");
    return IsBase64(audio) || fields_->Fail(data_place, "is not base64");
  }
  if (type == "file") {
    out->kind = ContentPart::Kind::kFile;
    out->url = file_data;
    const JsonPlace file_place{&place, "file"};
    if (file_data.empty() && out->file_id.empty()) {
      return fields_->Fail(file_place, "has neither `file_data` nor `file_id`");
    }
    if (file_data.empty()) return true;
    if (IsDataUrl(file_data)) return TakeData(file_data, JsonPlace{&file_place, "file_data"}, out);
    if (IsBase64(file_data)) out->base64 = file_data;
    return true;
  }
  if (type.empty()) return fields_->Fail(type_place, "is missing");
  return fields_->UnexpectedText(type, type_place, "text, image_url, input_audio, file or refusal");
}

bool MessageReader::TakeData(std::string_view text, const JsonPlace& place, ContentPart* part) {
  const std::optional<DataUrl> url = ParseDataUrl(text);
  if (!url.has_value()) {
    return fields_->Fail(place, "is no data URL with base64: expected data:{type};base64,{data}");
  }
  if (url->base64.empty()) return fields_->Fail(place, "is a data URL without data");
  if (!IsBase64(url->base64)) return fields_->Fail(place, "is a data URL whose data is not base64");
  part->mime_type = url->mime_type;
  part->base64 = url->base64;
  return true;
}

bool MessageReader::ReadToolCall(JsonValue& value, const JsonPlace& place, ChatToolCall* out) {
  std::string_view type = "function";
  bool has_function = false;
  const bool read = fields_->ForEachMember(
      value, place, [&](std::string_view key, JsonValue& member, const JsonPlace& at) {
        if (key == "id") return fields_->String(member, at, &out->id);
        if (key == "type") return fields_->String(member, at, &type);
        if (key == "function") {
          has_function = true;
          return ReadFunction(member, at, out);
        }
        if (key == "extra_content") return ReadThoughtSignature(member, at, out);
        return true;
      });
  if (!read) return false;
  if (type != "function" && !type.empty()) {
    return fields_->UnexpectedText(type, JsonPlace{&place, "type"}, "function");
  }
  if (!has_function) return fields_->Fail(JsonPlace{&place, "function"}, "is missing");
  if (out->id.empty()) return fields_->Fail(JsonPlace{&place, "id"}, "is missing");
  return true;
}

bool MessageReader::ReadFunction(JsonValue& value, const JsonPlace& place, ChatToolCall* out) {
  const bool read = fields_->ForEachMember(
      value, place, [&](std::string_view key, JsonValue& member, const JsonPlace& at) {
        if (key == "name") return fields_->String(member, at, &out->name);
        if (key == "arguments") return fields_->String(member, at, &out->arguments);
        return true;
      });
  if (!read) return false;
  if (out->name.empty()) return fields_->Fail(JsonPlace{&place, "name"}, "is missing");
  return true;
}

bool MessageReader::ReadThoughtSignature(JsonValue& value, const JsonPlace& place,
                                         ChatToolCall* out) {
  const auto google_member = [&](std::string_view key, JsonValue& member, const JsonPlace& at) {
    return key != "thought_signature" || fields_->String(member, at, &out->thought_signature);
  };
  return fields_->ForEachMember(
      value, place, [&](std::string_view key, JsonValue& member, const JsonPlace& at) {
        return key != "google" || fields_->ForEachMember(member, at, google_member);
      });
}

}  // namespace junctor::engine
