// "Did you mean": the name that was most likely meant.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace junctor::compiler {

// How far two names are apart: single letters inserted, deleted, changed, or swapped with their
// neighbour. Case, `_` and `-` don't count. At most `limit` + 1.
size_t NameDistance(std::string_view a, std::string_view b, size_t limit);

// The one of `names` that is close to `name`, or "" where none is, or where several are equally
// close.
std::string_view ClosestName(std::string_view name, const std::vector<std::string_view>& names);

// Finds the closest of many names, by length first. Its searches together compare at most
// kMaxSuggestionComparisons names; after that it finds nothing, so that a route full of errors
// costs no more than one without. Views the names.
class NameIndex {
 public:
  explicit NameIndex(const std::vector<std::string_view>& names);

  // As ClosestName.
  std::string_view Closest(std::string_view name);

 private:
  std::vector<std::vector<std::string_view>> by_length_;
  size_t comparisons_left_;
};

}  // namespace junctor::compiler
