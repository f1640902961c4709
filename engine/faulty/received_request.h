// A request as the faulty provider received it.
#pragma once

#include <algorithm>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/net/http_types.h"

namespace junctor::engine {

// Owns its text. Names and values as they were spelled, in the order of the message.
struct ReceivedRequest {
  std::string method;
  std::string target;
  int minor_version = 1;  // HTTP/1.minor
  std::vector<std::pair<std::string, std::string>> headers;
  std::string body;         // without its framing
  bool complete = false;    // the whole body came
  uint64_t connection = 0;  // the same for requests on one connection

  std::string_view path() const { return std::string_view(target).substr(0, target.find('?')); }
  std::string_view query() const {
    const size_t question = std::min(target.find('?'), target.size());
    return std::string_view(target).substr(std::min(question + 1, target.size()));
  }
  // The value of the first header of that name (any case), or "".
  std::string_view Header(std::string_view name) const {
    for (const auto& [key, value] : headers) {
      if (net::EqualsIgnoreCase(key, name)) return value;
    }
    return {};
  }
};

}  // namespace junctor::engine
