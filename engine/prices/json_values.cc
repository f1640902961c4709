// See json_values.h.
#include "engine/prices/json_values.h"

#include <cstddef>

namespace junctor::engine {

using simdjson::ondemand::json_type;

std::string_view ScalarText(simdjson::ondemand::value value) {
  std::string_view text = value.raw_json_token();
  text = text.substr(0, text.find_last_not_of(" \t\r\n") + 1);
  return text;
}

bool IsOfType(simdjson::ondemand::value value, json_type type) {
  json_type found{};
  return value.type().get(found) == simdjson::SUCCESS && found == type;
}

bool IsAtEnd(simdjson::ondemand::document* document) {
  const char* location = nullptr;
  return document->current_location().get(location) == simdjson::OUT_OF_BOUNDS;
}

std::string DescribeValue(simdjson::ondemand::value value) {
  constexpr size_t kMaxQuotedBytes = 40;
  json_type type{};
  if (value.type().get(type) == simdjson::SUCCESS) {
    if (type == json_type::string) return "a string";
    if (type == json_type::array) return "an array";
    if (type == json_type::object) return "an object";
  }
  const std::string_view text = ScalarText(value);
  if (text.empty()) return "nothing";  // the text ends here
  std::string quoted = "`" + std::string(text.substr(0, kMaxQuotedBytes));
  if (text.size() > kMaxQuotedBytes) quoted += "…";
  return quoted + "`";
}

}  // namespace junctor::engine
