#include "compiler/graph/condition_text.h"

#include <gtest/gtest.h>

#include "tests/unit/compiler/graph/graph_builder.h"

namespace junctor::compiler {
namespace {

using namespace testing;

TEST(ConditionTextTest, EveryKindHasAText) {
  GraphBuilder builder;
  Condition type = MakeTest(Opcode::kType, "body.n");
  type.test.type_mask = kTypeInt | kTypeString;
  Condition contains = MakeTest(Opcode::kContains, "body.q", builder.Texts({"sql", "db"}));
  contains.test.flags = kFlagCaseInsensitive;
  const std::pair<Condition, const char*> cases[] = {
      {True(), "true"},
      {False(), "false"},
      {Eq("metadata.plan", "pro"), "metadata.plan eq \"pro\""},
      {Not(Exists("body.n")), "not body.n exists"},
      {Regex("body.model", "^gpt-", "i"), "body.model regex /^gpt-/i"},
      {builder.In("metadata.plan", {"a", "b"}), "metadata.plan in [\"a\",\"b\"]"},
      {type, "body.n type string|int"},
      {contains, "body.q contains [\"sql\",\"db\"] (any case)"},
      {And({Exists("body.a"), Or({Exists("body.b"), Gt("body.c", 5)})}),
       "body.a exists and (body.b exists or body.c gt 5)"},
      {Not(Or({Exists("body.a"), Exists("body.b")})), "not (body.a exists or body.b exists)"},
      {ElemMatch("body.messages", true, And({Eq("role", "user"), Exists("name")})),
       "body.messages elem_match document {role eq \"user\" and name exists}"},
      {ElemMatch("body.tags", false, Gt("", 3)), "body.tags elem_match {(element) gt 3}"},
  };
  for (const auto& [condition, text] : cases) EXPECT_EQ(ConditionToText(condition), text);
}

}  // namespace
}  // namespace junctor::compiler
