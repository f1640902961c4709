// What a window counts as a list of times and amounts, and as bytes: how windows outlive a process.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/program/program_parts.h"

namespace junctor {

// Counts or nano-dollars by the time at which they were taken, the oldest first.
//
// As bytes: technique (0 fixed, 1 sliding), then for each item the time in nanoseconds since the
// one before (of the first: since the epoch, zigzag) and the amount, as LEB128.
struct TimedAmounts {
  struct Item {
    int64_t time_ns = 0;
    uint64_t amount = 0;
  };
  // More items than any window keeps are no window's.
  static constexpr size_t kMaxItems = 128;

  WindowTechnique technique = WindowTechnique::kFixed;
  std::vector<Item> items;

  void AppendTo(std::string* out) const;
  // Nothing where `bytes` are none of AppendTo's.
  static std::optional<TimedAmounts> Read(std::string_view bytes);
};

}  // namespace junctor
