// What the caller is told of the count limits that its request passed: the headers
// `x-ratelimit-…-requests` of OpenAI's API, for the tightest of them.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "engine/limits/limit_backend.h"
#include "engine/net/http_types.h"

namespace junctor::engine {

// The tightest count limit on the path of one request: the one with the fewest requests left, and
// of several such the one that takes longest. Used by one coroutine.
class RateLimitState {
 public:
  // A limit was asked; those of costs are passed over.
  void Note(const LimitSpec& spec, const LimitVerdict& verdict);

  // Puts the headers in the place of those of the same names, which a provider may have sent of
  // limits of its own. They view this object. Nothing where no count limit was asked.
  void AppendHeaders(std::vector<net::HeaderView>* headers) const;

 private:
  bool has_limit_ = false;
  uint64_t left_ = 0;
  uint64_t reset_ms_ = 0;
  std::string limit_text_;
  std::string left_text_;
  std::string reset_text_;
};

// A time in OpenAI's form: `120ms`, `1s`, `6m0s`, `1h0m0s`; seconds are rounded up.
std::string DurationText(uint64_t milliseconds);

}  // namespace junctor::engine
