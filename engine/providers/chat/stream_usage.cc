#include "engine/providers/chat/stream_usage.h"

#include <simdjson.h>

#include <cstddef>

#include "engine/providers/chat/json_writer.h"

namespace junctor::engine {
namespace {

constexpr std::string_view kUsageKey = "\"usage\"";
constexpr std::string_view kSpaces = " \t\r\n";

// Behind the string that begins at `at`; npos where it does not end.
size_t EndOfString(std::string_view text, size_t at) {
  for (++at; at < text.size(); ++at) {
    if (text[at] == '\\') {
      ++at;
    } else if (text[at] == '"') {
      return at + 1;
    }
  }
  return std::string_view::npos;
}

// Behind `: null` at `at`; npos where something else stands there.
size_t EndOfNull(std::string_view text, size_t at) {
  at = text.find_first_not_of(kSpaces, at);
  if (at == std::string_view::npos || text[at] != ':') return std::string_view::npos;
  at = text.find_first_not_of(kSpaces, at + 1);
  constexpr std::string_view kNull = "null";
  if (at == std::string_view::npos || !text.substr(at).starts_with(kNull)) {
    return std::string_view::npos;
  }
  return at + kNull.size();
}

// Leaves out the member from `begin` to `end`, with one comma. Unchanged where no comma and no
// brace stands beside it, as in an event whose data is cut into lines.
std::string WithoutMember(std::string_view text, size_t begin, size_t end) {
  const size_t before = text.find_last_not_of(kSpaces, begin - 1);
  const size_t behind = text.find_first_not_of(kSpaces, end);
  if (before != std::string_view::npos && text[before] == ',') {
    begin = before;
  } else if (behind != std::string_view::npos && text[behind] == ',') {
    end = behind + 1;
  } else if (before == std::string_view::npos || text[before] != '{' ||
             behind == std::string_view::npos || text[behind] != '}') {
    return std::string(text);
  }
  std::string result(text.substr(0, begin));
  result.append(text.substr(end));
  return result;
}

}  // namespace

std::string WithUsageAsked(std::string_view options) {
  simdjson::dom::parser parser;
  simdjson::dom::object members;
  std::string result;
  JsonWriter writer(&result);
  writer.BeginObject();
  bool asks = false;  // as the last of them says: providers read it so
  if (!options.empty() && options != "null") {
    if (parser.parse(options.data(), options.size()).get_object().get(members) !=
        simdjson::SUCCESS) {
      return {};
    }
    for (const auto [key, value] : members) {
      if (key != "include_usage") {
        writer.Key(key).Raw(simdjson::minify(value));
      } else if (value.is_null()) {
        asks = false;
      } else if (value.get_bool().get(asks) != simdjson::SUCCESS) {
        return {};
      }
    }
  }
  if (asks) return {};
  writer.Key("include_usage").Bool(true).EndObject();
  return result;
}

std::string BodyAskingForUsage(std::string_view body, const BodyIndex& index) {
  if (index.Find("stream") != "true") return {};
  const std::string_view present = index.Find("stream_options");
  const std::string options = WithUsageAsked(present);
  if (options.empty()) return {};
  std::string asking;
  if (!present.empty()) {
    // Of duplicates the last one counts, and that is the one that is found.
    const auto value = static_cast<size_t>(present.data() - body.data());
    asking.append(body.substr(0, value)).append(options);
    return asking.append(body.substr(value + present.size()));
  }
  const size_t open = body.find('{') + 1;
  asking.append(body.substr(0, open)).append("\"stream_options\":").append(options);
  return asking.append(",").append(body.substr(open));
}

std::string WithoutNullUsage(std::string_view chunk) {
  size_t depth = 0;
  for (size_t at = chunk.find('{'); at < chunk.size(); ++at) {
    const char c = chunk[at];
    if (c == '{' || c == '[') ++depth;
    if ((c == '}' || c == ']') && --depth == 0) break;
    if (c != '"') continue;
    const size_t end = EndOfString(chunk, at);
    if (end == std::string_view::npos) break;
    if (depth == 1 && chunk.substr(at, end - at) == kUsageKey) {
      const size_t member_end = EndOfNull(chunk, end);
      if (member_end != std::string_view::npos) return WithoutMember(chunk, at, member_end);
    }
    at = end - 1;
  }
  return std::string(chunk);
}

}  // namespace junctor::engine
