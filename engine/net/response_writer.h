// Writes response heads, and is the door that no header with a forbidden character passes.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "engine/net/http_types.h"

namespace junctor::net {

// How a response will be framed, and what is said about the connection.
struct ResponseFraming {
  Framing framing =
      Framing::kLength;  // kNone: neither length nor coding is written (204, 304, 1xx)
  uint64_t content_length = 0;
  bool keep_alive = true;
  bool http_1_0 = false;
};

// Appends a whole response head to `out`. Framing and connection fields among `headers`, and Date,
// are replaced by our own. InvalidArgument (and `out` of unspecified content) when a name or value
// can't stand in a header.
absl::Status AppendResponseHead(int status, std::span<const HeaderView> headers,
                                const ResponseFraming& framing, std::string& out);

// An error answer's body in the shape that OpenAI's clients read. `message` must need no escaping.
std::string ErrorBody(std::string_view message, std::string_view type);

// Whether an answer of that status never has a body.
bool IsBodilessStatus(int status);

// Appends `value` in decimal.
void AppendNumber(uint64_t value, std::string& out);

}  // namespace junctor::net
