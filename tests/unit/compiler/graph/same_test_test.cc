#include "compiler/graph/same_test.h"

#include <gtest/gtest.h>

#include "tests/unit/compiler/graph/graph_builder.h"

namespace junctor::compiler {
namespace {

using namespace testing;

TEST(SameTestTest, TestsAreTheSameWhenTheySayTheSame) {
  GraphBuilder builder;
  const std::pair<Condition, Condition> same[] = {
      {Eq("body.n", Value::Int(5)), Eq("body.n", Value::Number(5.0))},
      {builder.In("body.n", {"a", "b"}), builder.In("body.n", {"a", "b"})},
      {Exists("body.n"), Exists("body.n")},
      {Regex("body.n", "x", "i"), Regex("body.n", "x", "i")},
  };
  for (const auto& [a, b] : same) {
    EXPECT_TRUE(SameTest(a.test, b.test));
    EXPECT_EQ(TestHash()(&a.test), TestHash()(&b.test));
  }
}

TEST(SameTestTest, EveryPartOfATestCounts) {
  GraphBuilder builder;
  Condition lenient = MakeTest(Opcode::kContains, "body.n", builder.Texts({"a"}));
  Condition strict = lenient;
  lenient.test.flags = kFlagCaseInsensitive;
  Condition number = MakeTest(Opcode::kType, "body.n");
  Condition text = number;
  number.test.type_mask = kTypeInt;
  text.test.type_mask = kTypeString;
  const std::pair<Condition, Condition> different[] = {
      {Eq("body.n", "5"), Eq("body.n", Value::Int(5))},
      {Eq("body.n", "a"), Eq("body.m", "a")},
      {Gt("body.n", 5), Eq("body.n", Value::Int(5))},
      {Exists("body.n"), Eq("body.n", Value::Null())},
      {builder.In("body.n", {"a", "b"}), builder.In("body.n", {"b", "a"})},
      {Regex("body.n", "x"), Regex("body.n", "x", "i")},
      {Regex("body.n", "x"), Regex("body.n", "y")},
      {lenient, strict},
      {number, text},
  };
  for (const auto& [a, b] : different) EXPECT_FALSE(SameTest(a.test, b.test));
}

}  // namespace
}  // namespace junctor::compiler
