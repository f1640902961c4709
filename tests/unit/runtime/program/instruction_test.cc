#include "runtime/program/instruction.h"

#include <set>
#include <string>

#include "gtest/gtest.h"

namespace junctor {
namespace {

TEST(OpcodeTable, MnemonicsAreUniqueAndMeaningsAreThere) {
  std::set<std::string> names;
  for (uint8_t i = 0; i < kOpcodeCount; ++i) {
    const OpcodeInfo& info = InfoOf(static_cast<Opcode>(i));
    EXPECT_TRUE(names.insert(std::string(info.name)).second) << info.name;
    EXPECT_FALSE(info.meaning.empty()) << info.name;
  }
}

TEST(OpcodeTable, TestsReadOneSlotAndBranch) {
  for (uint8_t i = 0; i < kOpcodeCount; ++i) {
    const auto opcode = static_cast<Opcode>(i);
    if (!IsTest(opcode)) continue;
    EXPECT_EQ(InfoOf(opcode).slot, SlotUse::kSlot) << InfoOf(opcode).name;
    EXPECT_EQ(InfoOf(opcode).successors, Successors::kBranch) << InfoOf(opcode).name;
  }
}

}  // namespace
}  // namespace junctor
