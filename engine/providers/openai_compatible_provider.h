// Any provider that speaks OpenAI's format over HTTP: all that differs between them is a record.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "engine/config/provider_record.h"
#include "engine/net/client.h"
#include "engine/providers/provider.h"

namespace junctor::engine {

// Sends the body as it is, but for the model and `params`, to the record's path for the operation,
// and passes the answer's bytes on.
class OpenAiCompatibleProvider final : public Provider {
 public:
  // `record` and `pool` outlive the provider; the pool is the loop's own.
  OpenAiCompatibleProvider(const ProviderRecord* record, net::ConnectionPool* pool)
      : record_(record), pool_(pool) {}

  absl::StatusOr<std::unique_ptr<PreparedRequest>> Prepare(const ModelRequest& request) override;

 private:
  const ProviderRecord* record_;
  net::ConnectionPool* pool_;
};

}  // namespace junctor::engine
