// Tokens inside credential headers.
#pragma once

#include <string_view>

namespace junctor::engine {

// The token in a credential header's value: what follows `Bearer`, or another scheme; the whole
// value where there is no scheme. Without blanks around it.
inline std::string_view TokenOf(std::string_view credential) {
  const auto trim = [](std::string_view text) {
    while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
    while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
    return text;
  };
  credential = trim(credential);
  const size_t space = credential.find(' ');
  return space == std::string_view::npos ? credential : trim(credential.substr(space));
}

// Anthropic takes tokens of this kind as `Authorization: Bearer`, unlike its keys.
inline bool IsAnthropicOAuthToken(std::string_view key) { return key.starts_with("sk-ant-oat"); }

}  // namespace junctor::engine
