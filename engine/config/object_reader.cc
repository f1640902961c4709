// Typed reading with complete complaints.
#include "engine/config/object_reader.h"

#include <set>

#include "compiler/syntax/suggest.h"
#include "engine/observe/json_text.h"

namespace junctor::engine {
namespace {

constexpr size_t kMaxShownString = 60;

std::string_view TextOf(const rapidjson::Value& value) {
  return {value.GetString(), value.GetStringLength()};
}

const rapidjson::Value& EmptyObject() {
  static const rapidjson::Value kEmpty(rapidjson::kObjectType);
  return kEmpty;
}

}  // namespace

void ConfigProblems::Add(std::string_view path, std::string_view what) {
  std::string line = name_ + ": ";
  if (!path.empty()) line.append("`").append(path).append("`: ");
  line.append(what);
  // A value in a message may hold line breaks; a problem stays one line.
  for (char& c : line) {
    if (static_cast<unsigned char>(c) < 0x20) c = ' ';
  }
  lines_.push_back(std::move(line));
}

std::string ConfigProblems::Text() const {
  std::string text;
  for (const std::string& line : lines_) {
    if (!text.empty()) text.push_back('\n');
    text.append(line);
  }
  return text;
}

std::string DescribeJson(const rapidjson::Value& value) {
  if (value.IsNull()) return "null";
  if (value.IsBool()) return value.GetBool() ? "true" : "false";
  if (value.IsInt64()) return "the number " + std::to_string(value.GetInt64());
  if (value.IsUint64()) return "the number " + std::to_string(value.GetUint64());
  if (value.IsNumber()) {
    std::string text = "the number ";
    AppendJsonReal(&text, value.GetDouble());
    return text;
  }
  if (value.IsArray()) return "an array";
  if (value.IsObject()) return "an object";
  const std::string_view text = TextOf(value);
  if (text.size() <= kMaxShownString) return "the string `" + std::string(text) + "`";
  return "the string `" + std::string(text.substr(0, kMaxShownString)) + "…`";
}

ObjectReader::ObjectReader(const rapidjson::Value& value, std::string path,
                           ConfigProblems* problems)
    : object_(&value), path_(std::move(path)), problems_(problems) {
  if (value.IsObject()) return;
  problems_->Add(path_, "expected an object, found " + DescribeJson(value));
  object_ = &EmptyObject();
}

const rapidjson::Value* ObjectReader::Find(std::string_view key) {
  known_.emplace(key);
  for (auto member = object_->MemberBegin(); member != object_->MemberEnd(); ++member) {
    if (TextOf(member->name) == key) return &member->value;
  }
  return nullptr;
}

bool ObjectReader::ReadString(std::string_view key, std::string* out) {
  const rapidjson::Value* value = Find(key);
  if (value == nullptr) return false;
  if (!value->IsString()) {
    problems_->Add(PathOf(key), "expected a string, found " + DescribeJson(*value));
    return false;
  }
  if (TextOf(*value).empty()) {
    problems_->Add(PathOf(key), "the string is empty");
    return false;
  }
  if (TextOf(*value).find('\0') != std::string_view::npos) {
    problems_->Add(PathOf(key), "the string holds a NUL character");
    return false;
  }
  *out = std::string(TextOf(*value));
  return true;
}

bool ObjectReader::ReadInteger(std::string_view key, uint64_t least, uint64_t most, uint64_t* out) {
  const rapidjson::Value* value = Find(key);
  if (value == nullptr) return false;
  if (!value->IsUint64() || value->GetUint64() < least || value->GetUint64() > most) {
    problems_->Add(PathOf(key), "expected a whole number from " + std::to_string(least) + " to " +
                                    std::to_string(most) + ", found " + DescribeJson(*value));
    return false;
  }
  *out = value->GetUint64();
  return true;
}

bool ObjectReader::ReadBoolean(std::string_view key, bool* out) {
  const rapidjson::Value* value = Find(key);
  if (value == nullptr) return false;
  if (!value->IsBool()) {
    problems_->Add(PathOf(key), "expected `true` or `false`, found " + DescribeJson(*value));
    return false;
  }
  *out = value->GetBool();
  return true;
}

bool ObjectReader::ReadStrings(std::string_view key, std::vector<std::string>* out) {
  const rapidjson::Value* value = Find(key);
  if (value == nullptr) return false;
  if (!value->IsArray()) {
    problems_->Add(PathOf(key), "expected an array of strings, found " + DescribeJson(*value));
    return false;
  }
  std::vector<std::string> texts;
  for (rapidjson::SizeType i = 0; i < value->Size(); ++i) {
    const rapidjson::Value& item = (*value)[i];
    if (!item.IsString()) {
      problems_->Add(PathOf(key) + "[" + std::to_string(i) + "]",
                     "expected a string, found " + DescribeJson(item));
      return false;
    }
    texts.emplace_back(TextOf(item));
  }
  *out = std::move(texts);
  return true;
}

void ObjectReader::Finish() {
  std::set<std::string> seen;
  for (auto member = object_->MemberBegin(); member != object_->MemberEnd(); ++member) {
    const std::string key(TextOf(member->name));
    if (!seen.insert(key).second) {
      problems_->Add(PathOf(key), "the key stands there twice");
      continue;
    }
    if (known_.contains(key)) continue;
    const std::string nearest(compiler::ClosestName(key, {known_.begin(), known_.end()}));
    problems_->Add(PathOf(key), nearest.empty() ? std::string("unknown key")
                                                : "unknown key; did you mean `" + nearest + "`?");
  }
}

std::string ObjectReader::PathOf(std::string_view key) const {
  return path_.empty() ? std::string(key) : path_ + "." + std::string(key);
}

}  // namespace junctor::engine
