// Providers as data: what the gateway has to know of each upstream, so that a new one of a known
// format needs no code.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "engine/config/base_url.h"
#include "engine/config/format_settings.h"
#include "engine/config/secret.h"

namespace junctor::engine {

// What happens to a version at the head of the path that follows a provider's slug on a native
// path.
enum class VersionPrefixRule : uint8_t {
  kNone,     // append the path as it is
  kStrip,    // the base URL ends in a version: drop the same one from the path
  kDefault,  // add `v1/` where the path does not begin with a version
};

// What a provider's chat completions look like on the wire.
enum class ChatFormat : uint8_t {
  kNone,       // it offers no chat: its own endpoint alone
  kOpenAi,     // passed through
  kAnthropic,  // Messages
  kGoogle,     // generateContent of AI Studio
  kVertex,     // generateContent, rawPredict or OpenAI's form, by the model's publisher
  kCohere,     // v2 chat
  kBedrock,    // Converse
  kMistral,    // OpenAI's form with fields of its own
  kAzure,      // OpenAI's form; the deployment stands in the path
};

// "openai", "anthropic", …; what the configuration's key `format` takes.
std::string_view ChatFormatName(ChatFormat format);

// Whether a provider of OpenAI's format goes on from an assistant's message that stands last (R22).
enum class AssistantPrefix : uint8_t {
  kNone,         // it answers that message
  kLastMessage,  // it goes on from it
  kPrefixField,  // it goes on from it when the message has `"prefix": true`
};

// One provider. Immutable once the configuration is loaded.
struct ProviderRecord {
  std::string slug;  // "openai": what stands before the first `/` in a request's `model`
  std::vector<std::string> aliases;  // other slugs for the same provider
  bool in_process = false;           // `demo`: answers inside this process; has no base URL
  bool built_in = false;             // from providers.def
  // Where the provider is. `url_template` may hold `{region}`, `{account}` or `{resource}`; while
  // one of them stands for something that only the request tells, `base_url.host` is empty. Use
  // ResolveBaseUrl.
  std::string url_template;
  BaseUrl base_url;
  ChatFormat format = ChatFormat::kOpenAi;
  // Appended to base_url.path. `chat_path` serves the formats that send OpenAI's form; an empty
  // path: the provider does not offer that.
  std::string chat_path = "/chat/completions";
  std::string embeddings_path = "/embeddings";
  std::string responses_path;
  std::string auth_header = "authorization";  // lower case; carries the key
  std::string auth_prefix = "Bearer ";        // stands before the key in that header; may be empty
  VersionPrefixRule version_prefix = VersionPrefixRule::kNone;
  AssistantPrefix assistant_prefix = AssistantPrefix::kNone;
  FormatSettings settings;
  std::string key_env;  // environment variable that holds the key; may be empty
  Secret key;           // its value; empty: the caller's own credential is passed on
  std::map<std::string, Secret, std::less<>> keys;  // by alias (`byokAlias`)
  // AWS: signs requests where there is no `key`.
  Secret aws_access_key_id;
  Secret aws_secret_access_key;
  Secret aws_session_token;
  Secret service_account;  // Google: the JSON of a service account's key
  // Google: where service accounts may get their tokens, besides Google's own service.
  std::vector<std::string> token_origins;
};

// What a request tells of its provider's address; each may be empty.
struct UrlVariables {
  std::string_view region = {};
  std::string_view account = {};
  std::string_view resource = {};
};

// The provider's base URL with its placeholders filled, by `variables` where they tell, else by the
// record's settings. InvalidArgument where one is missing or could change the host.
absl::StatusOr<BaseUrl> ResolveBaseUrl(const ProviderRecord& record, const UrlVariables& variables);

// Whether `text` may stand for a region: letters, digits and hyphens, as in `us-east-1` or
// `global`.
bool IsRegion(std::string_view text);

// Whether `slug` is 1–64 characters of `a-z 0-9 - _ .`, beginning with a letter or digit. `dynamic`
// is not a provider.
bool IsProviderSlug(std::string_view slug);

// The record whose slug or alias is `name`, or null.
const ProviderRecord* FindProvider(const std::vector<ProviderRecord>& providers,
                                   std::string_view name);
// Its slug, under which prices are kept; `name` itself where there is none.
std::string_view SlugOf(const std::vector<ProviderRecord>& providers, std::string_view name);

// The built-in records, keys not filled in. Data: providers.def.
std::vector<ProviderRecord> BuiltInProviders();

}  // namespace junctor::engine
