// Every provider of the configuration, ready to be called, on one event loop.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "engine/config/config.h"
#include "engine/net/client.h"
#include "engine/net/event_loop.h"
#include "engine/observe/ids.h"
#include "engine/providers/chat/chat_request_reader.h"
#include "engine/providers/chat/wire_format.h"
#include "engine/providers/google/access_token_source.h"
#include "engine/providers/provider.h"

namespace junctor::engine {

// One loop's providers. Used on that loop's thread.
class ProviderSet {
 public:
  // `config`, `loop` and `pool` outlive the set.
  ProviderSet(const Config* config, net::EventLoop* loop, net::ConnectionPool* pool);

  // A provider and the slug that it is called by in headers and logs.
  struct Entry {
    const ProviderRecord* record;
    std::unique_ptr<Provider> provider;
  };

  // The provider of that slug or alias, or null. Valid as long as the set.
  const Entry* Find(std::string_view name) const;

  // Google's access tokens, for calls in its own form.
  AccessTokenSource& tokens() { return tokens_; }

 private:
  ChatRequestReader reader_;
  AccessTokenSource tokens_;
  RandomSource random_;
  std::vector<Entry> entries_;
  std::vector<std::pair<std::string, size_t>> names_;  // sorted; slugs and aliases
};

}  // namespace junctor::engine
