// One instruction, and what the opcode table says of each opcode.
#pragma once

#include <cstdint>
#include <string_view>
#include <type_traits>

namespace junctor {

// What to do. Meanings in opcodes.def.
enum class Opcode : uint8_t {
#define JUNCTOR_OPCODE(id, name, slot, operand, successors, meaning) id,
#include "runtime/program/opcodes.def"
#undef JUNCTOR_OPCODE
};

inline constexpr uint8_t kOpcodeCount = 0
#define JUNCTOR_OPCODE(id, name, slot, operand, successors, meaning) +1
#include "runtime/program/opcodes.def"
#undef JUNCTOR_OPCODE
    ;

// Whether an opcode reads a slot.
enum class SlotUse : uint8_t { kNone, kSlot };

// What an instruction's operand is.
enum class OperandKind : uint8_t {
  kNone,         // nothing: must be 0
  kConstant,     // index of a constant of any kind
  kIntConstant,  // index of an integer constant >= 0
  kModulus,      // index of a constant: array of two integers, the first not 0
  kSet,          // index of a constant: array, any items
  kTexts,        // index of a constant: non-empty array of strings
  kTypeMask,     // the mask itself: bits of TypeBit
  kPattern,      // index into patterns
  kMatcher,      // index into matchers
  kSwitch,       // index into switches
  kSplit,        // index into splits
  kLimit,        // index into limits
  kModel,        // index into models
};

// Where an instruction goes on.
enum class Successors : uint8_t { kTerminal, kBranch, kTable };

// One row of the opcode table.
struct OpcodeInfo {
  std::string_view name;
  SlotUse slot;
  OperandKind operand;
  Successors successors;
  std::string_view meaning;
};

// The row of `opcode`, which must be < kOpcodeCount.
const OpcodeInfo& InfoOf(Opcode opcode);

// Whether `opcode` is a test of one slot against a constant: usable in a Matcher too.
constexpr bool IsTest(Opcode opcode) { return opcode >= Opcode::kExists; }

// Bits of `kType`'s mask. Numbers have one type by value: a whole number within 32 bits is an int,
// within 64 bits a long, any other a double.
enum TypeBit : uint32_t {
  kTypeDouble = 1u << 0,
  kTypeString = 1u << 1,
  kTypeObject = 1u << 2,
  kTypeArray = 1u << 3,
  kTypeBool = 1u << 4,
  kTypeNull = 1u << 5,
  kTypeInt = 1u << 6,
  kTypeLong = 1u << 7,
};
inline constexpr uint32_t kTypeMaskAll = 0xff;

// Flags of an instruction or matcher test.
inline constexpr uint8_t kFlagCaseInsensitive = 1;  // of kStartsWith, kEndsWith, kContains

// One instruction. 16 bytes, so that four share a cache line and `code + i` is a shift. Targets are
// instruction indices and always greater than the instruction's own.
struct Instruction {
  Opcode opcode;
  uint8_t flags;
  uint16_t slot;
  uint32_t operand;
  uint32_t on_true;
  uint32_t on_false;
};
static_assert(sizeof(Instruction) == 16 && std::is_trivially_copyable_v<Instruction>);

}  // namespace junctor
