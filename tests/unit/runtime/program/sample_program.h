// Programs for the tests of runtime/program: built by hand, valid, and small enough to break one
// thing at a time.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "runtime/program/program_parts.h"

namespace junctor {

// Makes values that live as long as `parts`' arena.
class ValueMaker {
 public:
  // Gives `parts` an arena where it has none.
  explicit ValueMaker(ProgramParts* parts);

  Value String(std::string_view text);
  Value Array(const std::vector<Value>& items);
  Value Object(const std::vector<std::pair<std::string, Value>>& members);
  Value Strings(const std::vector<std::string>& texts);
  // `levels` arrays inside one another.
  Value Nested(uint32_t levels);

 private:
  std::pmr::monotonic_buffer_resource* arena_;
};

// A program of one instruction: `end`.
ProgramParts SmallestProgram();

// A program that has each opcode, each kind of table entry and each kind of constant at least once.
// The tests name its parts by these indices.
ProgramParts SampleProgram();

// Instructions of SampleProgram.
enum SamplePc : uint32_t {
  kPcSwitch,
  kPcExists,
  kPcEq,
  kPcLt,
  kPcLe,
  kPcGt,
  kPcGe,
  kPcIn,
  kPcType,
  kPcRegex,
  kPcMod,
  kPcSize,
  kPcStartsWith,
  kPcEndsWith,
  kPcContains,
  kPcElemMatch,
  kPcSplit,
  kPcLimit,
  kPcRefuse,
  kPcCallFirst,
  kPcCallSecond,
  kPcEnd,
  kSampleCodeSize,
};

// Constants of SampleProgram.
enum SampleConstant : uint32_t {
  kConstantFree,      // "free"
  kConstantPro,       // "pro"
  kConstantFive,      // 5
  kConstantHalf,      // 0.5
  kConstantNull,      // null
  kConstantTrue,      // true
  kConstantRegions,   // ["eu","us","ap","sa",null,["nested"],7,1.5]
  kConstantTexts,     // ["Hello","Guten Tag"]
  kConstantModulus,   // [4,1]
  kConstantDocument,  // {"a":1,"b":{"c":[]}}
  kSampleConstants,
};

}  // namespace junctor
