// What `explain --assume` takes.
#include "engine/explain/assumptions.h"

#include <gtest/gtest.h>

#include "compiler/compile.h"

namespace junctor::engine {
namespace {

std::shared_ptr<const Program> SomeProgram() {
  const auto result = compiler::Compile("route", R"({"name":"r","elements":[
      {"id":"start","type":"start","outputs":{"next":{"elementId": "cap"}}},
      {"id":"cap","type":"rate","properties":{"limitType":"count","limit":1,"window":1,"key":"metadata.u"},"outputs":{"success":{"elementId": "gpt"}}},
      {"id":"gpt","type":"model","properties":{"provider":"demo","model":"x"},"outputs":{"success":{"elementId": "end"}}},
      {"id":"end","type":"end"}]})",
                                        {});
  EXPECT_TRUE(result.ok());
  return result.program;
}

TEST(AssumptionsTest, AnswersAreTakenInTurnAndTheLastOneStays) {
  const auto program = SomeProgram();
  const auto assumptions =
      Assumptions::Parse({"gpt=status:503,timeout,ok", "cap=limited"}, *program);
  ASSERT_TRUE(assumptions.ok()) << assumptions.status();
  EXPECT_EQ(assumptions->Of("gpt", 0).error, ErrorClass::kOverloaded);
  EXPECT_EQ(assumptions->Of("gpt", 0).status, 503);
  EXPECT_EQ(assumptions->Of("gpt", 1).error, ErrorClass::kTimeout);
  EXPECT_FALSE(assumptions->Of("gpt", 2).error.has_value());
  EXPECT_EQ(assumptions->Of("gpt", 9).text, "ok");
  EXPECT_TRUE(assumptions->Of("cap", 0).limited);
  EXPECT_EQ(assumptions->Of("other", 0).text, "ok");
}

TEST(AssumptionsTest, EveryErrorClassOfAnAttemptCanBeAssumed) {
  const auto program = SomeProgram();
  for (uint8_t i = 0; i < kErrorClassCount; ++i) {
    const auto error = static_cast<ErrorClass>(i);
    const auto parsed = Assumptions::Parse({"gpt=" + std::string(ErrorClassName(error))}, *program);
    ASSERT_TRUE(parsed.ok()) << ErrorClassName(error);
    EXPECT_EQ(parsed->Of("gpt", 0).error, error);
  }
  const auto skipped = Assumptions::Parse({"gpt=skipped"}, *program);
  ASSERT_TRUE(skipped.ok()) << skipped.status();
  EXPECT_TRUE(skipped->Of("gpt", 0).skipped);
}

TEST(AssumptionsTest, WhatIsUnknownIsNamedWithWhatIsPossible) {
  const auto program = SomeProgram();
  const struct {
    const char* text;
    const char* message;
  } kCases[] = {
      {"gpt", "expected ELEMENT=ANSWER in `--assume`, found `gpt`"},
      {"gtp=ok", "the program has no model or rate element `gtp`; did you mean `gpt`?"},
      {"start=ok", "the program has no model or rate element `start`"},
      {"gpt=status:200",
       "element `gpt`: expected an error status from 400 to 599, found `status:200`"},
      {"gpt=status:x", "element `gpt`: expected an error status from 400 to 599, found `status:x`"},
      {"cap=timeout",
       "element `cap`: unknown answer `timeout` of a limit; expected `ok` or `limited`"},
      {"gpt=limited",
       "element `gpt`: unknown answer `limited` of a model; expected `ok`, `skipped`, `status:N`, "
       "`connect`, "
       "`reset`, `timeout`, `rate_limit`, `quota`, `auth`, `overloaded`, `server_error`, "
       "`context_length`, `content_filter`, `bad_request`, `stream`"},
  };
  for (const auto& one : kCases) {
    SCOPED_TRACE(one.text);
    const auto parsed = Assumptions::Parse({one.text}, *program);
    ASSERT_FALSE(parsed.ok());
    EXPECT_EQ(parsed.status().message(), one.message);
  }
  EXPECT_EQ(Assumptions::Parse({"gpt=ok", "gpt=timeout"}, *program).status().message(),
            "`--assume` names the element `gpt` twice");
}

}  // namespace
}  // namespace junctor::engine
