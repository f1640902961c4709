// Sameness of constants and tests, with the hashes that go with it: what dedupes sets, junctions
// and constant pools.
#pragma once

#include <cstddef>

#include "compiler/graph/condition.h"
#include "runtime/program/value.h"

namespace junctor::compiler {

// A hash that agrees with `Equal`. Recursion is bounded by the nesting of constants (R4).
struct ValueHash {
  size_t operator()(const Value& value) const;
};

// `Equal` as a functor. A missing value, which no constant is, equals nothing.
struct ValueEqual {
  bool operator()(const Value& a, const Value& b) const { return Equal(a, b); }
};

// Whether two tests give the same answer for every request because they say the same.
bool SameTest(const Test& a, const Test& b);

// Hash and equality of tests that live elsewhere.
struct TestHash {
  size_t operator()(const Test* test) const;
};
struct TestEqual {
  bool operator()(const Test* a, const Test* b) const { return SameTest(*a, *b); }
};

}  // namespace junctor::compiler
