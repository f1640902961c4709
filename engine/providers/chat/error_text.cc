#include "engine/providers/chat/error_text.h"

#include <rapidjson/document.h>

#include <array>

#include "absl/strings/ascii.h"

namespace junctor::engine {
namespace {

using Value = rapidjson::Value;

// An HTML error page of some proxy is shown this far.
constexpr size_t kMaxRawMessageBytes = 1024;
// So are the messages of a list, together.
constexpr size_t kMaxJoinedBytes = 1024;

std::string Text(const Value& value) {
  if (!value.IsString()) return {};
  return {value.GetString(), value.GetStringLength()};
}

std::string TextMember(const Value& object, const char* name) {
  if (!object.IsObject()) return {};
  const auto member = object.FindMember(name);
  return member == object.MemberEnd() ? std::string() : Text(member->value);
}

// The member, or null.
const Value* Member(const Value& object, const char* name) {
  if (!object.IsObject()) return nullptr;
  const auto member = object.FindMember(name);
  return member == object.MemberEnd() ? nullptr : &member->value;
}

std::string FirstText(const Value& object, std::initializer_list<const char*> names) {
  for (const char* name : names) {
    if (std::string text = TextMember(object, name); !text.empty()) return text;
  }
  return {};
}

// The messages of a list's items, in one line.
std::string JoinMessages(const Value* list) {
  if (list == nullptr || !list->IsArray()) return {};
  std::string joined;
  for (const Value& item : list->GetArray()) {
    std::string text = item.IsString() ? Text(item) : FirstText(item, {"message", "msg"});
    if (text.empty()) continue;
    if (joined.size() + text.size() > kMaxJoinedBytes && !joined.empty()) break;
    if (!joined.empty()) joined += "; ";
    joined += text;
  }
  return joined;
}

// The places where providers put the message, in order of preference.
std::string FindMessage(const Value& root) {
  const Value* const error = Member(root, "error");
  if (error != nullptr) {
    if (std::string text = FirstText(*error, {"message", "Message"}); !text.empty()) return text;
    if (std::string text = Text(*error); !text.empty()) return text;
  }
  if (std::string text = FirstText(root, {"message", "Message"}); !text.empty()) return text;
  // Mistral keeps the list of what is wrong with a body under either.
  if (const Value* message = Member(root, "message")) {
    if (std::string text = JoinMessages(Member(*message, "detail")); !text.empty()) return text;
  }
  if (std::string text = JoinMessages(Member(root, "errors")); !text.empty()) return text;
  if (const Value* detail = Member(root, "detail")) {
    for (std::string text : {Text(*detail), TextMember(*detail, "message"), JoinMessages(detail)}) {
      if (!text.empty()) return text;
    }
  }
  return FirstText(root, {"err_msg", "title"});
}

// AWS names an exception as "com.amazon.coral#ThrottlingException:http://…".
std::string ExceptionName(std::string text) {
  text = text.substr(0, text.find(':'));
  const size_t mark = text.rfind('#');
  return mark == std::string::npos ? text : text.substr(mark + 1);
}

void FindCode(const Value& root, const Value& holder, ErrorText* text) {
  if (const Value* code = Member(holder, "code")) {
    text->code = Text(*code);
    if (code->IsInt()) text->status = code->GetInt();
  }
  if (const Value* details = Member(holder, "details")) {
    text->detail_code = TextMember(*details, "error_code");
  }
  if (text->code.empty()) text->code = FirstText(root, {"err_code", "error_code"});
  if (const Value* detail = Member(root, "detail"); detail != nullptr && text->code.empty()) {
    text->code = TextMember(*detail, "status");
  }
  if (text->code.empty()) text->code = ExceptionName(TextMember(root, "__type"));
}

void ReadObject(const Value& root, ErrorText* text) {
  text->message = FindMessage(root);
  const Value* const error = Member(root, "error");
  const bool nested = error != nullptr && error->IsObject();
  const Value& holder = nested ? *error : root;
  const std::string root_type = TextMember(root, "type");
  text->type = TextMember(holder, "type");
  // Anthropic and Parallel say with it what kind of body this is.
  if (!nested && text->type == "error") text->type.clear();
  text->openai_shape = nested && !TextMember(holder, "message").empty() && root_type != "error";
  FindCode(root, holder, text);
  if (const Value* wait = Member(root, "estimated_time"); wait != nullptr && wait->IsNumber()) {
    text->wait_seconds = wait->GetDouble();
  }
}

std::string RawMessage(std::string_view body) {
  std::string_view raw = body.substr(0, kMaxRawMessageBytes);
  if (raw.size() < body.size()) {
    // The cut may go through a character: drop the last one, its first byte included.
    while (!raw.empty() && (static_cast<unsigned char>(raw.back()) & 0xC0) == 0x80)
      raw.remove_suffix(1);
    if (!raw.empty() && static_cast<unsigned char>(raw.back()) >= 0xC0) raw.remove_suffix(1);
  }
  return std::string(absl::StripAsciiWhitespace(absl::string_view(raw.data(), raw.size())));
}

}  // namespace

ErrorText ReadErrorText(std::string_view body) {
  ErrorText text;
  rapidjson::Document document;
  document.Parse<rapidjson::kParseIterativeFlag | rapidjson::kParseValidateEncodingFlag>(
      body.data(), body.size());
  if (!document.HasParseError()) {
    const Value* root = &document;
    // Google's streams answer with a list of one error.
    if (root->IsArray() && !root->Empty()) root = &(*root)[0];
    if (root->IsObject()) ReadObject(*root, &text);
    // An event of the responses API that says that the answer failed: the error is the answer's.
    if (const Value* response = Member(*root, "response"); response != nullptr) {
      const Value* error = Member(*response, "error");
      if (error != nullptr && error->IsObject()) {
        text = ErrorText();
        ReadObject(*response, &text);
        text.openai_shape = false;  // the body is the event, not the error
      }
    }
    // The object of a list is not OpenAI's.
    if (document.IsArray()) text.openai_shape = false;
  }
  if (text.message.empty()) text.message = RawMessage(body);
  return text;
}

}  // namespace junctor::engine
