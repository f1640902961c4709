#include "compiler/graph/bounds.h"

#include <gtest/gtest.h>

#include "tests/unit/compiler/graph/graph_builder.h"

namespace junctor::compiler {
namespace {

using testing::Exists;
using testing::GraphBuilder;
using testing::Numbered;

// A model with these properties whose connection errors alone are retried: no Retry-After.
ModelSpec Model(uint32_t timeout_ms, uint8_t retries = 0, uint32_t delay_ms = 100,
                Backoff backoff = Backoff::kExponential) {
  ModelSpec spec;
  spec.timeout_ms = timeout_ms;
  spec.retries = retries;
  spec.retry_delay_ms = delay_ms;
  spec.backoff = backoff;
  spec.retry_on = Only(ErrorClass::kConnect);
  return spec;
}

std::string PathText(const FlowGraph& graph, const std::vector<NodeId>& path) {
  std::string text;
  for (NodeId node : path) {
    text += (text.empty() ? "" : " ") + graph.elements[graph.nodes[node].element].id;
  }
  return text;
}

TEST(WorstModelTest, R7TimeoutsTimesAttemptsPlusDelaysWithJitter) {
  struct Case {
    const char* what;
    ModelSpec model;
    uint64_t worst_ms;
  };
  ModelSpec unretried = Model(1000, 3);
  unretried.retry_on = 0;
  ModelSpec with_answers = Model(1000, 2, 100, Backoff::kConstant);
  with_answers.retry_on = Only(ErrorClass::kRateLimit);
  ModelSpec long_delays = Model(1000, 3, 4000);
  long_delays.retry_on = DefaultRetryOn(true);
  const Case cases[] = {
      {"one attempt", Model(60'000), 60'000},
      {"a constant delay of 100 ms is at worst 125 ms", Model(1000, 3, 100, Backoff::kConstant),
       4 * 1000 + 3 * 125},
      {"linear: 100, 200, 300", Model(1000, 3, 100, Backoff::kLinear), 4 * 1000 + 125 + 250 + 375},
      {"exponential: 100, 200, 400, 800, 1600", Model(1000, 5),
       6 * 1000 + 125 + 250 + 500 + 1000 + 2000},
      {"jitter rounds up: 1.25 ms is 2 ms", Model(10, 1, 1), 2 * 10 + 2},
      {"no class is retried", unretried, 1000},
      {"Retry-After is longer than the delay", with_answers, 3 * 1000 + 2 * 5000},
      {"a delay that is longer than Retry-After: 5000, 10000, 20000", long_delays,
       4 * 1000 + 5000 + 10'000 + 20'000},
      {"no delay between attempts", Model(1000, 2, 0), 3000},
  };
  for (const Case& one : cases) EXPECT_EQ(WorstModelMs(one.model), one.worst_ms) << one.what;
}

TEST(ComputeBoundsTest, R7OneModel) {
  const FlowGraph graph =
      GraphBuilder().Start("start", "m").Call("m", Model(5000), "end").End().Build();
  const RouteBounds bounds = ComputeBounds(graph);
  EXPECT_EQ(bounds.values.longest_path, 3u);
  EXPECT_EQ(bounds.values.max_calls, 1u);
  EXPECT_EQ(bounds.values.worst_first_byte_ms, 5000u);
  EXPECT_FALSE(bounds.deadline_caps);
}

TEST(ComputeBoundsTest, R7EachMaximumHasAPathOfItsOwn) {
  // The longest way has no models, the one with most calls is quick, the slowest has one call.
  const FlowGraph graph = GraphBuilder()
                              .Start("start", "split")
                              .Split("split", {{"30% a", 300'000, "l1"},
                                               {"30% b", 300'000, "quick"},
                                               {"40% c", 400'000, "slow"}})
                              .Limit("l1", 10, {}, "l2")
                              .Limit("l2", 10, {}, "l3", "end")
                              .Limit("l3", 10, {}, "end")
                              .Call("quick", Model(10, 5, 0), "end", "quick2")
                              .Call("quick2", Model(10), "end")
                              .Call("slow", Model(60'000), "end")
                              .End()
                              .Build();
  const RouteBounds bounds = ComputeBounds(graph);
  EXPECT_EQ(bounds.values.longest_path, 6u);
  EXPECT_EQ(PathText(graph, bounds.longest_path), "start split l1 l2 l3 end");
  EXPECT_EQ(bounds.values.max_calls, 7u);
  EXPECT_EQ(PathText(graph, bounds.most_calls), "start split quick quick2 end");
  EXPECT_EQ(bounds.values.worst_first_byte_ms, 60'000u);
  EXPECT_EQ(PathText(graph, bounds.slowest), "start split slow end");
}

TEST(ComputeBoundsTest, R23AModelAfterASuccessCountsToo) {
  const FlowGraph graph = GraphBuilder()
                              .Start("start", "draft")
                              .Call("draft", Model(1000), "refine")
                              .Call("refine", Model(2000), "end", "end")
                              .End()
                              .Build();
  const RouteBounds bounds = ComputeBounds(graph);
  EXPECT_EQ(bounds.values.max_calls, 2u);
  EXPECT_EQ(bounds.values.worst_first_byte_ms, 3000u);
}

ModelSpec WithPolicy(StreamFailurePolicy policy, uint8_t retries = 0) {
  ModelSpec spec = Model(1000, retries, 0);
  spec.on_stream_failure = policy;
  return spec;
}

// draft → (success: review → (end | end) | fallback: spare → spare2 → end)
FlowGraph DraftWithReview(const ModelSpec& draft) {
  return GraphBuilder()
      .Start("start", "draft")
      .Call("draft", draft, "review", "spare")
      .Call("review", Model(1000, 1, 0), "end", "end")
      .Call("spare", Model(1000), "end", "spare2")
      .Call("spare2", Model(1000), "end")
      .End()
      .Build();
}

TEST(ComputeBoundsTest, R22AContinuedStreamCountsTheWayAfterItsSuccessAndTheFallbackAfterItsBreak) {
  struct Case {
    const char* what;
    StreamFailurePolicy policy;
    uint32_t hedge_after_ms;
    uint32_t max_calls;
    const char* path;
  };
  const Case cases[] = {
      {"two attempts, then the larger way", StreamFailurePolicy::kError, 0, 4,
       "start draft review end"},
      {"a hedge that is dropped comes before the review", StreamFailurePolicy::kError, 5, 5,
       "start draft review end"},
      {"draft, review twice, draft again, spare, spare2", StreamFailurePolicy::kContinue, 0, 6,
       "start draft review end spare spare2"},
      {"and a hedge that was dropped before the break", StreamFailurePolicy::kContinue, 5, 7,
       "start draft review end spare spare2"},
      {"what is held has not succeeded before it is whole", StreamFailurePolicy::kHold, 0, 4,
       "start draft review end"},
  };
  for (const Case& one : cases) {
    ModelSpec draft = WithPolicy(one.policy, 1);
    draft.hedge_after_ms = one.hedge_after_ms;
    const FlowGraph graph = DraftWithReview(draft);
    const RouteBounds bounds = ComputeBounds(graph);
    EXPECT_EQ(bounds.values.max_calls, one.max_calls) << one.what;
    EXPECT_EQ(PathText(graph, bounds.most_calls), one.path) << one.what;
  }
}

TEST(ComputeBoundsTest, R22AStreamThatIsContinuedAtOnceGoesNoFurtherThanARouteThatFails) {
  const auto build = [](StreamFailurePolicy policy, uint32_t hedge_after_ms) {
    ModelSpec first = WithPolicy(policy, 2);
    first.hedge_after_ms = hedge_after_ms;
    return GraphBuilder()
        .Start("start", "first")
        .Call("first", first, "end", "second")
        .Call("second", WithPolicy(policy, 1), "end")
        .End()
        .Build();
  };
  EXPECT_EQ(ComputeBounds(build(StreamFailurePolicy::kError, 0)).values.max_calls, 5u);
  EXPECT_EQ(ComputeBounds(build(StreamFailurePolicy::kContinue, 0)).values.max_calls, 5u);
  EXPECT_EQ(ComputeBounds(build(StreamFailurePolicy::kError, 9)).values.max_calls, 5u)
      << "the hedge is the fallback's first attempt";
  EXPECT_EQ(ComputeBounds(build(StreamFailurePolicy::kContinue, 9)).values.max_calls, 6u)
      << "the hedge was dropped, and the fallback called anew";
}

TEST(ComputeBoundsTest, AHedgeToAWayWithoutModelsCountsNothing) {
  ModelSpec first = WithPolicy(StreamFailurePolicy::kContinue);
  first.hedge_after_ms = 5;
  const FlowGraph graph =
      GraphBuilder().Start("start", "first").Call("first", first, "end", "end").End().Build();
  EXPECT_EQ(ComputeBounds(graph).values.max_calls, 1u);
}

TEST(ComputeBoundsTest, R22OnlyWhatIsHeldIsAskedForAgainBeforeTheFirstByte) {
  const auto first_byte = [](StreamFailurePolicy policy) {
    ModelSpec model = WithPolicy(policy, 2);
    model.retry_on = 0;
    return WorstModelMs(model);
  };
  EXPECT_EQ(first_byte(StreamFailurePolicy::kError), 1000u);
  EXPECT_EQ(first_byte(StreamFailurePolicy::kContinue), 1000u);
  EXPECT_EQ(first_byte(StreamFailurePolicy::kHold), 3000u);
}

TEST(ComputeBoundsTest, R19TheDeadlineCapsTheTime) {
  const auto build = [](uint32_t deadline) {
    return GraphBuilder()
        .Deadline(deadline)
        .Start("start", "m")
        .Call("m", Model(5000), "end")
        .End()
        .Build();
  };
  const RouteBounds capped = ComputeBounds(build(3000));
  EXPECT_EQ(capped.values.worst_first_byte_ms, 3000u);
  EXPECT_TRUE(capped.deadline_caps);
  const RouteBounds loose = ComputeBounds(build(8000));
  EXPECT_EQ(loose.values.worst_first_byte_ms, 5000u);
  EXPECT_FALSE(loose.deadline_caps);
}

TEST(ComputeBoundsTest, ARouteWithoutModelsTakesNoTime) {
  const FlowGraph graph =
      GraphBuilder().Start("start", "b").Branch("b", Exists("body.x"), "end", "end").End().Build();
  const RouteBounds bounds = ComputeBounds(graph);
  EXPECT_EQ(bounds.values.longest_path, 3u);
  EXPECT_EQ(bounds.values.max_calls, 0u);
  EXPECT_EQ(bounds.values.worst_first_byte_ms, 0u);
}

TEST(ComputeBoundsTest, PathsThatMultiplyAreCountedInLinearTime) {
  // 2^10000 paths: only a walk that visits each node once ends.
  GraphBuilder builder;
  builder.Start("start", "b0");
  for (int i = 0; i < 10'000; ++i) {
    const std::string model = Numbered("m", i);
    const std::string next = i == 9'999 ? "end" : Numbered("b", i + 1);
    builder.Branch(Numbered("b", i), Exists("body.x"), model, next).Call(model, Model(1), next);
  }
  builder.End();
  const FlowGraph graph = builder.Build();
  const RouteBounds bounds = ComputeBounds(graph);
  EXPECT_EQ(bounds.values.longest_path, 20'002u);
  EXPECT_EQ(bounds.values.max_calls, 10'000u);
}

}  // namespace
}  // namespace junctor::compiler
