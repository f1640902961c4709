#include "engine/admin/request_body.h"

#include <rapidjson/document.h>
#include <rapidjson/error/en.h>

#include <map>
#include <utility>

namespace junctor::engine {
namespace {

constexpr unsigned kParseFlags =
    rapidjson::kParseIterativeFlag | rapidjson::kParseValidateEncodingFlag;

const char* KindOf(const rapidjson::Value& value) {
  if (value.IsNull()) return "null";
  if (value.IsBool()) return "a boolean";
  if (value.IsNumber()) return "a number";
  if (value.IsString()) return "a string";
  return value.IsArray() ? "an array" : "an object";
}

bool IsSpace(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }

// Walks over valid JSON text to find where the values of its outermost object stand.
class MemberRanges {
 public:
  explicit MemberRanges(std::string_view text) : text_(text) {}

  // The values in order; nothing where they are nested too deep.
  std::optional<std::vector<std::string_view>> Find() {
    std::vector<std::string_view> ranges;
    while (at_ < text_.size() && text_[at_] != '{') ++at_;
    ++at_;
    while (true) {
      SkipSpaces();
      if (text_[at_] == '}') return ranges;
      SkipString();
      SkipSpaces();
      ++at_;  // the colon
      SkipSpaces();
      const size_t begin = at_;
      if (!SkipValue()) return std::nullopt;
      ranges.push_back(text_.substr(begin, at_ - begin));
      SkipSpaces();
      if (text_[at_] == ',') ++at_;
    }
  }

 private:
  void SkipSpaces() {
    while (at_ < text_.size() && IsSpace(text_[at_])) ++at_;
  }

  void SkipString() {
    for (++at_; text_[at_] != '"'; ++at_) {
      if (text_[at_] == '\\') ++at_;
    }
    ++at_;
  }

  bool SkipValue() {
    int depth = 1;  // the outermost object
    do {
      const char c = text_[at_];
      if (c == '"') {
        SkipString();
        continue;
      }
      if (c == '{' || c == '[') {
        if (++depth > kMaxBodyDepth) return false;
      } else if (c == '}' || c == ']') {
        --depth;
      } else if (depth == 1) {
        // A number or a word.
        while (at_ < text_.size() && text_[at_] != ',' && text_[at_] != '}' &&
               !IsSpace(text_[at_])) {
          ++at_;
        }
        continue;
      }
      ++at_;
    } while (depth > 1);
    return true;
  }

  const std::string_view text_;
  size_t at_ = 0;
};

ControlErrors WholeBody(std::string message) {
  return ControlErrors::One(400, kCodeBadField, std::move(message), {"body"});
}

}  // namespace

struct RequestBody::Impl {
  struct Member {
    const rapidjson::Value* value;
    std::string_view text;
  };

  rapidjson::Document document;
  std::map<std::string, Member, std::less<>> members;
  ControlErrors errors;

  // The value of `name`; null where there is none to read, which may be an error.
  const Member* Find(std::string_view name, Presence presence) {
    const auto found = members.find(name);
    if (found != members.end() && !found->second.value->IsNull()) return &found->second;
    if (presence == Presence::kRequired) {
      Add(name, "`" + std::string(name) + "` is required");
    }
    return nullptr;
  }

  void Add(std::string_view name, std::string message, int code = kCodeBadField) {
    ControlError error;
    error.code = code;
    error.message = std::move(message);
    error.path = {"body", std::string(name)};
    errors.errors.push_back(std::move(error));
  }

