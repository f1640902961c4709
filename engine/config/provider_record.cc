// The built-in records, from providers.def.
#include "engine/config/provider_record.h"

#include <algorithm>
#include <cassert>

namespace junctor::engine {
namespace {

constexpr size_t kMaxSlugLength = 64;  // it goes into headers and log lines, like an id (R5)

std::vector<std::string> SplitAtSpaces(std::string_view text) {
  std::vector<std::string> words;
  while (!text.empty()) {
    const size_t space = text.find(' ');
    words.emplace_back(text.substr(0, space));
    text = space == text.npos ? std::string_view() : text.substr(space + 1);
  }
  return words;
}

ProviderRecord MakeBuiltIn(std::string_view slug, std::string_view aliases,
                           std::string_view base_url, std::string_view chat_path,
                           std::string_view auth_header, std::string_view auth_prefix,
                           VersionPrefixRule version_prefix, std::string_view key_env) {
  ProviderRecord record;
  record.slug = slug;
  record.aliases = SplitAtSpaces(aliases);
  record.in_process = base_url.empty();
  record.chat_path = chat_path;
  record.auth_header = auth_header;
  record.auth_prefix = auth_prefix;
  record.version_prefix = version_prefix;
  record.key_env = key_env;
  if (!record.in_process) {
    absl::StatusOr<BaseUrl> url = ParseBaseUrl(base_url);
    assert(url.ok() && "a built-in base URL is wrong");
    record.base_url = *std::move(url);
  }
  return record;
}

}  // namespace

bool IsProviderSlug(std::string_view slug) {
  const auto is_letter_or_digit = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
  };
  return !slug.empty() && slug.size() <= kMaxSlugLength && is_letter_or_digit(slug.front()) &&
         std::all_of(slug.begin(), slug.end(), [&](char c) {
           return is_letter_or_digit(c) || c == '-' || c == '_' || c == '.';
         });
}

std::vector<ProviderRecord> BuiltInProviders() {
  std::vector<ProviderRecord> records;
#define JUNCTOR_PROVIDER(slug, aliases, base_url, chat_path, auth_header, auth_prefix, version, \
                         key_env)                                                               \
  records.push_back(MakeBuiltIn(slug, aliases, base_url, chat_path, auth_header, auth_prefix,   \
                                VersionPrefixRule::version, key_env));
#include "engine/config/providers.def"
#undef JUNCTOR_PROVIDER
  return records;
}

}  // namespace junctor::engine
