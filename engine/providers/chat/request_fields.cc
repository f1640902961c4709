#include "engine/providers/chat/request_fields.h"

#include <cmath>
#include <vector>

namespace junctor::engine {
namespace {

// How much of a wrong value is shown.
constexpr size_t kShownBytes = 40;

std::string_view TrimEnd(std::string_view text) {
  const size_t last = text.find_last_not_of(" \t\r\n");
  return last == std::string_view::npos ? std::string_view() : text.substr(0, last + 1);
}

// At most kShownBytes of `text`, and never a part of a character.
std::string Shown(std::string_view text) {
  if (text.size() <= kShownBytes) return std::string(text);
  size_t end = kShownBytes;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80) --end;
  return std::string(text.substr(0, end)) + "…";
}

}  // namespace

std::string JsonPlace::Text() const {
  std::vector<const JsonPlace*> path;
  for (const JsonPlace* place = this; place != nullptr; place = place->parent) {
    path.push_back(place);
  }
  std::string text;
  for (auto place = path.rbegin(); place != path.rend(); ++place) {
    if ((*place)->parent == nullptr && (*place)->key.empty()) continue;  // the body itself
    if ((*place)->key.empty()) {
      text += "[" + std::to_string((*place)->index) + "]";
    } else {
      if (!text.empty()) text += ".";
      text += Shown((*place)->key);
    }
  }
  return text.empty() ? "the body" : "`" + text + "`";
}

bool FieldReader::IsNull(JsonValue& value) { return TrimEnd(value.raw_json_token()) == "null"; }

bool FieldReader::String(JsonValue& value, const JsonPlace& place, std::string_view* out) {
  *out = {};
  if (IsNull(value)) return true;
  const std::string_view token = TrimEnd(value.raw_json_token());
  if (!token.starts_with('"')) return Unexpected(value, place, "a string");
  if (token.size() >= 2 && token.ends_with('"') && token.find('\\') == std::string_view::npos) {
    *out = token.substr(1, token.size() - 2);
    return true;
  }
  if (value.get_string().get(*out) != simdjson::SUCCESS) {
    return Fail(place, "has an escape that JSON does not have, or half of a surrogate pair");
  }
  return true;
}

bool FieldReader::Bool(JsonValue& value, const JsonPlace& place, std::optional<bool>* out) {
  out->reset();
  if (IsNull(value)) return true;
  bool read = false;
  if (value.get_bool().get(read) != simdjson::SUCCESS) {
    return Unexpected(value, place, "true or false");
  }
  *out = read;
  return true;
}

bool FieldReader::Unsigned(JsonValue& value, const JsonPlace& place, std::optional<uint64_t>* out) {
  out->reset();
  if (IsNull(value)) return true;
  uint64_t read = 0;
  if (value.get_uint64().get(read) == simdjson::SUCCESS) {
    *out = read;
    return true;
  }
  constexpr double kExact = 9007199254740992.0;  // 2^53: beyond it a double is no count
  double number = 0;
  if (value.get_double().get(number) == simdjson::SUCCESS && number >= 0 && number <= kExact &&
      number == std::floor(number)) {
    *out = static_cast<uint64_t>(number);
    return true;
  }
  return Unexpected(value, place, "a whole number of 0 or more");
}

bool FieldReader::Integer(JsonValue& value, const JsonPlace& place, std::optional<int64_t>* out) {
  out->reset();
  if (IsNull(value)) return true;
  int64_t read = 0;
  if (value.get_int64().get(read) != simdjson::SUCCESS) {
    return Unexpected(value, place, "a whole number of 64 bits");
  }
  *out = read;
  return true;
}

bool FieldReader::Number(JsonValue& value, const JsonPlace& place, std::optional<double>* out) {
  out->reset();
  if (IsNull(value)) return true;
  double read = 0;
  if (value.get_double().get(read) != simdjson::SUCCESS) {
    return Unexpected(value, place, "a number");
  }
  *out = read;
  return true;
}

bool FieldReader::Raw(JsonValue& value, const JsonPlace& place, JsonText* out) {
  *out = {};
  if (IsNull(value)) return true;
  const char first = *value.raw_json_token().data();
  simdjson::error_code error = simdjson::SUCCESS;
  if (first == '{') {
    simdjson::ondemand::object object;
    error = value.get_object().get(object);
    if (!error) error = object.raw_json().get(*out);
  } else if (first == '[') {
    simdjson::ondemand::array array;
    error = value.get_array().get(array);
    if (!error) error = array.raw_json().get(*out);
  } else {
    *out = value.raw_json_token();
  }
  if (error) return Broken(place);
  *out = TrimEnd(*out);
  return true;
}

bool FieldReader::RawObject(JsonValue& value, const JsonPlace& place, JsonText* out) {
  *out = {};
  if (IsNull(value)) return true;
  if (*value.raw_json_token().data() != '{') return Unexpected(value, place, "an object");
  return Raw(value, place, out);
}

bool FieldReader::Fail(const JsonPlace& place, std::string_view what) {
  if (status_.ok()) {
    status_ = absl::InvalidArgumentError(place.Text() + " " + std::string(what));
  }
  return false;
}

bool FieldReader::Unexpected(JsonValue& value, const JsonPlace& place, std::string_view expected) {
  const std::string_view token = TrimEnd(value.raw_json_token());
  const char first = token.empty() ? '\0' : token.front();
  const std::string found = first == '{' ? "an object" : first == '[' ? "an array" : Shown(token);
  return Fail(place, "is " + found + ": expected " + std::string(expected));
}

bool FieldReader::UnexpectedText(std::string_view text, const JsonPlace& place,
                                 std::string_view expected) {
  return Fail(place, "is \"" + Shown(text) + "\": expected " + std::string(expected));
}

}  // namespace junctor::engine
