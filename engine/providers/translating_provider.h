// Any provider with a wire format of its own: the request is translated, sent, and the answer
// turned back into OpenAI's form as it comes.
#pragma once

#include <memory>

#include "engine/config/provider_record.h"
#include "engine/net/client.h"
#include "engine/observe/ids.h"
#include "engine/providers/chat/chat_request_reader.h"
#include "engine/providers/chat/wire_format.h"
#include "engine/providers/google/access_token_source.h"
#include "engine/providers/openai_compatible_provider.h"
#include "engine/providers/provider.h"

namespace junctor::engine {

// What translating providers of one event loop share.
struct TranslationTools {
  ChatRequestReader* reader = nullptr;
  AccessTokenSource* tokens = nullptr;
  RandomSource* random = nullptr;  // for ids that a provider does not give
};

// One provider. What its format has no translation for (embeddings, responses) is sent in OpenAI's
// form, where the record has a path for it.
class TranslatingProvider final : public Provider {
 public:
  // All outlive the provider; pool and tools are the loop's own.
  TranslatingProvider(const ProviderRecord* record, const WireFormat* format,
                      net::ConnectionPool* pool, TranslationTools tools)
      : record_(record), format_(format), pool_(pool), tools_(tools), untranslated_(record, pool) {}

  absl::StatusOr<std::unique_ptr<PreparedRequest>> Prepare(const ModelRequest& request) override;

 private:
  const ProviderRecord* record_;
  const WireFormat* format_;
  net::ConnectionPool* pool_;
  TranslationTools tools_;
  OpenAiCompatibleProvider untranslated_;
};

}  // namespace junctor::engine
