// The linked form of a constant array that `in` asks for membership.
#pragma once

#include <vector>

#include "runtime/program/scalar_index.h"
#include "runtime/program/value.h"

namespace junctor {

// The items of one constant array. Scalars are found in constant time, arrays and documents one by
// one. Keeps views: the array must outlive it. Immutable, so any number of threads may read it.
class ConstantSet {
 public:
  // `array` is of kind kArray.
  explicit ConstantSet(const Value& array);

  // Whether some item equals `value` (Equal in value.h). A missing value equals nothing: where null
  // stands for missing too, as in R29, ask contains_null().
  bool Contains(const Value& value) const;

  bool contains_null() const { return contains_null_; }
  // Whether an array or document is an item: if not, an array on the slot can only match by its
  // elements.
  bool contains_compound() const { return !compounds_.empty(); }

 private:
  ScalarIndex scalars_;
  std::vector<Value> compounds_;
  bool contains_null_ = false;
};

}  // namespace junctor
