// Going back in a run: broken streams (R22), hedges, limits that are asked again.
#include "gtest/gtest.h"
#include "runtime/interp/execution.h"
#include "tests/unit/runtime/interp/program_builder.h"
#include "tests/unit/runtime/interp/test_request.h"
#include "tests/unit/runtime/interp/two_models.h"

namespace junctor::testing {
namespace {

using Kind = FinishStep::Kind;
using Label = ProgramBuilder::Label;

const Request kNoRequest;

ModelSpec Streaming(uint8_t retries, bool has_fallback, StreamFailurePolicy policy) {
  ModelSpec model = Model(retries, has_fallback);
  model.on_stream_failure = policy;
  return model;
}

// draft → (success: review | fallback: spare) ; review, spare → end
std::shared_ptr<const Program> Continued(uint8_t retries) {
  ProgramBuilder builder;
  const Label review = builder.NewLabel();
  const Label spare = builder.NewLabel();
  const Label end = builder.NewLabel();
  const auto model = [&](const char* name, uint8_t again) {
    return builder.Model(name, Streaming(again, true, StreamFailurePolicy::kContinue));
  };
  builder.Emit("draft", Opcode::kCall, 0, model("draft", retries), review, spare);
  builder.Place(spare);
  builder.Emit("spare", Opcode::kCall, 0, model("spare", 0), end, end);
  builder.Place(review);
  builder.Emit("review", Opcode::kCall, 0, model("review", 0), end, end);
  builder.Place(end);
  builder.Emit("end", Opcode::kEnd, 0, 0);
  return builder.Build();
}

std::string PathOf(const Execution& execution) {
  std::string text;
  for (const uint32_t element : execution.path()) {
    if (!text.empty()) text += ' ';
    text += execution.program().ElementName(element);
  }
  return text;
}

TEST(R22, AStreamThatBreaksIsTriedAgainAndThenGoesToTheFallback) {
  Execution execution(Continued(2), &kNoRequest);
  execution.Start();
  execution.ResumeCall(Failed(ErrorClass::kReset));
  const Execution::Checkpoint before = execution.Mark();
  execution.ResumeCall({});
  ASSERT_EQ(Finish(execution.ResumeCall(Failed(ErrorClass::kReset))).ordinal, 0u);
  EXPECT_EQ(PathOf(execution), "draft review end");

  CallStep call = Call(execution.Rewind(before));
  EXPECT_EQ(call.attempt, 1u) << "the step that waits is the one of the mark";
  EXPECT_EQ(call.delay_ms, 100u);
  EXPECT_EQ(PathOf(execution), "draft");
  call = Call(execution.ResumeCall(Failed(ErrorClass::kStream)));
  EXPECT_EQ(call.ordinal, 0u);
  EXPECT_EQ(call.attempt, 2u) << "attempts before the break count";
  EXPECT_EQ(call.delay_ms, 200u);
  call = Call(execution.ResumeCall(Failed(ErrorClass::kStream)));
  EXPECT_EQ(call.ordinal, 1u) << "that of the abandoned review";
  EXPECT_EQ(call.attempt, 0u);
  EXPECT_EQ(PathOf(execution), "draft spare");
  const FinishStep finish = Finish(execution.ResumeCall({}));
  EXPECT_EQ(finish.kind, Kind::kResponse);
  EXPECT_EQ(finish.ordinal, 1u);
}

TEST(R22, TheAttemptThatCarriesAnAnswerOnIsTheLast) {
  Execution execution(Continued(1), &kNoRequest);
  execution.Start();
  const Execution::Checkpoint first = execution.Mark();
  execution.ResumeCall({});
  execution.Rewind(first);
  execution.ResumeCall(Failed(ErrorClass::kStream));
  const Execution::Checkpoint second = execution.Mark();
  const FinishStep finish = Finish(execution.ResumeCall({}));
  EXPECT_EQ(finish.kind, Kind::kResponse) << "no review can replace what the caller has";
  EXPECT_EQ(finish.ordinal, 0u);
  // It breaks too.
  execution.Rewind(second);
  EXPECT_EQ(Call(execution.ResumeCall(Failed(ErrorClass::kStream))).ordinal, 1u);
  const FinishStep end = Finish(execution.ResumeCall(Failed(ErrorClass::kTimeout)));
  EXPECT_EQ(end.kind, Kind::kFailure);
  EXPECT_EQ(end.error, ErrorClass::kTimeout);
  EXPECT_EQ(end.ordinal, 1u);
}

TEST(R22, NoEarlierResponseStandsInForOneThatBroke) {
  ProgramBuilder builder;
  const Label review = builder.NewLabel();
  const Label end = builder.NewLabel();
  const auto model = [&](const char* name) {
    return builder.Model(name, Streaming(0, true, StreamFailurePolicy::kContinue));
  };
  builder.Emit("draft", Opcode::kCall, 0, model("draft"), review, end);
  builder.Place(review);
  builder.Emit("review", Opcode::kCall, 0, model("review"), end, end);
  builder.Place(end);
  builder.Emit("end", Opcode::kEnd, 0, 0);
  Execution execution(builder.Build(), &kNoRequest);
  execution.Start();
  execution.ResumeCall({});
  const Execution::Checkpoint before = execution.Mark();
  execution.ResumeCall({});
  execution.Rewind(before);
  const FinishStep finish = Finish(execution.ResumeCall(Failed(ErrorClass::kStream)));
  EXPECT_EQ(finish.kind, Kind::kFailure);
  EXPECT_EQ(finish.error, ErrorClass::kStream);
  EXPECT_EQ(finish.ordinal, 1u);

  execution.Rewind(before);
  CallAnswer late = Failed(ErrorClass::kStream);
  late.deadline_passed = true;
  EXPECT_EQ(Finish(execution.ResumeCall(late)).kind, Kind::kFailure);
  execution.Rewind(before);
  EXPECT_EQ(Finish(execution.ResumeCall(Failed(ErrorClass::kReset))).ordinal, 0u)
      << "where nothing was sent, the earlier one is answered (R23)";
}

TEST(R22, ABreakUnderThePolicyErrorIsTheEnd) {
  Execution execution(TwoModels(3), &kNoRequest);
  execution.Start();
  const FinishStep finish = Finish(execution.ResumeCall(Failed(ErrorClass::kStream)));
  EXPECT_EQ(finish.kind, Kind::kFailure);
  EXPECT_EQ(finish.error, ErrorClass::kStream);
}

TEST(R22, ABreakOfAnAnswerThatIsHeldIsAFailedAttemptLikeAnyOther) {
  ProgramBuilder builder;
  const Label review = builder.NewLabel();
  const Label end = builder.NewLabel();
  builder.Emit("draft", Opcode::kCall, 0,
               builder.Model("draft", Streaming(1, false, StreamFailurePolicy::kHold)), review,
               end);
  builder.Place(review);
  builder.Emit("review", Opcode::kCall, 0, builder.Model("review", Model(0, true)), end, end);
  builder.Place(end);
  builder.Emit("end", Opcode::kEnd, 0, 0);
  Execution execution(builder.Build(), &kNoRequest);
  execution.Start();
  EXPECT_EQ(Call(execution.ResumeCall(Failed(ErrorClass::kStream))).attempt, 1u);
  EXPECT_EQ(Call(execution.ResumeCall({})).ordinal, 1u) << "the review is made";
}

TEST(Hedge, TheCallOfTheFallbackIsLearntAndEitherIsGoneOnWith) {
  Execution execution(TwoModels(2), &kNoRequest);
  execution.Start();
  const Execution::Checkpoint first = execution.Mark();
  CallAnswer slow = Failed(ErrorClass::kTimeout);
  slow.no_retry = true;
  const CallStep hedge = Call(execution.ResumeCall(slow));
  EXPECT_EQ(hedge.ordinal, 1u);
  EXPECT_EQ(hedge.delay_ms, 0u);
  const Execution::Checkpoint second = execution.Mark();

  // The first one wins.
  EXPECT_EQ(Call(execution.Rewind(first)).ordinal, 0u);
  EXPECT_EQ(Finish(execution.ResumeCall({})).ordinal, 0u);
  EXPECT_EQ(PathOf(execution), "first end");
  // The hedge wins: a later checkpoint can be gone back to after an earlier one.
  const CallStep again = Call(execution.Rewind(second));
  EXPECT_EQ(again.ordinal, hedge.ordinal);
  EXPECT_EQ(again.model, hedge.model);
  EXPECT_EQ(PathOf(execution), "first second");
  EXPECT_EQ(Finish(execution.ResumeCall({})).ordinal, 1u);
  EXPECT_EQ(PathOf(execution), "first second end");
}

TEST(Hedge, WithoutAFurtherAttemptTheFallbackIsNextWhereTheClassAllowsIt) {
  CallAnswer skipped = Failed(ErrorClass::kOverloaded);
  skipped.no_retry = true;
  Execution with_fallback(TwoModels(2), &kNoRequest);
  with_fallback.Start();
  EXPECT_EQ(Call(with_fallback.ResumeCall(skipped)).ordinal, 1u);
  Execution without(TwoModels(2, false), &kNoRequest);
  without.Start();
  const FinishStep finish = Finish(without.ResumeCall(skipped));
  EXPECT_EQ(finish.kind, Kind::kFailure);
  EXPECT_EQ(finish.error, ErrorClass::kOverloaded);
  Execution wrong_class(TwoModels(2), &kNoRequest);
  wrong_class.Start();
  skipped.error = ErrorClass::kContentFilter;
  EXPECT_EQ(Finish(wrong_class.ResumeCall(skipped)).kind, Kind::kFailure);
}

TEST(Rewind, ALimitIsAskedAgainWithItsOwnKeyAndADrawIsDrawnAgain) {
  ProgramBuilder builder;
  const Label second = builder.NewLabel();
  const Label split = builder.NewLabel();
  const Label end = builder.NewLabel();
  LimitSpec spec;
  spec.limit = 10;
  spec.window_seconds = 60;
  spec.key_slots = {builder.SlotOf("metadata.user")};
  const uint32_t by_user = builder.Limit("by-user", spec);
  spec.key_slots = {builder.SlotOf("metadata.plan")};
  const uint32_t by_plan = builder.Limit("by-plan", spec);
  builder.Emit("by-user", Opcode::kLimit, 0, by_user, second, end);
  builder.Place(second);
  builder.Emit("by-plan", Opcode::kLimit, 0, by_plan, split, end);
  builder.Place(split);
  SplitSpec shares;
  shares.outputs = {{"50%", 500'000, end}, {"else", kShareTotal, end}};
  builder.Emit("split", Opcode::kSplit, 0, builder.Split("split", shares));
  builder.Place(end);
  builder.Emit("end", Opcode::kEnd, 0, 0);
  TestRequest request;
  // A value that is longer than what a key keeps of it.
  request.MetadataText(R"({"user":")" + std::string(5'000, 'u') + R"(","plan":"free"})");
  Execution execution(builder.Build(), request.get());
  const Step first = execution.Start();
  const std::string user_key(std::get<LimitStep>(first).key);
  const Execution::Checkpoint at_user = execution.Mark();
  const Step next = execution.ResumeLimit({});
  const std::string plan_key(std::get<LimitStep>(next).key);
  ASSERT_NE(user_key, plan_key);
  const Execution::Checkpoint at_plan = execution.Mark();
  ASSERT_TRUE(std::holds_alternative<DrawStep>(execution.ResumeLimit({})));
  const Execution::Checkpoint at_draw = execution.Mark();
  execution.ResumeDraw(0);

  const Step asked = execution.Rewind(at_user);
  EXPECT_EQ(std::get<LimitStep>(asked).limit, by_user);
  EXPECT_EQ(std::get<LimitStep>(asked).key, user_key);
  EXPECT_TRUE(std::holds_alternative<DrawStep>(execution.Rewind(at_draw)));
  EXPECT_EQ(Finish(execution.ResumeDraw(0)).kind, Kind::kNoModelResponse);
  EXPECT_EQ(PathOf(execution), "by-user by-plan split end");
  const Step plan = execution.Rewind(at_plan);
  EXPECT_EQ(std::get<LimitStep>(plan).key, plan_key);
  EXPECT_EQ(PathOf(execution), "by-user by-plan");
}

TEST(Rewind, OutlastsAMoveAndAPathThatIsLongerThanWhatIsKept) {
  ProgramBuilder builder;
  const auto model = [&](int i) { return builder.Model("m" + std::to_string(i), Model(0, true)); };
  constexpr int kModels = 80;
  std::vector<Label> labels;
  for (int i = 0; i <= kModels; ++i) labels.push_back(builder.NewLabel());
  for (int i = 0; i < kModels; ++i) {
    builder.Place(labels[static_cast<size_t>(i)]);
    const Label next = labels[static_cast<size_t>(i) + 1];
    builder.Emit("m" + std::to_string(i), Opcode::kCall, 0, model(i), next, next);
  }
  builder.Place(labels.back());
  builder.Emit("end", Opcode::kEnd, 0, 0);
  Execution execution(builder.Build(), &kNoRequest);
  execution.Start();
  execution.ResumeCall({});
  const Execution::Checkpoint early = execution.Mark();
  for (int i = 2; i < kModels; ++i) execution.ResumeCall({});
  const Execution::Checkpoint late = execution.Mark();
  EXPECT_EQ(execution.path().size(), Execution::kMaxPath);
  Execution moved = std::move(execution);
  EXPECT_EQ(Call(moved.Rewind(early)).ordinal, 1u);
  EXPECT_EQ(PathOf(moved), "m0 m1");
  EXPECT_EQ(Call(moved.ResumeCall({})).ordinal, 2u);
  EXPECT_EQ(Call(moved.Rewind(late)).ordinal, uint32_t{kModels} - 1);
  EXPECT_EQ(Finish(moved.ResumeCall({})).ordinal, uint32_t{kModels} - 1);
}

TEST(Rewind, ToWhereNoStepWaitedIsMisuseAndChangesNothing) {
  Execution execution(TwoModels(0), &kNoRequest);
  const Execution::Checkpoint unstarted = execution.Mark();
  execution.Start();
  EXPECT_EQ(Finish(execution.Rewind(unstarted)).kind, Kind::kMisuse);
  EXPECT_EQ(Finish(execution.ResumeCall({})).kind, Kind::kResponse);
  const Execution::Checkpoint ended = execution.Mark();
  EXPECT_EQ(Finish(execution.Rewind(ended)).kind, Kind::kMisuse);
}

}  // namespace
}  // namespace junctor::testing
