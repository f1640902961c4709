#include "tests/oracle/request_document.h"

namespace junctor::oracle {
namespace {

// As documented: more entries are ignored (R37).
constexpr size_t kMetadataEntries = 5;

bool HasText(const Json& part) {
  const Json* text = part.IsObject() ? Member(part, "text") : nullptr;
  return text != nullptr && text->IsString();
}

// The texts of one message: its content where that is a string, else those of its parts.
std::vector<std::string> TextsOf(const Json& message) {
  std::vector<std::string> texts;
  const Json* content = message.IsObject() ? Member(message, "content") : nullptr;
  if (content == nullptr) return texts;
  if (content->IsString()) texts.emplace_back(Text(*content));
  if (content->IsArray()) {
    for (const Json& part : content->GetArray()) {
      if (HasText(part)) texts.emplace_back(Text(*Member(part, "text")));
    }
  }
  return texts;
}

bool HasImage(const Json& message) {
  const Json* content = message.IsObject() ? Member(message, "content") : nullptr;
  if (content == nullptr || !content->IsArray()) return false;
  for (const Json& part : content->GetArray()) {
    const Json* type = part.IsObject() ? Member(part, "type") : nullptr;
    if (type == nullptr || !type->IsString()) continue;
    if (Text(*type) == "image_url" || Text(*type) == "input_image") return true;
  }
  return false;
}

bool IsFullArray(const Json* value) {
  return value != nullptr && value->IsArray() && !value->Empty();
}

}  // namespace

RequestDocument::RequestDocument(const RequestText& request) {
  for (const auto& [name, value] : request.headers) AddHeader(name, value);
  rapidjson::Document parsed;
  if (request.metadata && ParseJson(*request.metadata, false, &parsed)) AddMetadata(parsed);
  rapidjson::Document body;
  if (request.body && ParseJson(*request.body, false, &body) && body.IsObject()) AddBody(body);
  AddFacts(request);
}

RequestDocument::RequestDocument(const Json& sample) {
  if (const Json* headers = Member(sample, "headers")) {
    for (const auto& header : headers->GetObject()) {
      AddHeader(std::string(Text(header.name)), std::string(Text(header.value)));
    }
  }
  if (const Json* metadata = Member(sample, "metadata")) AddMetadata(*metadata);
  if (const Json* body = Member(sample, "body")) AddBody(*body);
}

void RequestDocument::AddHeader(const std::string& name, const std::string& value) {
  auto& allocator = document_.GetAllocator();
  if (!document_.HasMember("headers")) {
    document_.AddMember("headers", Json(rapidjson::kObjectType), allocator);
  }
  std::string lower = name;
  for (char& c : lower) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  Json key(lower.data(), static_cast<rapidjson::SizeType>(lower.size()), allocator);
  Json text(value.data(), static_cast<rapidjson::SizeType>(value.size()), allocator);
  document_["headers"].AddMember(key, text, allocator);
}

void RequestDocument::AddMetadata(const Json& metadata) {
  auto& allocator = document_.GetAllocator();
  Json entries(rapidjson::kObjectType);
  for (const auto& member : metadata.GetObject()) {
    if (entries.MemberCount() == kMetadataEntries) break;
    Json key(member.name, allocator);
    Json value(member.value, allocator);
    entries.AddMember(key, value, allocator);
  }
  document_.AddMember("metadata", entries, allocator);
}

void RequestDocument::AddBody(const Json& body) {
  auto& allocator = document_.GetAllocator();
  Json copy(body, allocator);
  document_.AddMember("body", copy, allocator);
}

void RequestDocument::AddFacts(const RequestText& request) {
  auto& allocator = document_.GetAllocator();
  Json facts(rapidjson::kObjectType);
  const auto add = [&](const char* name, Json value) {
    facts.AddMember(rapidjson::StringRef(name), value, allocator);
  };
  const auto string = [&](std::string_view text) {
    return Json(text.data(), static_cast<rapidjson::SizeType>(text.size()), allocator);
  };
  add("method", string(request.method));
  add("path", string(request.path));
  add("client_ip", string(request.client_ip));
  add("body_bytes", Json(static_cast<uint64_t>(request.body ? request.body->size() : 0)));
  const int64_t days = request.unix_seconds / 86400;  // since a Thursday
  add("hour_utc", Json(request.unix_seconds % 86400 / 3600));
  add("weekday_utc", Json((days + 3) % 7 + 1));

  const Json* body = Member(document_, "body");
  const auto of_body = [&](const char* key) -> const Json* {
    return body != nullptr && body->IsObject() ? Member(*body, key) : nullptr;
  };
  const Json* stream = of_body("stream");
  add("stream", Json(stream != nullptr && stream->IsTrue()));
  const Json* model = of_body("model");
  if (model != nullptr && model->IsString()) add("model", string(Text(*model)));
  add("has_tools", Json(IsFullArray(of_body("tools")) || IsFullArray(of_body("functions"))));

  uint64_t count = 0, bytes = 0;
  bool has_images = false;
  std::optional<std::string> last_user_text;
  const Json* messages = of_body("messages");
  if (messages != nullptr && messages->IsArray()) {
    count = messages->Size();
    for (const Json& message : messages->GetArray()) {
      std::string joined;
      const std::vector<std::string> texts = TextsOf(message);
      for (const std::string& text : texts) {
        bytes += text.size();
        if (&text != &texts.front()) joined += "\n";
        joined += text;
      }
      if (HasImage(message)) has_images = true;
      const Json* role = message.IsObject() ? Member(message, "role") : nullptr;
      if (role != nullptr && role->IsString() && Text(*role) == "user") last_user_text = joined;
    }
  }
  add("message_count", Json(count));
  add("estimated_input_tokens", Json((bytes + 3) / 4));
  add("has_images", Json(has_images));
  if (last_user_text) add("last_user_text", string(*last_user_text));
  document_.AddMember("request", facts, allocator);
}

}  // namespace junctor::oracle
