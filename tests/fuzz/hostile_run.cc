#include "tests/fuzz/hostile_run.h"

#include <map>
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

  // The run has gone back to an earlier place.
  void Rewound() {
    reached_ = 0;
    events_ = 0;
  }

 private:
  const Program& program_;
  uint32_t reached_ = 0;
  size_t events_ = 0;
};

// A host that answers steps at random, has slow calls raced by those of their fallbacks, and has
// responses break off while it sends them.
class HostileHost {
 public:
  HostileHost(std::shared_ptr<const Program> program, const Request& request, uint64_t seed)
      : program_(*program), random_(seed), sink_(*program), execution_(program, &request) {
    if (seed % 2 == 0) execution_.TraceTo(&sink_);
  }

  FinishStep Run() {
    Step step = execution_.Start();
    while (true) {
      if (const auto* draw = std::get_if<DrawStep>(&step)) {
        step = Answer(*draw);
      } else if (const auto* limit = std::get_if<LimitStep>(&step)) {
        step = Answer(*limit);
      } else if (const auto* call = std::get_if<CallStep>(&step)) {
        Begin(*call);
        step = IsHedged(*call) ? Race(*call) : Answer(*call);
      } else {
        const FinishStep finish = std::get<FinishStep>(step);
        JUNCTOR_FUZZ_CHECK(finish.kind != FinishStep::Kind::kMisuse);
        JUNCTOR_FUZZ_CHECK(execution_.path().size() <= Execution::kMaxPath);
        if (!Breaks(finish)) return finish;
        const Response response = responses_.at(finish.ordinal);
        Rewind(response.before);
        CallAnswer broken = Failure();
        broken.error = ErrorClass::kStream;
        // Once a hedge has run, its element makes no further attempts.
        broken.no_retry = broken.no_retry || response.is_raced;
        step = execution_.ResumeCall(broken);
      }
    }
  }

 private:
  // A response that may be sent: whose it is, and the run before it was there.
  struct Response {
    uint32_t model;
    Execution::Checkpoint before;
    bool is_raced;  // its call won against a hedge
  };

  const ModelSpec& ModelOf(const CallStep& call) const {
    return program_.parts().models.at(call.model);
  }

  void Begin(const CallStep& call) {
    JUNCTOR_FUZZ_CHECK(call.attempt <= ModelOf(call).retries);
    JUNCTOR_FUZZ_CHECK(++calls_ <= program_.bounds().max_calls);
  }

  void Rewind(const Execution::Checkpoint& checkpoint) {
    const Step step = execution_.Rewind(checkpoint);
    JUNCTOR_FUZZ_CHECK(std::holds_alternative<CallStep>(step));
    sink_.Rewound();
  }

  Step Answer(const DrawStep& step) {
    JUNCTOR_FUZZ_CHECK(step.split < program_.parts().splits.size());
    const uint64_t edge = random_() % 4;
    return execution_.ResumeDraw(edge == 0 ? 0 : edge == 1 ? ~uint64_t{0} : random_());
  }

  Step Answer(const LimitStep& step) {
    JUNCTOR_FUZZ_CHECK(step.limit < program_.parts().limits.size());
    LimitAnswer answer;
    answer.admitted = random_() % 3 != 0;
    answer.retry_after_ms = random_();
    return execution_.ResumeLimit(answer);
  }

  Step Answer(const CallStep& call) {
    return random_() % 4 != 0 ? execution_.ResumeCall(Failure()) : Succeed(call, false);
  }

  CallAnswer Failure() {
    CallAnswer answer;
    answer.error = static_cast<ErrorClass>(random_() % kErrorClassCount);
    if (random_() % 4 == 0) answer.retry_after_ms = random_() >> (random_() % 64);
    answer.deadline_passed = random_() % 16 == 0;
    answer.no_retry = random_() % 8 == 0;
    answer.random = random_();
    return answer;
  }

  Step Succeed(const CallStep& call, bool is_raced) {
    responses_.insert_or_assign(call.ordinal, Response{call.model, execution_.Mark(), is_raced});
    return execution_.ResumeCall({});
  }

  bool IsHedged(const CallStep& call) {
    return ModelOf(call).hedge_after_ms != 0 && random_() % 2 == 0;
  }

  bool Breaks(const FinishStep& finish) {
    if (finish.kind != FinishStep::Kind::kResponse) return false;
    const ModelSpec& model = program_.parts().models.at(responses_.at(finish.ordinal).model);
    return model.on_stream_failure == StreamFailurePolicy::kContinue && random_() % 4 != 0;
  }

  // Begins the call of the fallback beside `call`, which was begun, and has one of them win.
  Step Race(const CallStep& call) {
    const Execution::Checkpoint first = execution_.Mark();
    CallAnswer slow;
    slow.error = ErrorClass::kTimeout;
    slow.no_retry = true;
    Step step = execution_.ResumeCall(slow);
    while (!std::holds_alternative<CallStep>(step)) {
      if (const auto* draw = std::get_if<DrawStep>(&step)) {
        step = Answer(*draw);
      } else if (const auto* limit = std::get_if<LimitStep>(&step)) {
        step = Answer(*limit);
      } else {  // no call there
        Rewind(first);
        return Answer(call);
      }
    }
    const CallStep hedge = std::get<CallStep>(step);
    Begin(hedge);
    const Execution::Checkpoint second = execution_.Mark();
    Rewind(first);
    if (random_() % 2 == 0) return Succeed(call, true);
    Rewind(second);
    return Answer(hedge);
  }

  const Program& program_;
  std::mt19937_64 random_;
  ForwardSink sink_;
  Execution execution_;
  std::map<uint32_t, Response> responses_;  // by ordinal
  uint64_t calls_ = 0;
};

}  // namespace

FinishStep RunToEnd(std::shared_ptr<const Program> program, const Request& request, uint64_t seed) {
  return HostileHost(std::move(program), request, seed).Run();
}

void RunHostile(const std::shared_ptr<const Program>& program, uint64_t seed) {
  constexpr uint64_t kRuns = 4;
  for (uint64_t run = 0; run < kRuns; ++run) {
    const HostileRequest request(*program, seed * kRuns + run);
    RunToEnd(program, request.request(), run);
  }
}

}  // namespace junctor
