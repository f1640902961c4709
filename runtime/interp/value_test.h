// One test of one value: what a test opcode says of a scalar slot, or of one element of an array
// (R29, R30).
#pragma once

#include <cstdint>

#include "runtime/program/instruction.h"
#include "runtime/program/program.h"
#include "runtime/program/value.h"

namespace junctor {

// A test as instructions and matcher nodes hold it.
struct ValueTest {
  Opcode opcode;
  uint8_t flags;
  uint32_t operand;
};

// Whether `test` holds of `value` itself, without entering it if it is an array. A type that does
// not fit is no match (R32). Thread-safe.
bool HoldsOf(const Program& program, const ValueTest& test, const Value& value);

// As HoldsOf; decides the commonest tests of scalars in line.
inline bool HoldsOfScalar(const Program& program, const ValueTest& test, const Value& value) {
  if (test.opcode == Opcode::kExists) return !value.is_missing();
  if (test.opcode >= Opcode::kEq && test.opcode <= Opcode::kGe) {
    const Value& constant = program.parts().constants[test.operand];
    if (value.kind() == ValueKind::kString && constant.kind() == ValueKind::kString &&
        test.opcode == Opcode::kEq) {
      return value.string() == constant.string();
    }
    if (value.kind() == ValueKind::kInt && constant.kind() == ValueKind::kInt) {
      const int64_t a = value.integer();
      const int64_t b = constant.integer();
      switch (test.opcode) {
        case Opcode::kEq:
          return a == b;
        case Opcode::kLt:
          return a < b;
        case Opcode::kLe:
          return a <= b;
        case Opcode::kGt:
          return a > b;
        default:
          return a >= b;
      }
    }
  }
  return HoldsOf(program, test, value);
}

}  // namespace junctor
