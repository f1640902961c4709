#include "engine/directory/stored_key.h"

#include <algorithm>
#include <tuple>
#include <utility>

namespace junctor::engine {
namespace {

std::tuple<std::string_view, std::string_view> NameOf(const StoredKey& key) {
  return {key.provider, key.alias};
}

}  // namespace

KeyRing::KeyRing(std::vector<StoredKey> keys) : keys_(std::move(keys)) {
  std::sort(keys_.begin(), keys_.end(),
            [](const StoredKey& a, const StoredKey& b) { return NameOf(a) < NameOf(b); });
}

const StoredKey* KeyRing::Find(std::string_view provider, std::string_view alias) const {
  const StoredKey* marked = nullptr;
  const std::string_view wanted = alias.empty() ? std::string_view("default") : alias;
  for (const StoredKey& key : keys_) {
    if (key.provider != provider) continue;
    if (key.alias == wanted) return &key;
    if (key.is_default) marked = &key;
  }
  return alias.empty() ? marked : nullptr;
}

}  // namespace junctor::engine
