// What a version in the shadow decides, given what the one that served came through.
#include "engine/gateway/shadow_run.h"

#include <gtest/gtest.h>

#include <string>

#include "compiler/compile.h"
#include "engine/limits/limit_store.h"
#include "runtime/interp/execution.h"

namespace junctor::engine {
namespace {

constexpr int64_t kShadowNow = 1'000'000'000'000;

std::shared_ptr<const Program> Compiled(const std::string& elements) {
  auto result = compiler::Compile("route", R"({"name":"r","elements":[)" + elements + "]}", {});
  EXPECT_TRUE(result.ok());
  return result.program;
}

std::string Start(const std::string& to) {
  return R"({"id":"start","type":"start","outputs":{"next":{"elementId":")" + to + R"("}}},)";
}
constexpr const char kEnd[] = R"({"id":"end","type":"end"})";

std::string Model(const std::string& id, const std::string& name, const std::string& fallback = "",
                  int retries = 0) {
  std::string text =
      R"({"id":")" + id + R"(","type":"model","properties":{"provider":"demo","model":")" + name +
      R"(","retries":)" + std::to_string(retries) + R"(},"outputs":{"success":{"elementId":"end"})";
  if (!fallback.empty()) text += R"(,"fallback":{"elementId":")" + fallback + R"("})";
  return text + "}},";
}

// Runs `program` as the data plane does, with these answers; every attempt at `failing` fails.
DecisionRecord Served(const std::shared_ptr<const Program>& program, std::string_view failing,
                      bool admits = true, uint64_t draw = 0) {
  const Request request;
  DecisionRecord record;
  Execution execution(program, &request);
  Step step = execution.Start();
  while (!std::holds_alternative<FinishStep>(step)) {
    if (const auto* drawn = std::get_if<DrawStep>(&step)) {
      record.NoteDraw(program->ElementName(program->parts().splits[drawn->split].element), draw);
      step = execution.ResumeDraw(draw);
    } else if (const auto* limit = std::get_if<LimitStep>(&step)) {
      LimitAnswer answer;
      answer.admitted = admits;
      record.NoteLimit(program->ElementName(program->parts().limits[limit->limit].element), answer);
      step = execution.ResumeLimit(answer);
    } else {
      const CallStep call = std::get<CallStep>(step);
      CallAnswer answer;
      if (program->ElementName(program->parts().models[call.model].element) == failing) {
        answer.error = ErrorClass::kServerError;
      }
      record.NoteCall(call, *program, answer);
      step = execution.ResumeCall(answer);
    }
  }
  record.NoteEnd(std::get<FinishStep>(step), *program, 1);
  return record;
}

RouteDecision Shadow(const std::shared_ptr<const Program>& program, const DecisionRecord& served,
                     LimitStore* limits = nullptr) {
  RandomSource random;
  LimitStore empty;
  ShadowWorld world;
  world.random = &random;
  world.limits = limits == nullptr ? &empty : limits;
  world.gateway = "g";
  world.unix_nanoseconds = kShadowNow;
  return DecideInShadow(program, 2, Request(), served, world);
}

TEST(ShadowRunTest, TheSameVersionDecidesTheSameWhateverHappened) {
  const auto program = Compiled(
      Start("split") +
      R"({"id":"split","type":"percentage","outputs":{"50%":{"elementId":"cap"},"else":{"elementId":"b"}}},)"
      R"({"id":"cap","type":"rate","properties":{"limitType":"count","limit":1,"window":60},"outputs":{"success":{"elementId":"a"},"fallback":{"elementId":"b"}}},)" +
      Model("a", "one", "b", 2) + Model("b", "two") + kEnd);
  struct Case {
    const char* what;
    const char* failing;
    bool admits;
    uint64_t draw;
    const char* elements;
    const char* models;
  };
  const Case cases[] = {
      {"the first answers", "", true, 0, "a", "demo/one"},
      {"the first fails", "a", true, 0, "a, b", "demo/one, demo/two"},
      {"the limit refuses", "", false, 0, "b", "demo/two"},
      {"the other share", "", true, ~uint64_t{0}, "b", "demo/two"},
  };
  for (const Case& one : cases) {
    const DecisionRecord served = Served(program, one.failing, one.admits, one.draw);
    ASSERT_TRUE(served.ended());
    EXPECT_EQ(served.decision().outcome, "call") << one.what;
    EXPECT_EQ(served.decision().element, one.elements) << one.what;
    EXPECT_EQ(served.decision().model, one.models) << one.what;
    const RouteDecision shadow = Shadow(program, served);
    EXPECT_TRUE(shadow.SameAs(served.decision())) << one.what << ": " << shadow.model;
    EXPECT_EQ(shadow.version, 2u);
  }
}

