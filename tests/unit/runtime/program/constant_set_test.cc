// ConstantSet, SwitchTable and the ScalarIndex that both stand on.
#include "runtime/program/constant_set.h"

#include <limits>

#include "gtest/gtest.h"
#include "runtime/program/switch_table.h"
#include "tests/unit/runtime/program/sample_program.h"

namespace junctor {
namespace {

TEST(ConstantSet, FindsScalarsByValue) {
  ProgramParts parts;
  ValueMaker make(&parts);
  for (const uint32_t size : {1, 2, 3, 4, 5, 64, 10'000}) {
    std::vector<Value> items;
    for (uint32_t i = 0; i < size; ++i) {
      switch (i % 3) {
        case 0:
          items.push_back(make.String("tenant-" + std::to_string(i)));
          break;
        case 1:
          items.push_back(Value::Int(i));
          break;
        default:
          items.push_back(Value::Number(i + 0.5));
      }
    }
    const ConstantSet set(make.Array(items));
    for (const Value& item : items) EXPECT_TRUE(set.Contains(item)) << size;
    EXPECT_FALSE(set.Contains(Value::String("tenant-1"))) << size;
    EXPECT_FALSE(set.Contains(Value::Int(0))) << size;
    EXPECT_FALSE(set.Contains(Value::Bool(true))) << size;
    EXPECT_FALSE(set.Contains(Value::Null())) << size;
    EXPECT_FALSE(set.Contains(Value())) << size;
  }
}

TEST(ConstantSet, TakesAnyItems) {
  const ProgramParts parts = SampleProgram();
  const ConstantSet set(parts.constants[kConstantRegions]);
  EXPECT_TRUE(set.contains_null());
  EXPECT_TRUE(set.contains_compound());
  EXPECT_TRUE(set.Contains(Value::Null()));
  EXPECT_TRUE(set.Contains(Value::String("sa")));
  EXPECT_TRUE(set.Contains(Value::Int(7)));
  EXPECT_TRUE(set.Contains(Value::Number(1.5)));
  const Value nested[] = {Value::String("nested")};
  EXPECT_TRUE(set.Contains(Value::Array(nested, 1)));
  EXPECT_FALSE(set.Contains(Value::Array(nested, 0)));
  EXPECT_FALSE(set.Contains(Value::String("nested")));
  EXPECT_FALSE(set.Contains(Value()));
}

TEST(ConstantSet, AnEmptyArrayHoldsNothing) {
  const ConstantSet set(Value::Array(nullptr, 0));
  EXPECT_FALSE(set.Contains(Value::Null()));
  EXPECT_FALSE(set.Contains(Value::Int(0)));
}

TEST(ScalarIndex, FindsTheFirstOfEqualValues) {
  const ScalarIndex index({Value::Int(1), Value::Int(2), Value::Int(1), Value::Int(2),
                           Value::Bool(true), Value::Bool(false)});
  EXPECT_EQ(index.Find(Value::Int(1)), 0u);
  EXPECT_EQ(index.Find(Value::Int(2)), 1u);
  EXPECT_EQ(index.Find(Value::Bool(true)), 4u);
  EXPECT_EQ(index.Find(Value::Bool(false)), 5u);
  EXPECT_EQ(index.Find(Value::Int(3)), ScalarIndex::kNotFound);
  EXPECT_EQ(index.Find(Value()), ScalarIndex::kNotFound);
}

TEST(ScalarIndex, ExtremesOfNumbersAreApart) {
  const ScalarIndex index({Value::Int(std::numeric_limits<int64_t>::max()),
                           Value::Int(std::numeric_limits<int64_t>::min()),
                           Value::Number(9223372036854775808.0), Value::Number(1e-300)});
  EXPECT_EQ(index.Find(Value::Int(std::numeric_limits<int64_t>::max())), 0u);
  EXPECT_EQ(index.Find(Value::Int(std::numeric_limits<int64_t>::min())), 1u);
  EXPECT_EQ(index.Find(Value::Number(9223372036854775808.0)), 2u);
  EXPECT_EQ(index.Find(Value::Number(1e-300)), 3u);
}

TEST(SwitchTable, FindsTheCaseOfAScalar) {
  const ProgramParts parts = SampleProgram();
  const SwitchTable table(parts.switches[0], parts.constants);
  EXPECT_EQ(table.Find(Value::String("free")), 0u);
  EXPECT_EQ(table.Find(Value::String("pro")), 1u);
  EXPECT_EQ(table.Find(Value::Bool(true)), 2u);
  EXPECT_EQ(table.Find(Value::String("PRO")), SwitchTable::kNoCase);
  EXPECT_EQ(table.Find(Value::Null()), SwitchTable::kNoCase);
  EXPECT_EQ(table.Find(Value()), SwitchTable::kNoCase);
  EXPECT_EQ(table.Find(parts.constants[kConstantRegions]), SwitchTable::kNoCase);
}

TEST(SwitchTable, FindsEachOfManyCases) {
  ProgramParts parts;
  ValueMaker make(&parts);
  SwitchSpec spec;
  for (uint32_t i = 0; i < 1000; ++i) {
    parts.constants.push_back(make.String("tenant-" + std::to_string(i)));
    spec.cases.push_back({i, 0});
  }
  const SwitchTable table(spec, parts.constants);
  for (uint32_t i = 0; i < 1000; ++i) EXPECT_EQ(table.Find(parts.constants[i]), i);
  EXPECT_EQ(table.Find(Value::String("tenant-1000")), SwitchTable::kNoCase);
}

}  // namespace
}  // namespace junctor
