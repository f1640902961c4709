// The linked form of a switch: from a scalar value to its case.
#pragma once

#include <cstdint>
#include <vector>

#include "runtime/program/program_parts.h"
#include "runtime/program/scalar_index.h"

namespace junctor {

// The cases of one switch. Keeps views: the constants must outlive it. Immutable, so any number of
// threads may read it.
class SwitchTable {
 public:
  static constexpr uint32_t kNoCase = ScalarIndex::kNotFound;

  SwitchTable(const SwitchSpec& spec, const std::vector<Value>& constants);

  // The index of the case that equals `value`, or kNoCase. Constant time. Null, missing, arrays and
  // documents have no case: for an array the interpreter asks for each element and takes the lowest
  // index (R29).
  uint32_t Find(const Value& value) const { return index_.Find(value); }

 private:
  ScalarIndex index_;
};

}  // namespace junctor
