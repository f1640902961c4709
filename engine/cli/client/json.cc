// Reading by RapidJSON's events, writing by hand.
#include "engine/cli/client/json.h"

#include <rapidjson/error/en.h>
#include <rapidjson/memorystream.h>
#include <rapidjson/reader.h>

#include <algorithm>
#include <utility>

#include "engine/observe/json_text.h"

namespace junctor::engine {
namespace {

// Exponents beyond this are kept as they are spelled: adding to them could overflow.
constexpr size_t kMaxExponentDigits = 9;

const Json& NullJson() {
  static const Json null;
  return null;
}

}  // namespace

Json Json::Bool(bool value) {
  Json json;
  json.kind_ = Kind::kBool;
  json.boolean_ = value;
  return json;
}

Json Json::Number(int64_t value) { return NumberText(std::to_string(value)); }

Json Json::NumberText(std::string text) {
  Json json;
  json.kind_ = Kind::kNumber;
  json.text_ = std::move(text);
  return json;
}

Json Json::String(std::string text) {
  Json json;
  json.kind_ = Kind::kString;
  json.text_ = std::move(text);
  return json;
}

Json Json::Array() {
  Json json;
  json.kind_ = Kind::kArray;
  return json;
}

Json Json::Object() {
  Json json;
  json.kind_ = Kind::kObject;
  return json;
}

// RapidJSON's events, put together to values. `open` holds the containers that are not closed yet.
struct Json::Builder {
  struct Open {
    Json value;
    std::string key;  // of the object's member that comes next
  };
  std::vector<Open> open;
  Json root;

  bool Put(Json value) {
    if (open.empty()) {
      root = std::move(value);
    } else if (open.back().value.is(Kind::kArray)) {
      open.back().value.items_.push_back(std::move(value));
    } else {
      open.back().value.fields_.push_back({std::move(open.back().key), std::move(value)});
    }
    return true;
  }
  bool Start(Json container) {
    if (open.size() >= kMaxAnswerDepth) return false;
    open.push_back({std::move(container), {}});
    return true;
  }
  bool End() {
    Json value = std::move(open.back().value);
    open.pop_back();
    return Put(std::move(value));
  }

  bool Null() { return Put(Json()); }
  bool Bool(bool value) { return Put(Json::Bool(value)); }
  bool RawNumber(const char* text, rapidjson::SizeType length, bool /*copy*/) {
    return Put(NumberText(std::string(text, length)));
  }
  bool String(const char* text, rapidjson::SizeType length, bool /*copy*/) {
    return Put(Json::String(std::string(text, length)));
  }
  bool Key(const char* text, rapidjson::SizeType length, bool /*copy*/) {
    open.back().key.assign(text, length);
    return true;
  }
  bool StartObject() { return Start(Object()); }
  bool EndObject(rapidjson::SizeType /*count*/) { return End(); }
  bool StartArray() { return Start(Array()); }
  bool EndArray(rapidjson::SizeType /*count*/) { return End(); }

