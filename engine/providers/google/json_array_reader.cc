#include "engine/providers/google/json_array_reader.h"

#include "engine/providers/chat/event_reader.h"

namespace junctor::engine {

void JsonArrayReader::Feed(std::string_view bytes) { input_ = bytes; }

std::optional<std::string_view> JsonArrayReader::Next() {
  if (too_large_ || malformed_) return std::nullopt;
  constexpr std::string_view kBetween = " \t\r\n,[]";
  if (depth_ == 0) {
    const size_t begin = input_.find_first_not_of(kBetween);
    if (begin == std::string_view::npos) {
      input_ = {};
      return std::nullopt;
    }
    if (input_[begin] != '{') {
      malformed_ = true;
      return std::nullopt;
    }
    input_.remove_prefix(begin);
  }
  size_t end = 0;
  while (end < input_.size()) {
    const char c = input_[end++];
    if (in_string_) {
      if (escaped_) {
        escaped_ = false;
      } else if (c == '\\') {
        escaped_ = true;
      } else if (c == '"') {
        in_string_ = false;
      }
      continue;
    }
    if (c == '"') in_string_ = true;
    if (c == '{' || c == '[') ++depth_;
    if ((c == '}' || c == ']') && --depth_ == 0) break;
  }
  if (object_.size() + end > kMaxEventBytes) {
    too_large_ = true;
    return std::nullopt;
  }
  object_.append(input_.substr(0, end));
  input_.remove_prefix(end);
  if (depth_ != 0) return std::nullopt;
  whole_.swap(object_);
  object_.clear();
  return std::string_view(whole_);
}

}  // namespace junctor::engine