  void AddKind(std::string_view name, const char* expected, const rapidjson::Value& found) {
    Add(name, "`" + std::string(name) + "` must be " + expected + ", found " + KindOf(found));
  }
};

RequestBody::RequestBody(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
RequestBody::RequestBody(RequestBody&&) noexcept = default;
RequestBody& RequestBody::operator=(RequestBody&&) noexcept = default;
RequestBody::~RequestBody() = default;

ControlResult<RequestBody> RequestBody::Parse(std::string_view text) {
  // RapidJSON takes a zero byte for the end of the text.
  if (text.find('\0') != text.npos) return WholeBody("the body is not JSON: it holds a zero byte");
  auto impl = std::make_unique<Impl>();
  rapidjson::Document& document = impl->document;
  document.Parse<kParseFlags>(text.data(), text.size());
  if (document.HasParseError()) {
    const char* const why = rapidjson::GetParseError_En(document.GetParseError());
    return WholeBody("the body is not JSON: " + std::string(why) + " (byte " +
                     std::to_string(document.GetErrorOffset()) + ")");
  }
  if (!document.IsObject()) {
    return WholeBody(std::string("the body must be a JSON object, found ") + KindOf(document));
  }
  const std::optional<std::vector<std::string_view>> ranges = MemberRanges(text).Find();
  if (!ranges.has_value()) {
    return WholeBody("the body nests arrays and objects deeper than " +
                     std::to_string(kMaxBodyDepth) + " levels");
  }
  size_t index = 0;
  for (const auto& member : document.GetObject()) {
    std::string name(member.name.GetString(), member.name.GetStringLength());
    const std::string_view range = (*ranges)[index++];
    const auto [place, is_new] =
        impl->members.emplace(std::move(name), Impl::Member{&member.value, range});
    if (!is_new) {
      return WholeBody("the body has `" + place->first + "` twice");
    }
  }
  return RequestBody(std::move(impl));
}

std::vector<std::string> RequestBody::Names() const {
  std::vector<std::string> names;
  for (const auto& [name, member] : impl_->members) names.push_back(name);
  return names;
}

bool RequestBody::Has(std::string_view name) const {
  return impl_->members.find(name) != impl_->members.end();
}

bool RequestBody::IsNull(std::string_view name) const {
  const auto found = impl_->members.find(name);
  return found != impl_->members.end() && found->second.value->IsNull();
}

std::optional<std::string> RequestBody::String(std::string_view name, Presence presence,
                                               size_t most_bytes) {
  const Impl::Member* const member = impl_->Find(name, presence);
  if (member == nullptr) return std::nullopt;
  if (!member->value->IsString()) {
    impl_->AddKind(name, "a string", *member->value);
    return std::nullopt;
  }
  std::string text(member->value->GetString(), member->value->GetStringLength());
  if (text.size() > most_bytes) {
    impl_->Add(name, "`" + std::string(name) + "` must have at most " + std::to_string(most_bytes) +
                         " bytes, found " + std::to_string(text.size()));
    return std::nullopt;
  }
  if (text.find('\0') != text.npos) {
    impl_->Add(name, "`" + std::string(name) + "` must not hold a zero byte");
    return std::nullopt;
  }
  if (presence == Presence::kRequired && text.empty()) {
    impl_->Add(name, "`" + std::string(name) + "` must not be empty");
    return std::nullopt;
  }
  return text;
}

std::optional<bool> RequestBody::Bool(std::string_view name, Presence presence) {
  const Impl::Member* const member = impl_->Find(name, presence);
  if (member == nullptr) return std::nullopt;
  if (!member->value->IsBool()) {
    impl_->AddKind(name, "true or false", *member->value);
    return std::nullopt;
  }
  return member->value->GetBool();
}

std::optional<int64_t> RequestBody::Integer(std::string_view name, Presence presence, int64_t least,
                                            int64_t most) {
  const Impl::Member* const member = impl_->Find(name, presence);
  if (member == nullptr) return std::nullopt;
  if (!member->value->IsInt64()) {
    impl_->AddKind(name, "a whole number", *member->value);
    return std::nullopt;
  }
  const int64_t value = member->value->GetInt64();
  if (value < least || value > most) {
    impl_->Add(name, "`" + std::string(name) + "` must be from " + std::to_string(least) + " to " +
                         std::to_string(most) + ", found " + std::to_string(value));
    return std::nullopt;
  }
  return value;
}

std::optional<double> RequestBody::Number(std::string_view name, Presence presence) {
  const Impl::Member* const member = impl_->Find(name, presence);
  if (member == nullptr) return std::nullopt;
  if (!member->value->IsNumber()) {
    impl_->AddKind(name, "a number", *member->value);
    return std::nullopt;
  }
  return member->value->GetDouble();
}

std::optional<std::vector<std::string>> RequestBody::Strings(std::string_view name,
                                                             Presence presence) {
  const Impl::Member* const member = impl_->Find(name, presence);
  if (member == nullptr) return std::nullopt;
  if (!member->value->IsArray()) {
    impl_->AddKind(name, "an array of strings", *member->value);
    return std::nullopt;
  }
  std::vector<std::string> texts;
  for (const rapidjson::Value& entry : member->value->GetArray()) {
    if (!entry.IsString()) {
      impl_->Add(name, "`" + std::string(name) + "` must be an array of strings, found " +
                           KindOf(entry) + " in it");
      return std::nullopt;
    }
    texts.emplace_back(entry.GetString(), entry.GetStringLength());
  }
  return texts;
}

std::optional<std::string_view> RequestBody::Array(std::string_view name, Presence presence) {
  const Impl::Member* const member = impl_->Find(name, presence);
  if (member == nullptr) return std::nullopt;
  if (!member->value->IsArray()) {
    impl_->AddKind(name, "an array", *member->value);
    return std::nullopt;
  }
  return member->text;
}

std::optional<std::string_view> RequestBody::Object(std::string_view name, Presence presence) {
  const Impl::Member* const member = impl_->Find(name, presence);
  if (member == nullptr) return std::nullopt;
  if (!member->value->IsObject()) {
    impl_->AddKind(name, "an object", *member->value);
    return std::nullopt;
  }
  return member->text;
}

std::optional<std::string_view> RequestBody::Raw(std::string_view name) const {
  const auto found = impl_->members.find(name);
  if (found == impl_->members.end()) return std::nullopt;
  return found->second.text;
}

void RequestBody::Refuse(std::string_view name, std::string message, int code) {
  impl_->Add(name, std::move(message), code);
}

bool RequestBody::ok() const { return impl_->errors.errors.empty(); }

const ControlErrors& RequestBody::errors() const { return impl_->errors; }

}  // namespace junctor::engine
