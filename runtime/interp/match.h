// Tests of fields that are, or lie behind, arrays and documents: MongoDB's matching (R29).
#pragma once

#include <cstdint>
#include <span>
#include <string>

#include "runtime/interp/value_test.h"
#include "runtime/program/program.h"
#include "runtime/program/value.h"

namespace junctor {

// Whether `test` holds of what `path` leads to from `root`, from segment `from` on: of any one of
// the values there. An array at the path's end matches by its items and as a whole; $size and
// $elemMatch look at the array alone. Thread-safe.
bool HoldsAlong(const Program& program, const ValueTest& test, const Value& root,
                std::span<const std::string> path, size_t from);

// Whether `value` is an array with an element that matcher `matcher` matches ($elemMatch). Recurses
// as deep as the program's matchers nest, which the verifier bounds.
bool SomeElementMatches(const Program& program, uint32_t matcher, const Value& value);

// The lowest case of switch `index` that a value along the path equals, or SwitchTable::kNoCase: as
// a chain of equality tests in the order of the cases.
uint32_t CaseAlong(const Program& program, uint32_t index, const Value& root,
                   std::span<const std::string> path, size_t from);

}  // namespace junctor
