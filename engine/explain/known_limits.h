// What limits have counted when an explained request comes, and what they would say to it.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "engine/limits/limit_backend.h"
#include "runtime/program/program_parts.h"

namespace junctor::engine {

// The state of a route's limits. A window without a row has counted nothing.
struct KnownLimits {
  int64_t unix_nanoseconds = 0;  // when the request comes
  std::vector<LimitRow> rows;
};

// What a limit would say, and on what grounds: amounts are requests or nano-dollars, before the
// request takes any.
struct LimitOutlook {
  bool admitted = true;
  uint64_t limit = 0;  // with what was granted
  uint64_t spent = 0;
  uint64_t held = 0;
  uint64_t left = 0;
  uint64_t retry_after_ms = 0;  // refused
};

// Asks the arithmetic of runtime/limits. Rows say how much was spent, not when: a sliding window is
// taken to have counted all of it as late as its `reset_ns` allows (where that is 0: when the
// request comes), so that its retry-after is the longest that the row allows. What a limit with
// `reserve` would hold for the request itself is not known here: it admits while anything is left.
LimitOutlook OutlookOf(const LimitSpec& limit, std::string_view element, std::string_view key,
                       const KnownLimits& known);

}  // namespace junctor::engine
