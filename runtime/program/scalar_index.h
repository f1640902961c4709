// From a scalar value to its position in a list, in constant time: what sets and switches are made
// of.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "runtime/program/value.h"

namespace junctor {

// An index over scalar values (no null, no missing, no arrays or documents). Keeps views: the
// strings of its values must outlive it. Immutable after construction, so any number of threads may
// read it.
//
// Up to kLinearSize values are compared one by one; more stand in a flat table of (32-bit hash,
// position), at most half full. A value that finds no free place within kMaxProbes goes into a list
// of its own, so that a program whose constants were chosen to collide costs its own look-ups time,
// and never its loading.
class ScalarIndex {
 public:
  static constexpr uint32_t kNotFound = 0xffffffff;
  static constexpr size_t kLinearSize = 3;
  static constexpr size_t kMaxProbes = 32;

  ScalarIndex() = default;
  // Of equal values the first one's position is found.
  explicit ScalarIndex(std::vector<Value> values);

  // The position of the value equal to `value`, or kNotFound. Numbers must have the one form that
  // Value::Number gives them.
  uint32_t Find(const Value& value) const;

  size_t size() const { return values_.size(); }

 private:
  struct Entry {
    uint32_t hash = 0;
    uint32_t position = kNotFound;  // kNotFound: a free place
  };

  std::vector<Value> values_;
  std::vector<Entry> table_;        // its size is a power of two, or 0
  std::vector<uint32_t> overflow_;  // positions that found no place in the table
};

}  // namespace junctor
