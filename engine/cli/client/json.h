// JSON as the admin API speaks it: read whole, looked into, written again. Between the wire
// (admin_client.h) and the commands.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"

namespace junctor::engine {

// Nesting that is read: what a route may have, and the envelope around it. It bounds all recursion
// over values.
inline constexpr size_t kMaxAnswerDepth = 1100;

struct JsonField;

// A JSON value. Copies are deep.
class Json {
 public:
  enum class Kind : uint8_t { kNull, kBool, kNumber, kString, kArray, kObject };

  Json() = default;  // null
  static Json Bool(bool value);
  static Json Number(int64_t value);
  // `text` is a JSON number, kept as it is spelled.
  static Json NumberText(std::string text);
  static Json String(std::string text);
  static Json Array();
  static Json Object();

  // Reads `text`, which is one value and nothing else. InvalidArgument says what is wrong and
  // where. Of a key that comes twice both are kept.
  static absl::StatusOr<Json> Parse(std::string_view text);

  Kind kind() const { return kind_; }
  bool is(Kind kind) const { return kind_ == kind; }
  bool is_null() const { return kind_ == Kind::kNull; }
  bool boolean() const { return boolean_; }
  // Of a string, decoded; of a number, as it was spelled. Else empty.
  const std::string& text() const { return text_; }
  const std::vector<Json>& items() const { return items_; }
  const std::vector<JsonField>& fields() const;
  // The value of `key`; null where there is none, or where this is no object.
  const Json& operator[](std::string_view key) const;

  // Sets `key` of an object, behind the others where it is new.
  void Set(std::string_view key, Json value);
  // Takes `key` out of an object.
  void Remove(std::string_view key);
  void Append(Json value);

  // On one line, without white space.
  std::string Compact() const;
  // With two spaces a level; no line break at the end.
  std::string Pretty() const;
  // One text for all spellings of the same value: no white space, strings escaped in one way,
  // numbers in their shortest exact form. The order of keys stays: in a percentage element it
  // decides.
  std::string Canonical() const;

 private:
  struct Builder;
  enum class Style : uint8_t { kCompact, kPretty, kCanonical };
  void Write(Style style, size_t depth, std::string* out) const;

  Kind kind_ = Kind::kNull;
  bool boolean_ = false;
  std::string text_;
  std::vector<Json> items_;
  std::vector<JsonField> fields_;
};

struct JsonField {
  std::string key;
  Json value;
};

// `number`, a JSON number, as its value's one exact spelling: digits without zeros at either end,
// and a power of ten. "1.50" and "15e-1" are both "15e-1".
std::string CanonicalNumber(std::string_view number);

}  // namespace junctor::engine
