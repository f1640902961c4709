#include "tests/fuzz/hostile_run.h"

#include <utility>

#include "runtime/interp/execution.h"
#include "runtime/interp/trace.h"
#include "tests/fuzz/fuzz_target.h"

namespace junctor {
namespace {

// Holds the events of a run to the one rule that makes it end: forward.
class ForwardSink : public TraceSink {
 public:
  explicit ForwardSink(const Program& program) : program_(program) {}

  void OnEvent(const TraceEvent& event) override {
    JUNCTOR_FUZZ_CHECK(event.pc >= reached_);
    JUNCTOR_FUZZ_CHECK(event.target > event.pc);
    JUNCTOR_FUZZ_CHECK(event.target < program_.code().size());
    reached_ = event.target;
    JUNCTOR_FUZZ_CHECK(++events_ < program_.code().size());
  }

 private:
  const Program& program_;
  uint32_t reached_ = 0;
  size_t events_ = 0;
};

// Answers steps at random.
class HostileWorld {
 public:
  HostileWorld(const Program& program, uint64_t seed) : program_(program), random_(seed) {}

  Step Answer(const DrawStep& step, Execution* execution) {
    JUNCTOR_FUZZ_CHECK(step.split < program_.parts().splits.size());
    const uint64_t edge = random_() % 4;
    return execution->ResumeDraw(edge == 0 ? 0 : edge == 1 ? ~uint64_t{0} : random_());
  }

  Step Answer(const LimitStep& step, Execution* execution) {
    JUNCTOR_FUZZ_CHECK(step.limit < program_.parts().limits.size());
    LimitAnswer answer;
    answer.admitted = random_() % 3 != 0;
    answer.retry_after_ms = random_();
    return execution->ResumeLimit(answer);
  }

  Step Answer(const CallStep& step, Execution* execution) {
    const ModelSpec& model = program_.parts().models.at(step.model);
    JUNCTOR_FUZZ_CHECK(step.attempt <= model.retries);
    JUNCTOR_FUZZ_CHECK(++calls_ <= program_.bounds().max_calls);
    CallAnswer answer;
    if (random_() % 4 != 0) answer.error = static_cast<ErrorClass>(random_() % kErrorClassCount);
    if (random_() % 4 == 0) answer.retry_after_ms = random_() >> (random_() % 64);
    answer.deadline_passed = random_() % 16 == 0;
    answer.random = random_();
    return execution->ResumeCall(answer);
  }

 private:
  const Program& program_;
  std::mt19937_64 random_;
  uint64_t calls_ = 0;
};

}  // namespace

FinishStep RunToEnd(std::shared_ptr<const Program> program, const Request& request, uint64_t seed) {
  ForwardSink sink(*program);
  HostileWorld world(*program, seed);
  Execution execution(program, &request);
  const bool is_traced = seed % 2 == 0;
  if (is_traced) execution.TraceTo(&sink);
  Step step = execution.Start();
  while (true) {
    if (const auto* draw = std::get_if<DrawStep>(&step)) {
      step = world.Answer(*draw, &execution);
    } else if (const auto* limit = std::get_if<LimitStep>(&step)) {
      step = world.Answer(*limit, &execution);
    } else if (const auto* call = std::get_if<CallStep>(&step)) {
      step = world.Answer(*call, &execution);
    } else {
      const FinishStep finish = std::get<FinishStep>(step);
      JUNCTOR_FUZZ_CHECK(finish.kind != FinishStep::Kind::kMisuse);
      JUNCTOR_FUZZ_CHECK(execution.path().size() <= Execution::kMaxPath);
      return finish;
    }
  }
}

void RunHostile(const std::shared_ptr<const Program>& program, uint64_t seed) {
  constexpr uint64_t kRuns = 4;
  for (uint64_t run = 0; run < kRuns; ++run) {
    const HostileRequest request(*program, seed * kRuns + run);
    RunToEnd(program, request.request(), run);
  }
}

}  // namespace junctor
