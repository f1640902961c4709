// The loop: steps, answers, retries, what a run ends with.
#include "runtime/interp/execution.h"

#include <map>

#include "gtest/gtest.h"
#include "runtime/interp/key_encoding.h"
#include "tests/unit/runtime/interp/program_builder.h"
#include "tests/unit/runtime/interp/test_request.h"
#include "tests/unit/runtime/interp/two_models.h"

namespace junctor::testing {
namespace {

using Kind = FinishStep::Kind;
using Label = ProgramBuilder::Label;

// XXH64 of the encodings of "user-1" and 42 for the split `ab` of the route `checkout`.
constexpr uint64_t kPinnedStringHash = 4355269267350721642u;
constexpr uint64_t kPinnedIntHash = 6736742145304766120u;

const Request kRequest;

TEST(R26, TheAnswerIsTheResponseOfTheModelThatSucceeded) {
  Execution execution(TwoModels(0), &kRequest);
  EXPECT_EQ(Call(execution.Start()).ordinal, 0u);
  const FinishStep finish = Finish(execution.ResumeCall({}));
  EXPECT_EQ(finish.kind, Kind::kResponse);
  EXPECT_EQ(finish.ordinal, 0u);
}

TEST(R21, RetriesThenFallbackThenTheLastFailure) {
  Execution execution(TwoModels(2), &kRequest);
  CallStep call = Call(execution.Start());
  EXPECT_EQ(call.attempt, 0u);
  EXPECT_EQ(call.delay_ms, 0u);
  call = Call(execution.ResumeCall(Failed(ErrorClass::kReset)));
  EXPECT_EQ(call.attempt, 1u);
  EXPECT_EQ(call.delay_ms, 100u);
  call = Call(execution.ResumeCall(Failed(ErrorClass::kReset)));
  EXPECT_EQ(call.attempt, 2u);
  EXPECT_EQ(call.delay_ms, 200u);
  call = Call(execution.ResumeCall(Failed(ErrorClass::kReset)));
  EXPECT_EQ(call.ordinal, 1u);
  EXPECT_EQ(call.attempt, 0u);
  EXPECT_EQ(call.delay_ms, 0u);
  const FinishStep finish = Finish(execution.ResumeCall(Failed(ErrorClass::kServerError)));
  EXPECT_EQ(finish.kind, Kind::kFailure);
  EXPECT_EQ(finish.error, ErrorClass::kServerError);
  EXPECT_EQ(finish.ordinal, 1u);
}

TEST(R21, ATimeoutIsNotRetriedWhereThereIsAFallback) {
  Execution with_fallback(TwoModels(2), &kRequest);
  with_fallback.Start();
  EXPECT_EQ(Call(with_fallback.ResumeCall(Failed(ErrorClass::kTimeout))).ordinal, 1u);
  Execution without(TwoModels(2, false), &kRequest);
  without.Start();
  EXPECT_EQ(Call(without.ResumeCall(Failed(ErrorClass::kTimeout))).attempt, 1u);
}

TEST(R21, AContentFilterGoesToTheClientAndNotToTheFallback) {
  Execution execution(TwoModels(2), &kRequest);
  execution.Start();
  const FinishStep finish = Finish(execution.ResumeCall(Failed(ErrorClass::kContentFilter)));
  EXPECT_EQ(finish.kind, Kind::kFailure);
  EXPECT_EQ(finish.error, ErrorClass::kContentFilter);
}

TEST(R21, ALongRetryAfterEndsTheAttemptsOnTheElement) {
  Execution execution(TwoModels(2), &kRequest);
  execution.Start();
  CallAnswer answer = Failed(ErrorClass::kRateLimit);
  answer.retry_after_ms = 1500;
  EXPECT_EQ(Call(execution.ResumeCall(answer)).delay_ms, 1500u);
  answer.retry_after_ms = 60'000;
  EXPECT_EQ(Call(execution.ResumeCall(answer)).ordinal, 1u);
}

TEST(R19, AfterTheDeadlineThereIsNeitherRetryNorFallback) {
  Execution execution(TwoModels(2), &kRequest);
  execution.Start();
  CallAnswer answer = Failed(ErrorClass::kReset);
  answer.deadline_passed = true;
  EXPECT_EQ(Finish(execution.ResumeCall(answer)).kind, Kind::kFailure);
}

// draft → (success: review) ; review → (success: end | fallback: end)
std::shared_ptr<const Program> DraftAndReview(bool review_has_fallback) {
  ProgramBuilder builder;
  const Label review = builder.NewLabel();
  const Label end = builder.NewLabel();
  builder.Emit("draft", Opcode::kCall, 0, builder.Model("draft", Model(0, false)), review, end);
  builder.Place(review);
  builder.Emit("review", Opcode::kCall, 0, builder.Model("review", Model(0, review_has_fallback)),
               end, end);
  builder.Place(end);
  builder.Emit("end", Opcode::kEnd, 0, 0);
  return builder.Build();
}

TEST(R23, ALaterModelReplacesTheHeldResponseOnlyWhenItSucceeds) {
  Execution succeeds(DraftAndReview(true), &kRequest);
  succeeds.Start();
  succeeds.ResumeCall({});
  EXPECT_EQ(Finish(succeeds.ResumeCall({})).ordinal, 1u);

  Execution fails(DraftAndReview(true), &kRequest);
  fails.Start();
  fails.ResumeCall({});
  FinishStep finish = Finish(fails.ResumeCall(Failed(ErrorClass::kReset)));
  EXPECT_EQ(finish.kind, Kind::kResponse);
  EXPECT_EQ(finish.ordinal, 0u);

  Execution no_fallback(DraftAndReview(false), &kRequest);
  no_fallback.Start();
  no_fallback.ResumeCall({});
  EXPECT_EQ(Finish(no_fallback.ResumeCall(Failed(ErrorClass::kReset))).kind, Kind::kFailure);

  Execution deadline(DraftAndReview(false), &kRequest);
  deadline.Start();
  deadline.ResumeCall({});
  CallAnswer answer = Failed(ErrorClass::kTimeout);
  answer.deadline_passed = true;
  EXPECT_EQ(Finish(deadline.ResumeCall(answer)).kind, Kind::kResponse);
}

TEST(R27, AnEndWithoutAnyCallIsNoModelResponse) {
  ProgramBuilder builder;
  builder.Emit("end", Opcode::kEnd, 0, 0);
  Execution execution(builder.Build(), &kRequest);
  EXPECT_EQ(Finish(execution.Start()).kind, Kind::kNoModelResponse);
}

TEST(R14, ALimitWithoutFallbackEndsWith429AndItsRetryAfter) {
  ProgramBuilder builder;
  LimitSpec spec;
  spec.limit = 10;
  spec.window_seconds = 60;
  spec.key_slots = {builder.SlotOf("metadata.user")};
  const uint32_t limit = builder.Limit("quota", spec);
  const Label admitted = builder.NewLabel();
  const Label refused = builder.NewLabel();
  builder.Emit("quota", Opcode::kLimit, 0, limit, admitted, refused);
  builder.Place(refused);
  builder.Emit("quota", Opcode::kRefuse, 0, limit);
  builder.Place(admitted);
  builder.Emit("end", Opcode::kEnd, 0, 0);
  const auto program = builder.Build();
  TestRequest request;
  request.MetadataText(R"({"user":"ada"})");

  Execution refused_run(program, request.get());
  const Step step = refused_run.Start();
  EXPECT_EQ(std::get<LimitStep>(step).key, std::string("s\3\0\0\0ada", 8));
  const FinishStep finish = Finish(refused_run.ResumeLimit({false, 1234}));
  EXPECT_EQ(finish.kind, Kind::kLimited);
  EXPECT_EQ(finish.limit, limit);
  EXPECT_EQ(finish.retry_after_ms, 1234u);

  Execution admitted_run(program, request.get());
  admitted_run.Start();
  EXPECT_EQ(Finish(admitted_run.ResumeLimit({})).kind, Kind::kNoModelResponse);
}

// A split of `shares`, in 1/10000 %, into elements o0, o1, …
std::shared_ptr<const Program> SplitProgram(const std::vector<uint32_t>& shares, bool sticky) {
  ProgramBuilder builder("checkout");
  SplitSpec spec;
  uint32_t threshold = 0;
  std::vector<Label> labels;
  for (size_t i = 0; i < shares.size(); ++i) {
    threshold += shares[i];
    labels.push_back(builder.NewLabel());
    spec.outputs.push_back({std::to_string(i), threshold, labels.back()});
  }
  if (sticky) spec.key_slot = builder.SlotOf("metadata.user");
  builder.Emit("ab", Opcode::kSplit, 0, builder.Split("ab", spec));
  for (size_t i = 0; i < shares.size(); ++i) {
    builder.Place(labels[i]);
    builder.Emit("o" + std::to_string(i), Opcode::kEnd, 0, 0);
  }
  return builder.Build();
}

std::string OutputFor(const std::shared_ptr<const Program>& program, const std::string& user) {
  TestRequest request;
  request.MetadataText("{\"user\":\"" + user + "\"}");
  Execution execution(program, request.get());
  EXPECT_TRUE(std::holds_alternative<FinishStep>(execution.Start()));
  return std::string(program->ElementName(execution.path().back()));
}

TEST(R13, WithoutAKeyEachRequestDraws) {
  const auto program = SplitProgram({100'000, 900'000}, false);
  const struct {
    uint64_t draw;
    const char* output;
  } cases[] = {{0, "o0"},
               {~uint64_t{0} / 10 - 100, "o0"},
               {~uint64_t{0} / 10 + 100, "o1"},
               {~uint64_t{0}, "o1"}};
  for (const auto& c : cases) {
    Execution execution(program, &kRequest);
    EXPECT_TRUE(std::holds_alternative<DrawStep>(execution.Start()));
    execution.ResumeDraw(c.draw);
    EXPECT_EQ(program->ElementName(execution.path().back()), c.output) << c.draw;
  }
}

TEST(R13, AMissingKeyDrawsAtRandom) {
  Execution execution(SplitProgram({100'000, 900'000}, true), &kRequest);
  EXPECT_TRUE(std::holds_alternative<DrawStep>(execution.Start()));
}

TEST(R13, TheHashIsPinnedSinceItMayNeverChange) {
  const auto program = SplitProgram({500'000, 500'000}, true);
  uint64_t hash = 0;
  Slot slot;
  slot.state = Slot::State::kScalar;
  slot.value = Value::String("user-1");
  ASSERT_TRUE(HashSplitKey(program->fields()[0], slot, program->split_seed(0), &hash));
  const uint64_t string_hash = hash;
  slot.value = Value::Int(42);
  ASSERT_TRUE(HashSplitKey(program->fields()[0], slot, program->split_seed(0), &hash));
  EXPECT_EQ(string_hash, kPinnedStringHash);
  EXPECT_EQ(hash, kPinnedIntHash);
}

TEST(R13, RaisingAShareMovesNoOneOutOfIt) {
  const auto before = SplitProgram({100'000, 900'000}, true);
  const auto after = SplitProgram({200'000, 800'000}, true);
  const auto before_last = SplitProgram({900'000, 100'000}, true);
  const auto after_last = SplitProgram({800'000, 200'000}, true);
  int in_new = 0;
  for (int i = 0; i < 2000; ++i) {
    const std::string user = "user-" + std::to_string(i);
    if (OutputFor(before, user) == "o0") {
      ++in_new;
      EXPECT_EQ(OutputFor(after, user), "o0") << user;
    }
    if (OutputFor(before_last, user) == "o1") {
      EXPECT_EQ(OutputFor(after_last, user), "o1") << user;
    }
  }
  EXPECT_NEAR(in_new, 200, 60);
}

TEST(Switch, ChoosesTheCaseThatEqualsElseTheDefault) {
  ProgramBuilder builder;
  SwitchSpec spec;
  std::vector<Label> labels;
  for (const char* constant : {"\"free\"", "\"paid\"", "\"pro\"", "\"max\"", "7"}) {
    labels.push_back(builder.NewLabel());
    spec.cases.push_back({builder.JsonConstant(constant), labels.back()});
  }
  const Label other = builder.NewLabel();
  spec.default_target = other;
  builder.parts().switches.push_back(spec);
  builder.Emit("switch", Opcode::kSwitch, builder.SlotOf("body.plan"), 0);
  for (size_t i = 0; i < labels.size(); ++i) {
    builder.Place(labels[i]);
    builder.Emit("c" + std::to_string(i), Opcode::kEnd, 0, 0);
  }
  builder.Place(other);
  builder.Emit("other", Opcode::kEnd, 0, 0);
  const auto program = builder.Build();
  const std::map<std::string, std::string> cases = {
      {R"({"plan":"paid"})", "c1"},         {R"({"plan":7.0})", "c4"},
      {R"({"plan":"x"})", "other"},         {R"({})", "other"},
      {R"({"plan":null})", "other"},        {R"({"plan":{}})", "other"},
      {R"({"plan":["max","paid"]})", "c1"}, {R"({"plan":[["paid"]]})", "other"}};
  for (const auto& [body, expected] : cases) {
    TestRequest request;
    request.Body(body);
    Execution execution(program, request.get());
    execution.Start();
    EXPECT_EQ(program->ElementName(execution.path().back()), expected) << body;
  }
}

TEST(Misuse, AnAnswerThatWasNotAskedForIsSaidToBeMisuse) {
  Execution execution(TwoModels(0), &kRequest);
  EXPECT_EQ(Finish(execution.ResumeDraw(0)).kind, Kind::kMisuse);
  EXPECT_EQ(Finish(execution.ResumeCall({})).kind, Kind::kMisuse);
  execution.Start();
  EXPECT_EQ(Finish(execution.Start()).kind, Kind::kMisuse);
  EXPECT_EQ(Finish(execution.ResumeLimit({})).kind, Kind::kMisuse);
  EXPECT_EQ(Finish(execution.ResumeCall({})).kind, Kind::kResponse);
  EXPECT_EQ(Finish(execution.ResumeCall({})).kind, Kind::kMisuse);
}

TEST(Execution, CanBeMovedBetweenSteps) {
  Execution first(TwoModels(1), &kRequest);
  first.Start();
  Execution second = std::move(first);
  EXPECT_EQ(Call(second.ResumeCall(Failed(ErrorClass::kReset))).attempt, 1u);
  Execution third = std::move(second);
  EXPECT_EQ(Finish(third.ResumeCall({})).kind, Kind::kResponse);
  ASSERT_EQ(third.path().size(), 2u);
  EXPECT_EQ(third.program().ElementName(third.path()[0]), "first");
}

class Recorder : public TraceSink {
 public:
  void OnEvent(const TraceEvent& event) override { events.push_back(event); }
  std::vector<TraceEvent> events;
};

TEST(Trace, TellsEachDecisionWithTheValueThatMadeIt) {
  ProgramBuilder builder;
  const Label yes = builder.NewLabel();
  const Label end = builder.NewLabel();
  builder.Emit("if", Opcode::kGt, builder.SlotOf("body.n"), builder.JsonConstant("5"), yes, end);
  builder.Place(yes);
  builder.Emit("model", Opcode::kCall, 0, builder.Model("model", Model(0, true)), end, end);
  builder.Place(end);
  builder.Emit("end", Opcode::kEnd, 0, 0);
  TestRequest request;
  request.Body(R"({"n":7})");
  Recorder recorder;
  Execution execution(builder.Build(), request.get());
  execution.TraceTo(&recorder);
  execution.Start();
  execution.ResumeCall({});
  ASSERT_EQ(recorder.events.size(), 2u);
  EXPECT_EQ(recorder.events[0].operand.integer(), 7);
  EXPECT_TRUE(recorder.events[0].taken);
  EXPECT_EQ(recorder.events[0].target, 1u);
  EXPECT_EQ(recorder.events[1].pc, 1u);
  EXPECT_TRUE(recorder.events[1].taken);
}

}  // namespace
}  // namespace junctor::testing
