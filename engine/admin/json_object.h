// JSON objects that handlers answer with, written member by member.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace junctor::engine {

// `ms` since 1970 as RFC 3339 in UTC: 2026-01-31T12:00:00.000Z.
std::string TimeText(int64_t unix_ms);

// RFC 3339 with any offset, or a date alone (its midnight in UTC), to Unix milliseconds; nothing
// where `text` is neither.
std::optional<int64_t> ParseTime(std::string_view text);

// Builds one object: JsonObject().Text("id", id).Time("created_at", ms).Take(). Names are literals
// of ours: they are written as they are.
class JsonObject {
 public:
  JsonObject& Text(std::string_view name, std::string_view value);
  // Null where `value` is empty.
  JsonObject& TextOrNull(std::string_view name, std::string_view value);
  JsonObject& Integer(std::string_view name, int64_t value);
  JsonObject& Bool(std::string_view name, bool value);
  JsonObject& Time(std::string_view name, int64_t unix_ms);
  // Null where `unix_ms` is 0: never.
  JsonObject& TimeOrNull(std::string_view name, int64_t unix_ms);
  // `json` is one JSON value, written as it is.
  JsonObject& Json(std::string_view name, std::string_view json);

  // Several members with their names, separated by commas, written as they are.
  JsonObject& Members(std::string_view members);

  // The members alone, separated by commas.
  const std::string& members() const { return members_; }
  // The object.
  std::string Take() const { return "{" + members_ + "}"; }

 private:
  void Name(std::string_view name);

  std::string members_;
};

}  // namespace junctor::engine
