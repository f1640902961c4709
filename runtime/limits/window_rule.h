// What a rate limit allows, and what it says to one request.
#pragma once

#include <cstdint>

#include "runtime/program/program_parts.h"

namespace junctor {

inline constexpr int64_t kNanosecondsPerSecond = 1'000'000'000;
inline constexpr int64_t kNanosecondsPerMillisecond = 1'000'000;

// At most `limit` requests in a window.
struct WindowRule {
  WindowTechnique technique = WindowTechnique::kFixed;
  uint64_t limit = 1;                         // at least 1
  int64_t window_ns = kNanosecondsPerSecond;  // whole seconds, 1 … 31,536,000 of them (R14)
};

// What a limit says to one request.
struct WindowDecision {
  bool admitted = true;
  int64_t retry_after_ns =
      0;  // refused: when, from now, the next request could pass if none came before

  // The same in whole milliseconds, rounded up: a caller that waits so long does not come too
  // early.
  uint64_t retry_after_ms() const {
    return static_cast<uint64_t>((retry_after_ns + kNanosecondsPerMillisecond - 1) /
                                 kNanosecondsPerMillisecond);
  }
};

// `value` / `divisor`, rounded down also for times before the epoch. `divisor` > 0.
constexpr int64_t FloorDivide(int64_t value, int64_t divisor) {
  const int64_t quotient = value / divisor;
  return value % divisor < 0 ? quotient - 1 : quotient;
}

}  // namespace junctor
