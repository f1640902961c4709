// What kind of body a message says it has.
#pragma once

#include <string_view>

#include "engine/net/http_types.h"

namespace junctor::engine {

// Whether the Content-Type of `headers` is `type` (lower case), with or without parameters.
inline bool HasMediaType(const net::HeaderList& headers, std::string_view type) {
  const std::string_view value = headers.Get("content-type");
  return value.size() >= type.size() && net::EqualsIgnoreCase(value.substr(0, type.size()), type);
}

inline bool IsEventStream(const net::HeaderList& headers) {
  return HasMediaType(headers, "text/event-stream");
}

// A page of some proxy in between, which is no answer of a model, whatever its status says.
inline bool IsWebPage(const net::HeaderList& headers) { return HasMediaType(headers, "text/html"); }

}  // namespace junctor::engine
