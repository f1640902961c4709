// Members of JSON objects, read leniently: what has the wrong type counts as absent. For what
// providers send.
#pragma once

#include <simdjson.h>

#include <cstdint>
#include <optional>
#include <string_view>

namespace junctor::engine {

// The text of a member that is a string; else empty. Views the parser's document.
inline std::string_view TextMember(simdjson::dom::element object, std::string_view key) {
  std::string_view text;
  if (object[key].get_string().get(text) != simdjson::SUCCESS) return {};
  return text;
}

// A member that is an object.
inline std::optional<simdjson::dom::element> ObjectMember(simdjson::dom::element object,
                                                          std::string_view key) {
  simdjson::dom::element member;
  if (object[key].get(member) != simdjson::SUCCESS || !member.is_object()) return std::nullopt;
  return member;
}

// A member that is a whole number of 0 or more.
inline std::optional<uint64_t> CountMember(simdjson::dom::element object, std::string_view key) {
  uint64_t count = 0;
  if (object[key].get_uint64().get(count) != simdjson::SUCCESS) return std::nullopt;
  return count;
}

// The same of objects.
inline std::string_view TextMember(simdjson::dom::object object, std::string_view key) {
  std::string_view text;
  if (object.at_key(key).get_string().get(text) != simdjson::SUCCESS) return {};
  return text;
}
// Puts a member that is an object into `member`; false where there is none.
inline bool ObjectMember(simdjson::dom::object object, std::string_view key,
                         simdjson::dom::object* member) {
  return object.at_key(key).get_object().get(*member) == simdjson::SUCCESS;
}
inline bool ArrayMember(simdjson::dom::object object, std::string_view key,
                        simdjson::dom::array* member) {
  return object.at_key(key).get_array().get(*member) == simdjson::SUCCESS;
}
inline std::optional<uint64_t> CountMember(simdjson::dom::object object, std::string_view key) {
  uint64_t count = 0;
  if (object.at_key(key).get_uint64().get(count) != simdjson::SUCCESS) return std::nullopt;
  return count;
}

}  // namespace junctor::engine
