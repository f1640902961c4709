#include "runtime/program/constant_set.h"

namespace junctor {

ConstantSet::ConstantSet(const Value& array) {
  std::vector<Value> scalars;
  for (uint32_t i = 0; i < array.size(); ++i) {
    const Value& item = array.items()[i];
    if (item.kind() == ValueKind::kNull) {
      contains_null_ = true;
    } else if (item.is_compound()) {
      compounds_.push_back(item);
    } else {
      scalars.push_back(item);
    }
  }
  scalars_ = ScalarIndex(std::move(scalars));
}

bool ConstantSet::Contains(const Value& value) const {
  switch (value.kind()) {
    case ValueKind::kMissing:
      return false;
    case ValueKind::kNull:
      return contains_null_;
    case ValueKind::kArray:
    case ValueKind::kObject:
      for (const Value& compound : compounds_) {
        if (Equal(compound, value)) return true;
      }
      return false;
    default:
      return scalars_.Find(value) != ScalarIndex::kNotFound;
  }
}

}  // namespace junctor
