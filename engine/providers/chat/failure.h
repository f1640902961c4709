// A failed attempt: its class, and what the caller will be told if no other attempt saves the
// request.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "runtime/program/error_class.h"

namespace junctor::engine {

// How one attempt failed (R21), and the answer that goes to the caller when it was the last one
// (R28).
struct Failure {
  ErrorClass error = ErrorClass::kConnect;
  int upstream_status = 0;  // the provider's own status; 0: none came
  std::string message;      // for people; never holds a key
  std::string type;         // OpenAI's error.type
  std::string code;         // OpenAI's error.code; empty: null
  std::string body;  // the provider's error body, where it already has OpenAI's shape; else empty
  std::optional<uint64_t> retry_after_ms;
  std::optional<bool> should_retry;  // the provider's own word (x-should-retry) on another attempt
  std::vector<std::pair<std::string, std::string>>
      headers;  // of the provider's answer, that callers read
};

}  // namespace junctor::engine
