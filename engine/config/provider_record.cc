// The built-in records, from providers.def.
#include "engine/config/provider_record.h"

#include <algorithm>
#include <array>
#include <cassert>

namespace junctor::engine {
namespace {

constexpr size_t kMaxLabelLength = 63;  // DNS
constexpr size_t kMaxSlugLength = 64;   // it goes into headers and log lines, like an id (R5)

std::vector<std::string> SplitAtSpaces(std::string_view text) {
  std::vector<std::string> words;
  while (!text.empty()) {
    const size_t space = text.find(' ');
    words.emplace_back(text.substr(0, space));
    text = space == text.npos ? std::string_view() : text.substr(space + 1);
  }
  return words;
}

// One row of providers.def.
struct Row {
  std::string_view slug;
  std::string_view aliases;
  std::string_view base_url;
  ChatFormat format;
  std::string_view chat_path;
  std::string_view embeddings_path;
  std::string_view responses_path;
  std::string_view auth_header;
  std::string_view auth_prefix;
  VersionPrefixRule version_prefix;
  AssistantPrefix assistant_prefix;
  std::string_view key_env;
};

ProviderRecord MakeBuiltIn(const Row& row) {
  ProviderRecord record;
  record.slug = row.slug;
  record.aliases = SplitAtSpaces(row.aliases);
  record.in_process = row.base_url.empty();
  record.built_in = true;
  record.url_template = row.base_url;
  record.format = row.format;
  record.chat_path = row.chat_path;
  record.embeddings_path = row.embeddings_path;
  record.responses_path = row.responses_path;
  record.auth_header = row.auth_header;
  record.auth_prefix = row.auth_prefix;
  record.version_prefix = row.version_prefix;
  record.assistant_prefix = row.assistant_prefix;
  record.key_env = row.key_env;
  if (!record.in_process && record.url_template.find('{') == std::string::npos) {
    absl::StatusOr<BaseUrl> url = ParseBaseUrl(row.base_url);
    assert(url.ok() && "a built-in base URL is wrong");
    record.base_url = *std::move(url);
  }
  return record;
}

// Characters that can't leave a host's label or a path's segment.
bool IsLabel(std::string_view text) {
  return !text.empty() && text.size() <= kMaxLabelLength && text.front() != '-' &&
         std::all_of(text.begin(), text.end(), [](char c) {
           return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                  c == '-';
         });
}

struct Placeholder {
  std::string_view name;
  std::string_view value;  // empty: not told
};

// Puts `value` in the place of `placeholder`.
void Fill(std::string_view placeholder, std::string_view value, std::string* text) {
  size_t at = text->find(placeholder);
  while (at != std::string::npos) {
    size_t length = placeholder.size();
    // Vertex's global endpoint has no region before its name.
    if (value == "global" && text->compare(at + length, 1, "-") == 0) {
      value = {};
      ++length;
    }
    text->replace(at, length, value);
    at = text->find(placeholder, at + value.size());
  }
}

}  // namespace

std::string_view ChatFormatName(ChatFormat format) {
  switch (format) {
    case ChatFormat::kNone:
      return "none";
    case ChatFormat::kOpenAi:
      return "openai";
    case ChatFormat::kAnthropic:
      return "anthropic";
    case ChatFormat::kGoogle:
      return "google";
    case ChatFormat::kVertex:
      return "vertex";
    case ChatFormat::kCohere:
      return "cohere";
    case ChatFormat::kBedrock:
      return "bedrock";
    case ChatFormat::kMistral:
      return "mistral";
    case ChatFormat::kAzure:
      return "azure";
  }
  return "none";
}

bool IsRegion(std::string_view text) {
  return IsLabel(text) && std::all_of(text.begin(), text.end(), [](char c) {
           return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-';
         });
}

absl::StatusOr<BaseUrl> ResolveBaseUrl(const ProviderRecord& record,
                                       const UrlVariables& variables) {
  if (!record.base_url.host.empty()) return record.base_url;
  const auto told = [](std::string_view by_request, const std::string& by_settings) {
    return by_request.empty() ? std::string_view(by_settings) : by_request;
  };
  const std::array<Placeholder, 3> placeholders = {
      {{"region", told(variables.region, record.settings.region)},
       {"account", told(variables.account, record.settings.account)},
       {"resource", told(variables.resource, record.settings.resource)}}};
  std::string text = record.url_template;
  for (const Placeholder& placeholder : placeholders) {
    const std::string mark = "{" + std::string(placeholder.name) + "}";
    if (text.find(mark) == std::string::npos) continue;
    if (placeholder.value.empty()) {
      return absl::InvalidArgumentError("the provider `" + record.slug + "` needs a " +
                                        std::string(placeholder.name) +
                                        ": set it in the provider's configuration");
    }
    const bool fits =
        placeholder.name == "region" ? IsRegion(placeholder.value) : IsLabel(placeholder.value);
    if (!fits) {
      return absl::InvalidArgumentError(
          "the " + std::string(placeholder.name) + " of provider `" + record.slug +
          "` has characters that can't stand in its address: letters, digits and `-` can");
    }
    Fill(mark, placeholder.value, &text);
  }
  return ParseBaseUrl(text);
}

bool IsProviderSlug(std::string_view slug) {
  const auto is_letter_or_digit = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
  };
  return !slug.empty() && slug.size() <= kMaxSlugLength && is_letter_or_digit(slug.front()) &&
         std::all_of(slug.begin(), slug.end(), [&](char c) {
           return is_letter_or_digit(c) || c == '-' || c == '_' || c == '.';
         });
}

const ProviderRecord* FindProvider(const std::vector<ProviderRecord>& providers,
                                   std::string_view name) {
  for (const ProviderRecord& record : providers) {
    if (record.slug == name) return &record;
    const std::vector<std::string>& aliases = record.aliases;
    if (std::find(aliases.begin(), aliases.end(), name) != aliases.end()) return &record;
  }
  return nullptr;
}

std::string_view SlugOf(const std::vector<ProviderRecord>& providers, std::string_view name) {
  const ProviderRecord* const record = FindProvider(providers, name);
  return record == nullptr ? name : std::string_view(record->slug);
}

std::vector<ProviderRecord> BuiltInProviders() {
  std::vector<ProviderRecord> records;
#define JUNCTOR_PROVIDER(slug, aliases, base_url, format, chat_path, embeddings_path,        \
                         responses_path, auth_header, auth_prefix, version, prefix, key_env) \
  records.push_back(MakeBuiltIn({slug, aliases, base_url, ChatFormat::format, chat_path,     \
                                 embeddings_path, responses_path, auth_header, auth_prefix,  \
                                 VersionPrefixRule::version, AssistantPrefix::prefix, key_env}));
#include "engine/config/providers.def"
#undef JUNCTOR_PROVIDER
  return records;
}

}  // namespace junctor::engine
