// What a provider's error body says, wherever that provider keeps it.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace junctor::engine {

struct ErrorText {
  std::string message;  // empty: the body says nothing
  std::string type;
  std::string code;
  std::string detail_code;             // error.details.error_code: Anthropic's finer code
  int status = 0;                      // a numeric code inside the body
  bool openai_shape = false;           // {"error":{"message":…}} and nothing that is another's
  std::optional<double> wait_seconds;  // `estimated_time`, while a model loads
};

// Reads `body`: JSON of any known shape, or else its first 1 KiB as the message.
ErrorText ReadErrorText(std::string_view body);

}  // namespace junctor::engine
