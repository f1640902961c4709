// Where a dotted path leads inside a value, as MongoDB walks it (R29): through documents by key,
// through arrays into each document and to the position that a numeric segment names.
#pragma once

#include <charconv>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <system_error>

#include "runtime/program/value.h"

namespace junctor {

// What happens to an array in which the path ends.
enum class LeafArrays : uint8_t {
  kEnter,  // its items are visited one by one, then the array itself; items that are arrays are not
           // entered in turn
  kKeep,   // the array itself is visited
};

// Calls `visit` with each value that the path leads to, until `visit` says true. A missing value
// stands for each document (or scalar outside any array) in which the path ends early; scalars
// inside arrays stand for nothing. Recursion is bounded by the path's segments (kMaxFieldSegments).
template <typename Visit>
class PathWalk {
 public:
  PathWalk(std::span<const std::string> path, LeafArrays leaf_arrays, Visit& visit)
      : path_(path), leaf_arrays_(leaf_arrays), visit_(visit) {}

  // Walks the path from segment `at` on inside `value`, which stands behind segment `at` - 1. True
  // when `visit` said true.
  bool From(const Value& value, size_t at) {
    if (at == path_.size()) return Leaf(value);
    switch (value.kind()) {
      case ValueKind::kObject:
        return From(value.Find(path_[at]), at + 1);
      case ValueKind::kArray:
        return Through(value, at);
      default:
        return visit_(Value());
    }
  }

  // Walks the whole path inside `element`, an element of an array that is looked into as a document
  // (R29, $elemMatch): a document, or an array as the document of its positions.
  bool InElement(const Value& element) {
    if (element.kind() != ValueKind::kArray || path_.empty()) return From(element, 0);
    const uint32_t index = Position(path_[0]);
    return From(index < element.size() ? element.items()[index] : Value(), 1);
  }

 private:
  static constexpr uint32_t kNoPosition = 0xffffffff;

  // The array index that `segment` spells, without leading zeros, or kNoPosition.
  static uint32_t Position(std::string_view segment) {
    if (segment.size() > 1 && segment.front() == '0') return kNoPosition;
    uint32_t index = 0;
    const char* end = segment.data() + segment.size();
    const auto [stop, error] = std::from_chars(segment.data(), end, index);
    return error == std::errc() && stop == end ? index : kNoPosition;
  }

  bool Leaf(const Value& value) {
    if (value.kind() == ValueKind::kArray && leaf_arrays_ == LeafArrays::kEnter) {
      for (uint32_t i = 0; i < value.size(); ++i) {
        if (visit_(value.items()[i])) return true;
      }
    }
    return visit_(value);
  }

  bool Through(const Value& array, size_t at) {
    const uint32_t position = Position(path_[at]);
    for (uint32_t i = 0; i < array.size(); ++i) {
      const Value& element = array.items()[i];
      const bool is_document = element.kind() == ValueKind::kObject;
      if (is_document && From(element, at)) return true;
      if (i != position) continue;
      // A position that ends the path leads to the element as it is, array or not.
      if (at + 1 == path_.size()) {
        if (visit_(element)) return true;
      } else if (element.is_compound() && From(element, at + 1)) {
        return true;
      }
    }
    return false;
  }

  std::span<const std::string> path_;
  LeafArrays leaf_arrays_;
  Visit& visit_;
};

}  // namespace junctor