  // Not called: numbers come as text.
  bool Int(int /*value*/) { return false; }
  bool Uint(unsigned /*value*/) { return false; }
  bool Int64(int64_t /*value*/) { return false; }
  bool Uint64(uint64_t /*value*/) { return false; }
  bool Double(double /*value*/) { return false; }
};

absl::StatusOr<Json> Json::Parse(std::string_view text) {
  constexpr unsigned kFlags = rapidjson::kParseIterativeFlag |
                              rapidjson::kParseNumbersAsStringsFlag |
                              rapidjson::kParseValidateEncodingFlag;
  rapidjson::MemoryStream bytes(text.data(), text.size());
  rapidjson::EncodedInputStream<rapidjson::UTF8<>, rapidjson::MemoryStream> stream(bytes);
  rapidjson::Reader reader;
  Builder builder;
  const rapidjson::ParseResult result = reader.Parse<kFlags>(stream, builder);
  if (!result) {
    const bool too_deep = result.Code() == rapidjson::kParseErrorTermination;
    return absl::InvalidArgumentError(
        (too_deep ? "it is nested deeper than " + std::to_string(kMaxAnswerDepth) + " levels"
                  : std::string(rapidjson::GetParseError_En(result.Code()))) +
        " (byte " + std::to_string(result.Offset()) + ")");
  }
  return std::move(builder.root);
}

const std::vector<JsonField>& Json::fields() const { return fields_; }

const Json& Json::operator[](std::string_view key) const {
  const auto field = std::find_if(fields_.begin(), fields_.end(),
                                  [key](const JsonField& one) { return one.key == key; });
  return field == fields_.end() ? NullJson() : field->value;
}

void Json::Set(std::string_view key, Json value) {
  for (JsonField& field : fields_) {
    if (field.key != key) continue;
    field.value = std::move(value);
    return;
  }
  fields_.push_back({std::string(key), std::move(value)});
}

void Json::Remove(std::string_view key) {
  std::erase_if(fields_, [key](const JsonField& field) { return field.key == key; });
}

void Json::Append(Json value) { items_.push_back(std::move(value)); }

std::string Json::Compact() const {
  std::string out;
  Write(Style::kCompact, 0, &out);
  return out;
}

std::string Json::Pretty() const {
  std::string out;
  Write(Style::kPretty, 0, &out);
  return out;
}

std::string Json::Canonical() const {
  std::string out;
  Write(Style::kCanonical, 0, &out);
  return out;
}

void Json::Write(Style style, size_t depth, std::string* out) const {
  const auto separate = [&](bool first, size_t level) {
    if (!first) out->push_back(',');
    if (style != Style::kPretty) return;
    out->push_back('\n');
    out->append(2 * level, ' ');
  };
  switch (kind_) {
    case Kind::kNull:
      *out += "null";
      return;
    case Kind::kBool:
      *out += boolean_ ? "true" : "false";
      return;
    case Kind::kNumber:
      *out += style == Style::kCanonical ? CanonicalNumber(text_) : text_;
      return;
    case Kind::kString:
      AppendJsonString(out, text_);
      return;
    case Kind::kArray: {
      out->push_back('[');
      for (size_t i = 0; i < items_.size(); ++i) {
        separate(i == 0, depth + 1);
        items_[i].Write(style, depth + 1, out);
      }
      if (!items_.empty() && style == Style::kPretty) out->append("\n").append(2 * depth, ' ');
      out->push_back(']');
      return;
    }
    case Kind::kObject: {
      out->push_back('{');
      for (size_t i = 0; i < fields_.size(); ++i) {
        separate(i == 0, depth + 1);
        AppendJsonString(out, fields_[i].key);
        *out += style == Style::kPretty ? ": " : ":";
        fields_[i].value.Write(style, depth + 1, out);
      }
      if (!fields_.empty() && style == Style::kPretty) out->append("\n").append(2 * depth, ' ');
      out->push_back('}');
      return;
    }
  }
}

std::string CanonicalNumber(std::string_view number) {
  const std::string_view whole = number;
  const bool negative = number.starts_with('-');
  if (negative) number.remove_prefix(1);
  int64_t exponent = 0;
  const size_t e = number.find_first_of("eE");
  if (e != number.npos) {
    std::string_view digits = number.substr(e + 1);
    const bool minus = digits.starts_with('-');
    if (minus || digits.starts_with('+')) digits.remove_prefix(1);
    while (digits.size() > 1 && digits.front() == '0') digits.remove_prefix(1);
    if (digits.size() > kMaxExponentDigits) return std::string(whole);
    for (const char digit : digits) exponent = 10 * exponent + (digit - '0');
    if (minus) exponent = -exponent;
    number = number.substr(0, e);
  }
  std::string digits(number.substr(0, number.find('.')));
  if (number.find('.') != number.npos) {
    const std::string_view decimals = number.substr(number.find('.') + 1);
    digits += decimals;
    exponent -= static_cast<int64_t>(decimals.size());
  }
  while (!digits.empty() && digits.back() == '0') {
    digits.pop_back();
    ++exponent;
  }
  digits.erase(0, digits.find_first_not_of('0'));
  if (digits.empty()) return "0";
  std::string out = negative ? "-" : "";
  out += digits;
  if (exponent != 0) out += "e" + std::to_string(exponent);
  return out;
}

}  // namespace junctor::engine
