// Any provider that speaks OpenAI's format over HTTP: all that differs between them is a record.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "engine/config/provider_record.h"
#include "engine/net/client.h"
#include "engine/providers/provider.h"

namespace junctor::engine {

// What is particular to a provider whose address came through the admin API.
struct TargetOptions {
  std::string_view extra_lines = {};  // header lines that it gets besides; outlive the provider
  bool public_only = false;           // as net::Upstream::public_only
};

// Sends the body as it is, but for the model and `params`, to the record's path for the operation,
// and passes the answer's bytes on.
class OpenAiCompatibleProvider final : public Provider {
 public:
  // `record` and `pool` outlive the provider; the pool is the loop's own.
  OpenAiCompatibleProvider(const ProviderRecord* record, net::ConnectionPool* pool,
                           TargetOptions options = {})
      : record_(record), pool_(pool), options_(options) {}

  absl::StatusOr<std::unique_ptr<PreparedRequest>> Prepare(const ModelRequest& request) override;

 private:
  const ProviderRecord* record_;
  net::ConnectionPool* pool_;
  TargetOptions options_;
};

}  // namespace junctor::engine
