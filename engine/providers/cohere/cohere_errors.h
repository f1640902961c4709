// What Cohere's error answers mean.
#pragma once

#include <cstdint>
#include <string_view>

#include "engine/net/http_types.h"
#include "engine/providers/chat/failure.h"

namespace junctor::engine {

// See WireFormat::Classify. Cohere's errors are {"id"?,"message"}, without a type: the status and
// the message decide.
Failure ClassifyCohereAnswer(int status, const net::HeaderList& headers, std::string_view body,
                             int64_t unix_seconds);

}  // namespace junctor::engine
