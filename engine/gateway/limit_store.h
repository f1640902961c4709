// The state of all count limits, in memory: one window per (gateway, route, element, key)
// (R15–R17).
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "runtime/interp/step.h"
#include "runtime/program/program_parts.h"

namespace junctor::engine {

// Most windows that are kept at once. At the bound, windows that are empty by now are dropped; when
// none is, requests with a key that has no window yet are refused: a known key is never forgotten
// to make room.
inline constexpr size_t kMaxLimitWindows = 1'000'000;

// Windows of every limit of the process. Thread-safe: keys are spread over shards with a lock each.
class LimitStore {
 public:
  // `max_windows` bounds the memory.
  explicit LimitStore(size_t max_windows = kMaxLimitWindows);
  ~LimitStore();

  // Takes one request from the window, where it passes (R16). State outlives deployments: the key
  // is made of names, and a changed limit or window length goes on with what was counted as far as
  // it can (R17).
  LimitAnswer Take(std::string_view gateway, std::string_view route, std::string_view element,
                   std::string_view key, const LimitSpec& spec, int64_t unix_nanoseconds);

  // Number of windows that are kept now.
  size_t size() const;

 private:
  struct Shard;
  static constexpr size_t kShards = 64;
  std::unique_ptr<std::array<Shard, kShards>> shards_;
  const size_t max_per_shard_;
};

}  // namespace junctor::engine
