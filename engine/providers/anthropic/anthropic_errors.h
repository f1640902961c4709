// Errors of Anthropic's Messages API: what they are in OpenAI's terms.
#pragma once

#include <cstdint>
#include <string_view>

#include "engine/net/http_types.h"
#include "engine/providers/chat/failure.h"
#include "engine/providers/chat/failure_classifier.h"

namespace junctor::engine {

// Type and code in OpenAI's terms for Anthropic's `error.type`; empty: not one of Anthropic's.
ErrorKind AnthropicErrorKind(std::string_view type);

// See WireFormat::Classify.
Failure ClassifyAnthropicAnswer(int status, const net::HeaderList& headers, std::string_view body,
                                int64_t unix_seconds);

}  // namespace junctor::engine
