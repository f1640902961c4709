#include "engine/providers/provider_set.h"

#include <algorithm>
#include <utility>

#include "engine/providers/demo_provider.h"
#include "engine/providers/openai_compatible_provider.h"

namespace junctor::engine {

ProviderSet::ProviderSet(const Config* config, net::EventLoop* loop, net::ConnectionPool* pool) {
  for (const ProviderRecord& record : config->providers) {
    Entry entry;
    entry.record = &record;
    if (record.in_process) {
      entry.provider = std::make_unique<DemoProvider>(loop);
    } else {
      entry.provider = std::make_unique<OpenAiCompatibleProvider>(&record, pool);
    }
    names_.emplace_back(record.slug, entries_.size());
    for (const std::string& alias : record.aliases) names_.emplace_back(alias, entries_.size());
    entries_.push_back(std::move(entry));
  }
  std::sort(names_.begin(), names_.end());
}

const ProviderSet::Entry* ProviderSet::Find(std::string_view name) const {
  const auto found = std::lower_bound(
      names_.begin(), names_.end(), name,
      [](const auto& candidate, std::string_view wanted) { return candidate.first < wanted; });
  if (found == names_.end() || found->first != name) return nullptr;
  return &entries_[found->second];
}

}  // namespace junctor::engine
