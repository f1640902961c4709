// Providers as data: what the gateway has to know of each upstream to call its chat completions.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "engine/config/base_url.h"
#include "engine/config/secret.h"

namespace junctor::engine {

// What happens to a version at the head of the path that follows a provider's slug on a native
// path.
enum class VersionPrefixRule : uint8_t {
  kNone,     // append the path as it is
  kStrip,    // the base URL ends in a version: drop the same one from the path
  kDefault,  // add `v1/` where the path does not begin with a version
};

// One provider that speaks OpenAI's chat completions. Immutable once the configuration is loaded.
struct ProviderRecord {
  std::string slug;  // "openai": what stands before the first `/` in a request's `model`
  std::vector<std::string> aliases;  // other slugs for the same provider
  bool in_process = false;           // `demo`: answers inside this process; has no base URL
  BaseUrl base_url;
  std::string chat_path = "/chat/completions";  // appended to base_url.path
  std::string auth_header = "authorization";    // lower case; carries the key
  std::string auth_prefix = "Bearer ";  // stands before the key in that header; may be empty
  VersionPrefixRule version_prefix = VersionPrefixRule::kNone;
  std::string key_env;  // environment variable that holds the key; may be empty
  Secret key;           // its value; empty: the caller's own Authorization is passed on
};

// Whether `slug` is 1–64 characters of `a-z 0-9 - _ .`, beginning with a letter or digit. `dynamic`
// is not a provider.
bool IsProviderSlug(std::string_view slug);

// The built-in records, keys not filled in. Data: providers.def.
std::vector<ProviderRecord> BuiltInProviders();

}  // namespace junctor::engine
