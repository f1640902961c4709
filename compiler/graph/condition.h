// Conditions as the flow graph holds them: MongoDB's operators reduced to tests, and, or, not.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "compiler/source/span.h"
#include "runtime/program/instruction.h"
#include "runtime/program/value.h"

namespace junctor::compiler {

// One test of one field against a constant.
struct Test {
  Opcode opcode = Opcode::kExists;  // a test opcode (IsTest)
  std::string field;  // as in the route, "metadata.plan"; inside $elemMatch: relative, "" = the
                      // element itself
  uint8_t flags = 0;  // kFlag…
  Value constant;  // kEq…kGe, kIn, kMod, kSize, kStartsWith…kContains; views into the graph's arena
  uint32_t type_mask = 0;       // kType
  std::string pattern;          // kRegex, with `x` resolved
  std::string pattern_options;  // kRegex: of `i`, `m`, `s`
};

// A tree of tests. Depth is limited by R4, so recursion over it is bounded.
struct Condition {
  enum class Kind : uint8_t {
    kTrue,       // always
    kFalse,      // never
    kTest,       // `test`
    kElemMatch,  // `test.field` is an array with an element that children[0] matches; its fields
                 // are relative
    kAnd,        // all children
    kOr,         // any child
    kNot,        // not children[0]
  };
  Kind kind = Kind::kTrue;
  bool document_form =
      false;  // kElemMatch: look into elements that are documents or arrays, else test each itself
  Test test;
  std::vector<Condition> children;
  Span span;  // where it stands in the text
};

}  // namespace junctor::compiler
