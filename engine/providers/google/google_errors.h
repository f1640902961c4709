// Errors of Google's services: what they are in OpenAI's terms.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "engine/net/http_types.h"
#include "engine/providers/chat/failure.h"

namespace simdjson::dom {
class element;
}  // namespace simdjson::dom

namespace junctor::engine {

// One error of Google's: `{"error":{"code","message","status","details"}}`.
struct GoogleError {
  ErrorClass error = ErrorClass::kServerError;
  int status = 0;  // as HTTP's; of a key that is not valid 401, though Google says 400
  std::string message;
  std::string_view type;                   // OpenAI's; of static storage
  std::string_view code;                   // OpenAI's; of static storage; empty: null
  std::optional<uint64_t> retry_after_ms;  // of a RetryInfo
};

// Reads an error, alone or first in an array, as array streaming has it. Nothing where `json` is
// none.
std::optional<GoogleError> ReadGoogleError(const simdjson::dom::element& json);

// Whether an answer's body is an error of Google's; see WireFormat::Classify. Nothing where it is
// not.
std::optional<Failure> ClassifyGoogleAnswer(int status, const net::HeaderList& headers,
                                            std::string_view body, int64_t unix_seconds);

}  // namespace junctor::engine
