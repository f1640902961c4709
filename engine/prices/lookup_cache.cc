// See lookup_cache.h.
#include "engine/prices/lookup_cache.h"

#define XXH_INLINE_ALL
#include <xxhash.h>

namespace junctor::engine {
namespace {

uint64_t HashOf(std::string_view provider, std::string_view model) {
  return XXH64(model.data(), model.size(), XXH64(provider.data(), provider.size(), 0));
}

}  // namespace

std::optional<const ModelPrice*> LookupCache::Get(std::string_view provider,
                                                  std::string_view model) const {
  const uint64_t hash = HashOf(provider, model);
  const Set& set = (*sets_)[hash % kSets];
  const std::lock_guard lock(set.mutex);
  for (const Entry& entry : set.entries) {
    if (entry.used && entry.hash == hash && entry.model == model && entry.provider == provider) {
      return entry.price;
    }
  }
  return std::nullopt;
}

void LookupCache::Put(std::string_view provider, std::string_view model, const ModelPrice* price) {
  const uint64_t hash = HashOf(provider, model);
  Set& set = (*sets_)[hash % kSets];
  const std::lock_guard lock(set.mutex);
  Entry& entry = set.entries[set.oldest];
  set.oldest = (set.oldest + 1) % kWays;
  entry.hash = hash;
  entry.used = true;
  entry.provider = provider;
  entry.model = model;
  entry.price = price;
}

}  // namespace junctor::engine
