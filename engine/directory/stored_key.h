// Provider keys that were stored through the admin API, opened for use.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "engine/config/secret.h"
#include "engine/directory/access_token.h"

namespace junctor::engine {

// Longest period of a key's rate limit.
inline constexpr int64_t kMaxKeyPeriodSeconds = 0xFFFFFFFF;

// One key of one gateway. Immutable but for its last use.
struct StoredKey {
  std::string id;        // of the provider config
  std::string provider;  // canonical slug; a custom provider's as `custom-…`
  std::string alias;     // "default", "production", …
  bool is_default = false;
  Secret key;
  LastUse last_use;
  // At most so many calls in so many seconds. Off where either is 0.
  uint64_t rate_limit = 0;
  uint32_t rate_period_seconds = 0;

  bool has_rate_limit() const { return rate_limit > 0 && rate_period_seconds > 0; }
};

// The keys of one gateway. Immutable.
class KeyRing {
 public:
  KeyRing() = default;
  explicit KeyRing(std::vector<StoredKey> keys);

  // The key of `provider` called `alias`; with an empty alias the one called `default`, or else the
  // one that is marked as the default, or null. Valid as long as the ring.
  const StoredKey* Find(std::string_view provider, std::string_view alias) const;

  bool empty() const { return keys_.empty(); }

 private:
  std::vector<StoredKey> keys_;  // by provider and alias
};

}  // namespace junctor::engine
