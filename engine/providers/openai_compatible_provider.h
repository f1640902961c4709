// Any provider that speaks OpenAI's chat completions over HTTP: all that differs between them is a
// record.
#pragma once

#include <memory>

#include "engine/config/provider_record.h"
#include "engine/net/client.h"
#include "engine/providers/provider.h"

namespace junctor::engine {

// Sends the body as it is to the record's chat path, with the record's key, and passes the answer's
// bytes on.
class OpenAiCompatibleProvider final : public Provider {
 public:
  // `record` and `pool` outlive the provider; the pool is the loop's own.
  OpenAiCompatibleProvider(const ProviderRecord* record, net::ConnectionPool* pool);

  net::Awaitable<net::NetResult<std::unique_ptr<ModelResponse>>> Send(
      const ModelRequest& request) override;

 private:
  const ProviderRecord* record_;
  net::ConnectionPool* pool_;
  net::Upstream upstream_;
  std::string head_prefix_;  // the lines that every request of this provider begins with
};

}  // namespace junctor::engine
