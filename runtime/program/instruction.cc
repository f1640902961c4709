#include "runtime/program/instruction.h"

#include <array>

namespace junctor {
namespace {

constexpr std::array<OpcodeInfo, kOpcodeCount> kInfos = {{
#define JUNCTOR_OPCODE(id, name, slot, operand, successors, meaning) \
  {name, SlotUse::slot, OperandKind::operand, Successors::successors, meaning},
#include "runtime/program/opcodes.def"
#undef JUNCTOR_OPCODE
}};

}  // namespace

const OpcodeInfo& InfoOf(Opcode opcode) { return kInfos[static_cast<uint8_t>(opcode)]; }

}  // namespace junctor
