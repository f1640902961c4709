// Every provider of the configuration, ready to be called, on one event loop.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "engine/config/config.h"
#include "engine/directory/directory.h"
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
    const ProviderRecord* record = nullptr;
    std::unique_ptr<Provider> provider;
    std::shared_ptr<const CustomProvider> custom;  // null: of the configuration
    std::string extra_lines;                       // header lines that it gets besides

    bool enabled() const { return custom == nullptr || custom->enabled; }
  };

  // The provider of that slug or alias, or null; one of the configuration before a custom one of
  // `directory`, which may be null. A custom one may be switched off. To be held as long as it is
  // used, within the life of the set.
  std::shared_ptr<const Entry> Find(std::string_view name, const Directory* directory) const;

  // Google's access tokens, for calls in its own form.
  AccessTokenSource& tokens() { return tokens_; }

 private:
  net::ConnectionPool* pool_;
  ChatRequestReader reader_;
  AccessTokenSource tokens_;
  RandomSource random_;
  std::vector<Entry> entries_;
  std::vector<std::pair<std::string, size_t>> names_;  // sorted; slugs and aliases
};

}  // namespace junctor::engine
