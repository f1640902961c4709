// What the data plane knows of the control plane: gateways, tokens, keys, custom providers, at one
// moment. The control plane makes a new one at each change and replaces the live one (live.h); a
// request holds the one that it began with.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "engine/config/provider_record.h"
#include "engine/directory/access_token.h"
#include "engine/directory/stored_key.h"
#include "runtime/program/program_parts.h"

namespace junctor::engine {

class PriceTable;  // of engine/prices, which stands above

// At most `limit` requests in `interval_seconds`, of a whole gateway. Off where either is 0.
struct GatewayRateLimit {
  uint64_t limit = 0;
  uint32_t interval_seconds = 0;
  WindowTechnique technique = WindowTechnique::kFixed;

  bool acts() const { return limit > 0 && interval_seconds > 0; }
};

// How calls are tried where neither the request nor the provider's entry says.
struct CallDefaults {
  std::optional<uint32_t> max_attempts;  // 1 … 5, the first one included
  std::optional<std::chrono::milliseconds> retry_delay;
  std::optional<Backoff> backoff;
  std::optional<std::chrono::milliseconds> timeout;  // until the first token
};

// One of a gateway's `spend_limits` rules. A request is counted by it when every filter holds; the
// values of the partitioned metadata keys make its window's key.
struct SpendRule {
  std::string id;
  uint64_t limit_nano_dollars = 0;
  uint32_t window_seconds = 0;
  WindowTechnique technique = WindowTechnique::kFixed;
  std::vector<std::string> models;                           // empty: every model
  std::vector<std::string> providers;                        // empty: every provider
  std::map<std::string, std::vector<std::string>> metadata;  // key → the values that count
  std::vector<std::string> partition_by;                     // metadata keys
};

// One gateway. Immutable.
struct GatewayView {
  std::string id;
  bool authentication = true;  // a token with Permission::kRun is needed
  bool byok_only = false;      // keys of the process's configuration don't serve
  GatewayRateLimit rate_limit;
  CallDefaults defaults;
  std::vector<SpendRule> spend_rules;
  std::shared_ptr<const PriceTable> prices;  // its own over the process's; null: it has none
  KeyRing keys;
};

// A provider that was made through the admin API. Its slug in requests is `record.slug`, which
// begins with `custom-`.
struct CustomProvider {
  std::string id;
  bool enabled = false;
  ProviderRecord record;
  std::vector<std::pair<std::string, std::string>> headers;  // sent to it besides
};

// Everything at one moment. Immutable after Finish; thread-safe.
class Directory {
 public:
  void Add(GatewayView gateway);
  void Add(AccessToken token);
  void Add(CustomProvider provider);
  // The settings that the gateway `default` is made with when a request asks for it first.
  void SetDefaultGateway(GatewayView gateway) { default_gateway_ = std::move(gateway); }

  // Null: there is none. Pointers are valid as long as the directory.
  const GatewayView* FindGateway(std::string_view id) const;
  const GatewayView& default_gateway() const { return default_gateway_; }

  // The token whose hash is that of `token`, or null; whether it allows anything is the caller's to
  // ask. Takes a time that does not tell how much of a wrong token is right: hashes are compared.
  const AccessToken* FindToken(std::string_view token) const;

  // By the slug of requests (`custom-…`), also one that is not enabled; or null.
  const CustomProvider* FindCustomProvider(std::string_view slug) const;
  const std::map<std::string, std::shared_ptr<const CustomProvider>, std::less<>>&
  custom_providers() const {
    return custom_providers_;
  }

 private:
  struct HashOfToken {
    size_t operator()(const TokenHash& hash) const;
  };

  std::map<std::string, GatewayView, std::less<>> gateways_;
  std::unordered_map<TokenHash, AccessToken, HashOfToken> tokens_;
  std::map<std::string, std::shared_ptr<const CustomProvider>, std::less<>> custom_providers_;
  GatewayView default_gateway_;
};

}  // namespace junctor::engine
