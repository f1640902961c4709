// Errors in OpenAI's shape, so that the official SDKs raise their typed errors (R28).
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/config/provider_record.h"
#include "engine/providers/chat/failure.h"

namespace junctor::engine {

// An answer that tells of an error.
struct ErrorResponse {
  int status = 500;
  std::string body;  // {"error":{"message","type","param","code"}}
  std::vector<std::pair<std::string, std::string>> headers;  // besides content-type
};

// What stands in error.*; an empty `param` or `code` becomes null.
struct ErrorFields {
  std::string_view message;
  std::string_view type = "invalid_request_error";
  std::string_view param;
  std::string_view code;
};

// The body alone.
std::string ErrorBody(const ErrorFields& fields);

// A whole answer.
ErrorResponse MakeError(int status, const ErrorFields& fields);

// An error of the gateway's own on a provider's endpoint, in the shape that the provider's official
// client reads.
ErrorResponse MakeNativeError(ChatFormat format, int status, const ErrorFields& fields);

// The answer for a request whose last attempt failed: the provider's own status and body where it
// gave them, 504 for a timeout, 502 where no answer came.
ErrorResponse ErrorOf(const Failure& failure);

// The body of an error event that ends a stream which can't go on (R22).
std::string StreamErrorBody(const Failure& failure);

// 429 for a limit that refused, with Retry-After in whole seconds, rounded up (R14).
ErrorResponse LimitedError(std::string_view route, std::string_view element,
                           uint64_t retry_after_ms);

}  // namespace junctor::engine
