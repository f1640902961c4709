// Typed fields out of a chat request's JSON, with the place of whatever is wrong: what the readers
// of requests are made of. Only they include it.
#pragma once

#include <simdjson.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "engine/providers/chat/chat_request.h"
#include "engine/providers/chat/chat_request_reader.h"

namespace junctor::engine {

using JsonValue = simdjson::ondemand::value;

// Where a value stands, as a list up to the root: made on the stack on the way down, written only
// where something is wrong.
struct JsonPlace {
  const JsonPlace* parent = nullptr;
  std::string_view key;
  size_t index = 0;  // where `key` is empty

  // "`messages[2].content`".
  std::string Text() const;
};

// Reads values, and keeps what was wrong first. The functions return whether the value was as
// expected; `null` is, and sets what an absent value would. Not thread-safe.
class FieldReader {
 public:
  // Unescaped; views the body where nothing had to be unescaped.
  bool String(JsonValue& value, const JsonPlace& place, std::string_view* out);
  bool Bool(JsonValue& value, const JsonPlace& place, std::optional<bool>* out);
  // A whole number, also where it is written as 1.0 or 1e2.
  bool Unsigned(JsonValue& value, const JsonPlace& place, std::optional<uint64_t>* out);
  bool Integer(JsonValue& value, const JsonPlace& place, std::optional<int64_t>* out);
  bool Number(JsonValue& value, const JsonPlace& place, std::optional<double>* out);
  // The text of any value.
  bool Raw(JsonValue& value, const JsonPlace& place, JsonText* out);
  // The text of an object.
  bool RawObject(JsonValue& value, const JsonPlace& place, JsonText* out);

  // Calls member(key, value, place) for each member of an object, item(index, value, place) for
  // each item of an array, until one returns false.
  template <typename Member>
  bool ForEachMember(JsonValue& value, const JsonPlace& place, Member&& member) {
    if (IsNull(value)) return true;
    simdjson::ondemand::object object;
    if (value.get_object().get(object) != simdjson::SUCCESS) {
      return Unexpected(value, place, "an object");
    }
    for (auto entry : object) {
      simdjson::ondemand::field field;
      std::string_view key;
      if (std::move(entry).get(field) != simdjson::SUCCESS ||
          field.unescaped_key().get(key) != simdjson::SUCCESS) {
        return Broken(place);
      }
      if (!member(key, field.value(), JsonPlace{&place, key})) return false;
    }
    return true;
  }
  template <typename Item>
  bool ForEachItem(JsonValue& value, const JsonPlace& place, Item&& item) {
    if (IsNull(value)) return true;
    simdjson::ondemand::array array;
    if (value.get_array().get(array) != simdjson::SUCCESS) {
      return Unexpected(value, place, "an array");
    }
    size_t index = 0;
    for (auto entry : array) {
      JsonValue element;
      if (std::move(entry).get(element) != simdjson::SUCCESS) return Broken(place);
      if (index == kMaxChatItems) {
        return Fail(place, "has more than " + std::to_string(kMaxChatItems) + " items");
      }
      if (!item(index, element, JsonPlace{&place, {}, index})) return false;
      ++index;
    }
    return true;
  }

  static bool IsNull(JsonValue& value);
  static bool IsString(JsonValue& value) { return *value.raw_json_token().data() == '"'; }
  static bool IsArray(JsonValue& value) { return *value.raw_json_token().data() == '['; }

  // Each notes what is wrong and returns false. `what` goes on from the place: "is missing".
  bool Fail(const JsonPlace& place, std::string_view what);
  bool Unexpected(JsonValue& value, const JsonPlace& place, std::string_view expected);
  bool UnexpectedText(std::string_view text, const JsonPlace& place, std::string_view expected);
  bool Broken(const JsonPlace& place) { return Fail(place, "is not JSON"); }

  const absl::Status& status() const { return status_; }

 private:
  absl::Status status_;
};

}  // namespace junctor::engine
