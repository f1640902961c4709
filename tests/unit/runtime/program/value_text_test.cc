#include "gtest/gtest.h"
#include "runtime/program/disassembler.h"
#include "tests/unit/runtime/program/sample_program.h"

namespace junctor {
namespace {

TEST(ValueText, IsCompactJson) {
  const ProgramParts parts = SampleProgram();
  EXPECT_EQ(ValueToText(parts.constants[kConstantRegions]),
            R"(["eu","us","ap","sa",null,["nested"],7,1.5])");
  EXPECT_EQ(ValueToText(parts.constants[kConstantDocument]), R"({"a":1,"b":{"c":[]}})");
  EXPECT_EQ(ValueToText(Value::Bool(false)), "false");
  EXPECT_EQ(ValueToText(Value()), "missing");
  EXPECT_EQ(ValueToText(Value::Int(-9)), "-9");
  EXPECT_EQ(ValueToText(Value::Number(1e300)), "1e+300");
  EXPECT_EQ(ValueToText(Value::String("a\"\\\n\t\x01\x7f")), "\"a\\\"\\\\\\n\\t\\u0001\\u007f\"");
}

TEST(ValueText, IsCutBetweenCharacters) {
  EXPECT_EQ(ValueToText(Value::String("abcdefgh"), 10), "\"abcdefgh\"");
  EXPECT_EQ(ValueToText(Value::String("abcdefghi"), 10), "\"abcdef…");
  EXPECT_EQ(ValueToText(Value::String("abcdeé____"), 10), "\"abcde…");
  EXPECT_EQ(ValueToText(Value::String("abc"), 1), "…");
  ProgramParts parts;
  ValueMaker make(&parts);
  EXPECT_EQ(ValueToText(make.Nested(1'000'000), 10), "[[[[[[[…");
}

}  // namespace
}  // namespace junctor
