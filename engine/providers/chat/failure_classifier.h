// From a provider's error answer to a Failure: status, headers and body are read for what they say
// (R21, R28).
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "engine/net/http_types.h"
#include "engine/net/net_error.h"
#include "engine/providers/chat/failure.h"

namespace junctor::engine {

// Most bytes of an error body that are read and passed on.
inline constexpr size_t kMaxErrorBodyBytes = 64 * 1024;

// OpenAI's error.type and error.code for a status, for errors that name none themselves. An empty
// code is null.
struct ErrorKind {
  std::string_view type;
  std::string_view code;
};
ErrorKind ErrorKindOf(int status);

// Of an answer with a status that is no success. `unix_seconds` is now, for a Retry-After that is a
// date.
Failure ClassifyAnswer(int status, const net::HeaderList& headers, std::string_view body,
                       int64_t unix_seconds);

// Of an error event inside a 200 stream, or an error object as a 200 body: there is no status, so
// the object decides.
Failure ClassifyErrorEvent(std::string_view data);

// Of an exchange that broke before any token.
Failure ClassifyNetError(const net::NetError& error);

// Retry-After in ms: `retry-after-ms`, or `retry-after` in seconds (fractions allowed) or as an
// HTTP date. Nothing where neither stands there or parses.
std::optional<uint64_t> RetryAfterMs(const net::HeaderList& headers, int64_t unix_seconds);

}  // namespace junctor::engine