TEST(ShadowRunTest, AnotherModelIsADifference) {
  const auto live = Compiled(Start("a") + Model("a", "one") + kEnd);
  const auto next = Compiled(Start("a") + Model("a", "new") + kEnd);
  const DecisionRecord served = Served(live, "");
  const RouteDecision shadow = Shadow(next, served);
  EXPECT_FALSE(shadow.SameAs(served.decision()));
  EXPECT_EQ(shadow.model, "demo/new");
}

TEST(ShadowRunTest, AnotherFallbackIsADifferenceOnlyWhereTheModelFailed) {
  const auto live = Compiled(Start("a") + Model("a", "one", "b") + Model("b", "two") + kEnd);
  const auto next = Compiled(Start("a") + Model("a", "one", "c") + Model("c", "three") + kEnd);
  EXPECT_TRUE(Shadow(next, Served(live, "")).SameAs(Served(live, "").decision()));
  const RouteDecision shadow = Shadow(next, Served(live, "a"));
  EXPECT_EQ(shadow.model, "demo/one, demo/three");
}

TEST(ShadowRunTest, AnElementThatTheServedVersionDoesNotHaveSucceeds) {
  const auto live = Compiled(Start("a") + Model("a", "one") + kEnd);
  const auto next = Compiled(
      Start("cap") +
      R"({"id":"cap","type":"rate","properties":{"limitType":"count","limit":1,"window":60},"outputs":{"success":{"elementId":"fresh"}}},)" +
      Model("fresh", "one") + kEnd);
  const RouteDecision shadow = Shadow(next, Served(live, ""));
  EXPECT_EQ(shadow.outcome, "call");
  EXPECT_EQ(shadow.element, "fresh");
  EXPECT_TRUE(shadow.SameAs(Served(live, "").decision())) << "the caller could not notice";
}

TEST(ShadowRunTest, ALimitOfItsOwnIsLookedAtAndNotTaken) {
  const auto live = Compiled(Start("a") + Model("a", "one") + kEnd);
  const auto next = Compiled(
      Start("cap") +
      R"({"id":"cap","type":"rate","properties":{"limitType":"count","limit":1,"window":60},"outputs":{"success":{"elementId":"a"}}},)" +
      Model("a", "one") + kEnd);
  LimitStore limits;
  const DecisionRecord served = Served(live, "");
  for (int i = 0; i < 3; ++i) EXPECT_EQ(Shadow(next, served, &limits).outcome, "call");
  EXPECT_EQ(limits.size(), 0u);
  const LimitSpec& spec = next->parts().limits[0];
  EXPECT_TRUE(limits.Take("g", "r", "cap", "", spec, kShadowNow).admitted);
  EXPECT_EQ(Shadow(next, served, &limits).outcome, "limited");
}

TEST(ShadowRunTest, ARefusalIsADecisionToo) {
  const std::string cap =
      R"({"id":"cap","type":"rate","properties":{"limitType":"count","limit":1,"window":60},"outputs":{"success":{"elementId":"a"}}},)";
  const auto live = Compiled(Start("cap") + cap + Model("a", "one") + kEnd);
  const auto next = Compiled(Start("a") + Model("a", "one") + kEnd);
  const DecisionRecord served = Served(live, "", /*admits=*/false);
  EXPECT_EQ(served.decision().outcome, "limited");
  EXPECT_EQ(served.decision().element, "cap");
  EXPECT_FALSE(Shadow(next, served).SameAs(served.decision()));
  EXPECT_TRUE(Shadow(live, served).SameAs(served.decision()));
}

}  // namespace
}  // namespace junctor::engine
