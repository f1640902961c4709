#include "engine/admin/json_object.h"

#include "absl/time/time.h"
#include "engine/observe/json_text.h"

namespace junctor::engine {

std::string TimeText(int64_t unix_ms) {
  return absl::FormatTime("%Y-%m-%dT%H:%M:%E3SZ", absl::FromUnixMillis(unix_ms),
                          absl::UTCTimeZone());
}

std::optional<int64_t> ParseTime(std::string_view text) {
  absl::Time time;
  const std::string owned(text);
  std::string error;
  if (absl::ParseTime(absl::RFC3339_full, owned, &time, &error) ||
      absl::ParseTime("%Y-%m-%d", owned, &time, &error)) {
    // "infinite-future" is a time to Abseil.
    if (time == absl::InfiniteFuture() || time == absl::InfinitePast()) return std::nullopt;
    return absl::ToUnixMillis(time);
  }
  return std::nullopt;
}

void JsonObject::Name(std::string_view name) {
  if (!members_.empty()) members_ += ',';
  members_ += '"';
  members_ += name;
  members_ += "\":";
}

JsonObject& JsonObject::Text(std::string_view name, std::string_view value) {
  Name(name);
  AppendJsonString(&members_, value);
  return *this;
}

JsonObject& JsonObject::TextOrNull(std::string_view name, std::string_view value) {
  return value.empty() ? Json(name, "null") : Text(name, value);
}

JsonObject& JsonObject::Integer(std::string_view name, int64_t value) {
  Name(name);
  AppendJsonInteger(&members_, value);
  return *this;
}

JsonObject& JsonObject::Bool(std::string_view name, bool value) {
  return Json(name, value ? "true" : "false");
}

JsonObject& JsonObject::Time(std::string_view name, int64_t unix_ms) {
  return Text(name, TimeText(unix_ms));
}

JsonObject& JsonObject::TimeOrNull(std::string_view name, int64_t unix_ms) {
  return unix_ms == 0 ? Json(name, "null") : Time(name, unix_ms);
}

JsonObject& JsonObject::Json(std::string_view name, std::string_view json) {
  Name(name);
  members_ += json;
  return *this;
}

JsonObject& JsonObject::Members(std::string_view members) {
  if (!members_.empty() && !members.empty()) members_ += ',';
  members_ += members;
  return *this;
}

}  // namespace junctor::engine
