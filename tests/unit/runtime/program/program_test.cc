#include "runtime/program/program.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "re2/re2.h"
#include "runtime/program/constant_set.h"
#include "runtime/program/switch_table.h"
#include "tests/unit/runtime/program/sample_program.h"

namespace junctor {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

std::shared_ptr<const Program> Create(ProgramParts parts) {
  auto program = Program::Create(std::move(parts));
  EXPECT_TRUE(program.ok()) << program.status();
  return program.ok() ? *program : nullptr;
}

TEST(Program, LinksItsTables) {
  const auto program = Create(SampleProgram());
  ASSERT_NE(program, nullptr);
  EXPECT_EQ(program->route_name(), "sample");
  EXPECT_EQ(program->fields()[2].segments[0], "x-region");
  EXPECT_TRUE(re2::RE2::PartialMatch("x\nCODE:42", program->pattern(0)));
  EXPECT_TRUE(program->set(kConstantRegions).Contains(Value::String("eu")));
  EXPECT_EQ(program->switch_table(0).Find(Value::String("pro")), 1u);
  EXPECT_THAT(program->matcher_path(0, 0), IsEmpty());
  EXPECT_THAT(program->matcher_path(0, 3), ElementsAre("content", "parts"));
  EXPECT_THAT(program->matcher_path(1, 0), IsEmpty());
}

TEST(Program, NamesTheElementOfEachInstruction) {
  const auto program = Create(SampleProgram());
  ASSERT_NE(program, nullptr);
  EXPECT_EQ(program->ElementOf(kPcSwitch), "by-plan");
  EXPECT_EQ(program->ElementOf(kPcCallSecond), "small");
  EXPECT_EQ(program->ElementOf(kPcEnd), "");
  EXPECT_EQ(program->ElementName(kNoElement), "");
}

TEST(Program, KnowsTheBodyKeysThatMayNotComeTwice) {
  const auto program = Create(SampleProgram());
  ASSERT_NE(program, nullptr);
  EXPECT_THAT(program->body_keys(), ElementsAre("max_tokens", "messages", "stop", "temperature"));

  ProgramParts facts = SmallestProgram();
  facts.fields = {"request.stream", "request.has_tools", "request.model", "request.method",
                  "metadata.messages"};
  const auto of_facts = Create(std::move(facts));
  ASSERT_NE(of_facts, nullptr);
  EXPECT_THAT(of_facts->body_keys(), ElementsAre("functions", "model", "stream", "tools"));
}

TEST(Program, SplitSeedsDependOnRouteAndElement) {
  const auto seed = [](const std::string& route, const std::string& element) {
    ProgramParts parts = SampleProgram();
    parts.route_name = route;
    parts.elements[2] = element;
    return Create(std::move(parts))->split_seed(0);
  };
  EXPECT_EQ(seed("a", "b"), seed("a", "b"));
  EXPECT_NE(seed("a", "b"), seed("a", "c"));
  EXPECT_NE(seed("a", "b"), seed("ab", "c"));
  EXPECT_NE(seed("ab", "c"), seed("a", "bc"));
  // Pinned: the same on every machine and in every version, or sticky shares would move (R13).
  EXPECT_EQ(seed("sample", "rollout"), 4188433262468248426u);
}

TEST(Program, OutlivesWhatItWasMadeFrom) {
  std::shared_ptr<const Program> program;
  {
    ProgramParts parts = SampleProgram();
    program = Create(parts);
  }
  ASSERT_NE(program, nullptr);
  EXPECT_EQ(program->parts().constants[kConstantFree].string(), "free");
}

}  // namespace
}  // namespace junctor
