#include "runtime/program/value.h"

#include <cmath>
#include <limits>
#include <vector>

#include "gtest/gtest.h"
#include "tests/unit/runtime/program/sample_program.h"

namespace junctor {
namespace {

constexpr int64_t kMaxInt = std::numeric_limits<int64_t>::max();
constexpr int64_t kMinInt = std::numeric_limits<int64_t>::min();

TEST(Value, NumbersHaveOneForm) {
  EXPECT_EQ(Value::Number(5.0).kind(), ValueKind::kInt);
  EXPECT_EQ(Value::Number(5.0).integer(), 5);
  EXPECT_EQ(Value::Number(-0.0).integer(), 0);
  EXPECT_EQ(Value::Number(0.5).kind(), ValueKind::kDouble);
  EXPECT_EQ(Value::Number(-9223372036854775808.0).integer(), kMinInt);
  EXPECT_EQ(Value::Number(9223372036854775808.0).kind(), ValueKind::kDouble);
  EXPECT_EQ(Value::Number(1e300).kind(), ValueKind::kDouble);
}

TEST(Value, MissingEqualsNothingAndIsNotOrdered) {
  EXPECT_FALSE(Equal(Value(), Value()));
  EXPECT_FALSE(Equal(Value(), Value::Null()));
  EXPECT_EQ(Compare(Value(), Value()), Ordering::kUnordered);
}

TEST(Value, IntegersAndDoublesCompareExactly) {
  // 2^53 + 1 is no double: rounding it would make the two equal.
  const Value big = Value::Int((int64_t{1} << 53) + 1);
  EXPECT_EQ(Compare(big, Value::Number(9007199254740992.5)), Ordering::kGreater);
  EXPECT_EQ(Compare(Value::Int(kMaxInt), Value::Number(9223372036854775808.0)), Ordering::kLess);
  EXPECT_EQ(Compare(Value::Number(9223372036854775808.0), Value::Int(kMaxInt)), Ordering::kGreater);
  EXPECT_EQ(Compare(Value::Int(kMinInt), Value::Number(-1e19)), Ordering::kGreater);
  EXPECT_EQ(Compare(Value::Int(-2), Value::Number(-2.5)), Ordering::kGreater);
  EXPECT_EQ(Compare(Value::Int(2), Value::Number(2.5)), Ordering::kLess);
  EXPECT_FALSE(Equal(Value::Int(kMaxInt), Value::Number(9223372036854775808.0)));
}

TEST(Value, NotANumberIsUnordered) {
  EXPECT_EQ(Compare(Value::Number(std::nan("")), Value::Int(1)), Ordering::kUnordered);
  EXPECT_FALSE(Equal(Value::Number(std::nan("")), Value::Number(std::nan(""))));
}

TEST(Value, StringsAreOrderedByTheirBytes) {
  EXPECT_EQ(Compare(Value::String("Z"), Value::String("a")), Ordering::kLess);
  EXPECT_EQ(Compare(Value::String("\xc3\xa9"), Value::String("z")), Ordering::kGreater);
  EXPECT_EQ(Compare(Value::String("ab"), Value::String("abc")), Ordering::kLess);
  EXPECT_TRUE(Equal(Value::String(""), Value::String("")));
}

TEST(Value, OtherTypesAreNotOrdered) {
  EXPECT_EQ(Compare(Value::String("5"), Value::Int(5)), Ordering::kUnordered);
  EXPECT_EQ(Compare(Value::Null(), Value::Int(5)), Ordering::kUnordered);
  EXPECT_EQ(Compare(Value::Bool(true), Value::Int(1)), Ordering::kUnordered);
  EXPECT_EQ(Compare(Value::Bool(false), Value::Bool(true)), Ordering::kLess);
  EXPECT_EQ(Compare(Value::Null(), Value::Null()), Ordering::kEqual);
  EXPECT_FALSE(Equal(Value::Bool(true), Value::Int(1)));
}

TEST(Value, ArraysCompareItemByItemThenByLength) {
  ProgramParts parts;
  ValueMaker make(&parts);
  const Value one_two = make.Array({Value::Int(1), Value::Int(2)});
  EXPECT_TRUE(Equal(one_two, make.Array({Value::Int(1), Value::Number(2.0)})));
  EXPECT_FALSE(Equal(one_two, make.Array({Value::Int(1)})));
  EXPECT_EQ(Compare(one_two, make.Array({Value::Int(1)})), Ordering::kGreater);
  EXPECT_EQ(Compare(one_two, make.Array({Value::Int(1), Value::Int(3)})), Ordering::kLess);
  // Unlike types inside are ordered by BSON's brackets: null < numbers < strings < documents <
  // arrays < booleans.
  const std::vector<Value> rising = {Value::Null(),   Value::Int(9),  make.String(""),
                                     make.Object({}), make.Array({}), Value::Bool(false)};
  for (size_t i = 0; i + 1 < rising.size(); ++i) {
    EXPECT_EQ(Compare(make.Array({rising[i]}), make.Array({rising[i + 1]})), Ordering::kLess) << i;
  }
}

TEST(Value, DocumentsCompareByTypeThenKeyThenValue) {
  ProgramParts parts;
  ValueMaker make(&parts);
  const Value a1 = make.Object({{"a", Value::Int(1)}});
  EXPECT_EQ(Compare(a1, make.Object({{"a", Value::Int(2)}})), Ordering::kLess);
  EXPECT_EQ(Compare(a1, make.Object({{"b", Value::Int(0)}})), Ordering::kLess);
  // The type comes before the key: a number under "z" is less than a string under "a".
  EXPECT_EQ(Compare(make.Object({{"z", Value::Int(1)}}), make.Object({{"a", make.String("")}})),
            Ordering::kLess);
  EXPECT_EQ(Compare(a1, make.Object({{"a", Value::Int(1)}, {"b", Value::Int(1)}})),
            Ordering::kLess);
}

TEST(Value, DocumentsAreEqualOnlyInTheSameOrderOfKeys) {
  ProgramParts parts;
  ValueMaker make(&parts);
  const Value ab = make.Object({{"a", Value::Int(1)}, {"b", Value::Int(2)}});
  EXPECT_TRUE(Equal(ab, make.Object({{"a", Value::Int(1)}, {"b", Value::Int(2)}})));
  EXPECT_FALSE(Equal(ab, make.Object({{"b", Value::Int(2)}, {"a", Value::Int(1)}})));
  EXPECT_EQ(ab.Find("b").integer(), 2);
  EXPECT_TRUE(ab.Find("c").is_missing());
}

}  // namespace
}  // namespace junctor
