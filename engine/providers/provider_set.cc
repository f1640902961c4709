#include "engine/providers/provider_set.h"

#include <algorithm>
#include <utility>

#include "absl/time/clock.h"
#include "engine/providers/anthropic/anthropic_format.h"
#include "engine/providers/bedrock/bedrock_format.h"
#include "engine/providers/chat/forwarded_headers.h"
#include "engine/providers/cohere/cohere_format.h"
#include "engine/providers/demo_provider.h"
#include "engine/providers/google/google_format.h"
#include "engine/providers/google/vertex_format.h"
#include "engine/providers/mistral/mistral_format.h"
#include "engine/providers/openai_compatible_provider.h"
#include "engine/providers/translating_provider.h"

namespace junctor::engine {
namespace {

// The translation of a format; null: its providers take OpenAI's form, or offer no chat.
const WireFormat* FormatOf(ChatFormat format) {
  switch (format) {
    case ChatFormat::kAnthropic:
      return &AnthropicFormat();
    case ChatFormat::kGoogle:
      return &GoogleFormat();
    case ChatFormat::kVertex:
      return &VertexFormat();
    case ChatFormat::kCohere:
      return &CohereFormat();
    case ChatFormat::kBedrock:
      return &BedrockFormat();
    case ChatFormat::kMistral:
      return &MistralFormat();
    case ChatFormat::kNone:
    case ChatFormat::kOpenAi:
    case ChatFormat::kAzure:
      return nullptr;
  }
  return nullptr;
}

// The headers of a custom provider as lines. They were checked when they were saved; what could
// break the framing of a request is left out all the same.
std::string LinesOf(const CustomProvider& custom) {
  std::string lines;
  for (const auto& [name, value] : custom.headers) {
    if (!net::IsValidHeaderName(name) || !net::IsValidHeaderValue(value) ||
        StaysAtGateway({}, name)) {
      continue;
    }
    lines.append(name).append(": ").append(value).append("\r\n");
  }
  return lines;
}

}  // namespace

ProviderSet::ProviderSet(const Config* config, net::EventLoop* loop, net::ConnectionPool* pool)
    : pool_(pool), tokens_(*loop, *pool, [] { return absl::ToUnixSeconds(absl::Now()); }) {
  const TranslationTools tools = {&reader_, &tokens_, &random_};
  for (const ProviderRecord& record : config->providers) {
    Entry entry;
    entry.record = &record;
    if (record.in_process) {
      entry.provider = std::make_unique<DemoProvider>(loop);
    } else if (const WireFormat* format = FormatOf(record.format)) {
      entry.provider = std::make_unique<TranslatingProvider>(&record, format, pool, tools);
    } else {
      entry.provider = std::make_unique<OpenAiCompatibleProvider>(&record, pool);
    }
    names_.emplace_back(record.slug, entries_.size());
    for (const std::string& alias : record.aliases) names_.emplace_back(alias, entries_.size());
    entries_.push_back(std::move(entry));
  }
  std::sort(names_.begin(), names_.end());
}

std::shared_ptr<const ProviderSet::Entry> ProviderSet::Find(std::string_view name,
                                                            const Directory* directory) const {
  const auto found = std::lower_bound(
      names_.begin(), names_.end(), name,
      [](const auto& candidate, std::string_view wanted) { return candidate.first < wanted; });
  if (found != names_.end() && found->first == name) {
    // The set owns it: the pointer counts nothing.
    return {std::shared_ptr<const Entry>(), &entries_[found->second]};
  }
  if (directory == nullptr) return nullptr;
  const auto custom = directory->custom_providers().find(name);
  if (custom == directory->custom_providers().end()) return nullptr;
  // Made for the request, so that a change of the provider acts for the next one.
  auto entry = std::make_shared<Entry>();
  entry->custom = custom->second;
  entry->record = &entry->custom->record;
  entry->extra_lines = LinesOf(*entry->custom);
  entry->provider = std::make_unique<OpenAiCompatibleProvider>(
      entry->record, pool_, TargetOptions{entry->extra_lines, /*public_only=*/true});
  return entry;
}

}  // namespace junctor::engine
