// The host of an execution, for one request that never leaves the process.
#include "engine/explain/explainer.h"

#include <algorithm>
#include <map>
#include <optional>
#include <variant>

#include "compiler/graph/condition_text.h"
#include "engine/observe/ids.h"
#include "engine/observe/json_text.h"
#include "runtime/interp/execution.h"
#include "runtime/program/disassembler.h"
#include "runtime/program/retry_rules.h"
#include "runtime/request/slots.h"

namespace junctor::engine {
namespace {

// Longest value that a step shows.
constexpr size_t kMaxShownValue = 120;

std::string ShownValue(const Value& value) {
  return value.is_missing() ? std::string("missing") : ValueToText(value, kMaxShownValue);
}

// 1/10000 percent as percent: 371204 → "37.1204".
std::string PercentText(int64_t share) {
  std::string text;
  AppendJsonReal(&text, static_cast<double>(share) / 10'000);
  return text;
}

// Dollars from nano-dollars, or a count.
std::string LimitText(const LimitSpec& limit) {
  std::string text;
  if (limit.type == LimitType::kCost) {
    text = "$";
    AppendJsonReal(&text, static_cast<double>(limit.limit) / 1e9);
  } else {
    text = std::to_string(limit.limit) + (limit.limit == 1 ? " request" : " requests");
  }
  return text + " in " + std::to_string(limit.window_seconds) + " s, " +
         (limit.technique == WindowTechnique::kFixed ? "fixed" : "sliding") + " window";
}

// Drives one execution, and takes its trace.
class Explainer : public TraceSink {
 public:
  Explainer(const std::shared_ptr<const Program>& program, const Request& request,
            const Assumptions& assumptions, uint64_t seed, const KnownLimits* limits)
      : program_(*program),
        request_(request),
        assumptions_(assumptions),
        limits_(limits),
        random_(seed),
        slots_(program.get(), &request),
        execution_(program, &request) {
    execution_.TraceTo(this);
  }

  Explanation Run() {
    result_.route = std::string(program_.route_name());
    Step step = execution_.Start();
    while (true) {
      if (const auto* finish = std::get_if<FinishStep>(&step)) {
        const std::optional<Step> on = AfterBreak(*finish);
        if (!on.has_value()) break;
        step = *on;
      } else if (std::holds_alternative<DrawStep>(step)) {
        step = execution_.ResumeDraw(random_.Next());
      } else if (const auto* limit = std::get_if<LimitStep>(&step)) {
        step = execution_.ResumeLimit(AnswerLimit(*limit));
      } else {
        step = execution_.ResumeCall(AnswerCall(std::get<CallStep>(step)));
      }
    }
    for (const uint32_t element : execution_.path()) {
      result_.path.emplace_back(program_.ElementName(element));
    }
    result_.outcome = OutcomeOf(std::get<FinishStep>(step));
    result_.elapsed_ms = now_ms_;
    return std::move(result_);
  }

  void OnEvent(const TraceEvent& event) override {
    const Instruction& instruction = program_.code()[event.pc];
    const std::string next = NextElement(event.pc, event.target);
    switch (instruction.opcode) {
      case Opcode::kCall:
      case Opcode::kLimit:
        // The step itself was written when it was answered.
        result_.steps.back().next = next;
        return;
      case Opcode::kSplit:
        AddSplit(instruction, event).next = next;
        return;
      case Opcode::kSwitch:
        AddSwitch(instruction, event).next = next;
        return;
      default:
        AddTest(instruction, event).next = next;
    }
  }

 private:
  ExplainedStep& Add(ExplainedStep::Kind kind, std::string_view element) {
    ExplainedStep& step = result_.steps.emplace_back();
    step.kind = kind;
    step.element = std::string(element);
    return step;
  }

  // The element that `target` belongs to, where it is another one than that of `pc`.
  std::string NextElement(uint32_t pc, uint32_t target) const {
    const std::string_view from = program_.ElementOf(pc);
    const std::string_view to = program_.ElementOf(target);
    return from == to ? std::string() : std::string(to);
  }

  ExplainedField FieldOf(uint16_t slot) {
    const Field& field = program_.fields()[slot];
    const Slot& filled = slots_.Get(slot);
    const bool whole =
        filled.state == Slot::State::kScalar || filled.path_from == field.segments.size();
    return {field.text, whole ? ShownValue(filled.value) : "several values"};
  }

  ExplainedStep& AddTest(const Instruction& instruction, const TraceEvent& event) {
    ExplainedStep& step = Add(ExplainedStep::Kind::kTest, program_.ElementOf(event.pc));
    step.fields.push_back({program_.fields()[instruction.slot].text, ShownValue(event.operand)});
    step.test = TestText(instruction);
    step.holds = event.taken;
    return step;
  }

  ExplainedStep& AddSwitch(const Instruction& instruction, const TraceEvent& event) {
    ExplainedStep& step = Add(ExplainedStep::Kind::kSwitch, program_.ElementOf(event.pc));
    step.fields.push_back({program_.fields()[instruction.slot].text, ShownValue(event.operand)});
    step.holds = event.output >= 0;
    if (step.holds) {
      const SwitchSpec& spec = program_.parts().switches[instruction.operand];
      const uint32_t constant = spec.cases[static_cast<size_t>(event.output)].constant;
      step.operand = ShownValue(program_.parts().constants[constant]);
    }
    return step;
  }

  ExplainedStep& AddSplit(const Instruction& instruction, const TraceEvent& event) {
    const SplitSpec& split = program_.parts().splits[instruction.operand];
    ExplainedStep& step = Add(ExplainedStep::Kind::kSplit, program_.ElementOf(event.pc));
    if (split.key_slot != kNoSlot) {
      step.fields.push_back(FieldOf(split.key_slot));
      step.sticky = step.fields.front().value != ShownValue(Value());
    }
    step.operand = split.outputs[static_cast<size_t>(event.output)].label;
    step.share = PercentText(event.operand.integer());
    return step;
  }

  LimitAnswer AnswerLimit(const LimitStep& asked) {
    const LimitSpec& limit = program_.parts().limits[asked.limit];
    const std::string_view element = program_.ElementName(limit.element);
    const AssumedAnswer& assumed = assumptions_.Of(element, 0);
    ExplainedStep& step = Add(ExplainedStep::Kind::kLimit, element);
    for (const uint16_t slot : limit.key_slots) step.fields.push_back(FieldOf(slot));
    step.operand = LimitText(limit);
    if (limits_ != nullptr && !assumptions_.Has(element)) {
      const LimitOutlook outlook =
          OutlookOf(limit, element, asked.key, *limits_,
                    limit.reserve ? HoldOf(program_, request_, *limits_) : std::nullopt);
      step.window = ExplainedWindow{limit.type, outlook};
      step.holds = outlook.admitted;
      return {outlook.admitted, outlook.retry_after_ms};
    }
    step.assumed = assumed.text;
    step.holds = !assumed.limited;
    LimitAnswer answer;
    answer.admitted = !assumed.limited;
    return answer;
  }

  CallAnswer AnswerCall(const CallStep& asked) {
    const ModelSpec& model = program_.parts().models[asked.model];
    const std::string_view element = program_.ElementName(model.element);
    const AssumedAnswer& assumed = assumptions_.Of(element, asked.attempt);
    if (assumed.skipped) return Skip(asked, model, element);
    // What is held breaks before any of it is sent; anything else is a success first.
    const bool breaks_later = assumed.error == ErrorClass::kStream &&
                              model.on_stream_failure != StreamFailurePolicy::kHold;
    breaking_.erase(asked.ordinal);
    if (breaks_later) breaking_.emplace(asked.ordinal, execution_.Mark());
    last_ordinals_[asked.ordinal] = asked.model;
    last_status_ = assumed.status;

    const uint64_t deadline = program_.parts().deadline_ms;
    now_ms_ += asked.delay_ms;
    if (assumed.error == ErrorClass::kTimeout) now_ms_ += model.timeout_ms;
    // The deadline cuts an attempt short; whoever answers at once is within it.
    const bool deadline_passed = deadline > 0 && now_ms_ >= deadline;
    if (deadline_passed) now_ms_ = deadline;

    ExplainedStep& step = Add(ExplainedStep::Kind::kCall, element);
    step.operand = model.provider + "/" + model.model;
    step.attempt = asked.attempt + 1;
    step.attempts = model.retries + 1u;
    step.delay_ms = asked.delay_ms;
    step.assumed = assumed.text;
    step.at_ms = now_ms_;
    CallAnswer answer;
    if (!breaks_later) answer.error = assumed.error;
    step.holds = !answer.error.has_value();
    if (answer.error.has_value()) step.error = std::string(ErrorClassName(*answer.error));
    answer.deadline_passed = deadline_passed && answer.error.has_value();
    answer.random = random_.Next();
    result_.outcome.deadline_passed = answer.deadline_passed;
    return answer;
  }

  // A target that is known to be down is passed over where that leads to a fallback, and is called
  // all the same where it does not.
  CallAnswer Skip(const CallStep& asked, const ModelSpec& model, std::string_view element) {
    const bool is_skipped = LeadsToFallback(model, ErrorClass::kOverloaded);
    last_ordinals_[asked.ordinal] = asked.model;
    last_status_ = 0;
    breaking_.erase(asked.ordinal);
    ExplainedStep& step = Add(ExplainedStep::Kind::kCall, element);
    step.operand = model.provider + "/" + model.model;
    step.attempt = asked.attempt + 1;
    step.attempts = model.retries + 1u;
    step.assumed = is_skipped ? "skipped" : "ok, there is no fallback to skip to";
    step.holds = !is_skipped;
    step.at_ms = now_ms_;
    CallAnswer answer;
    if (!is_skipped) return answer;
    step.error = std::string(ErrorClassName(ErrorClass::kOverloaded));
    answer.error = ErrorClass::kOverloaded;
    answer.no_retry = true;
    return answer;
  }

  // What follows where the response that `finish` answers with breaks off as assumed; nothing where
  // the run ends with `finish`.
  std::optional<Step> AfterBreak(const FinishStep& finish) {
    if (finish.kind != FinishStep::Kind::kResponse) return std::nullopt;
    const auto found = breaking_.find(finish.ordinal);
    if (found == breaking_.end()) return std::nullopt;
    const ModelSpec& model = program_.parts().models[last_ordinals_.at(finish.ordinal)];
    ExplainedStep& step = Add(ExplainedStep::Kind::kBreak, program_.ElementName(model.element));
    step.operand = model.provider + "/" + model.model;
    step.assumed = model.on_stream_failure == StreamFailurePolicy::kContinue ? "continue" : "error";
    is_broken_ = true;
    execution_.Rewind(found->second);
    CallAnswer broken;
    broken.error = ErrorClass::kStream;
    broken.random = random_.Next();
    return execution_.ResumeCall(broken);
  }

  ExplainedOutcome OutcomeOf(const FinishStep& finish) {
    ExplainedOutcome outcome;
    outcome.deadline_passed = result_.outcome.deadline_passed;
    const auto name_call = [&] {
      const ModelSpec& model = program_.parts().models[last_ordinals_.at(finish.ordinal)];
      outcome.element = std::string(program_.ElementName(model.element));
      outcome.model = model.provider + "/" + model.model;
    };
    switch (finish.kind) {
      case FinishStep::Kind::kResponse:
        outcome.kind = "response";
        outcome.status = 200;
        name_call();
        break;
      case FinishStep::Kind::kFailure:
        outcome.kind = is_broken_ ? "broken_stream" : "failure";
        outcome.error = std::string(ErrorClassName(finish.error));
        outcome.status = is_broken_ ? 200 : FailureStatus(finish.error);
        name_call();
        break;
      case FinishStep::Kind::kLimited: {
        outcome.kind = "limited";
        outcome.status = 429;
        const LimitSpec& limit = program_.parts().limits[finish.limit];
        outcome.element = std::string(program_.ElementName(limit.element));
        break;
      }
      case FinishStep::Kind::kNoModelResponse:
        outcome.kind = "no_model_response";
        outcome.status = 500;
        break;
      case FinishStep::Kind::kMisuse:
        outcome.kind = "internal_error";
        outcome.status = 500;
        break;
    }
    return outcome;
  }

  // What the caller gets for a failure (R28): the upstream's own status, 504 for a timeout, 502
  // where there was no connection.
  int FailureStatus(ErrorClass error) const {
    if (last_status_ != 0) return last_status_;
    switch (error) {
      case ErrorClass::kTimeout:
        return 504;
      case ErrorClass::kRateLimit:
      case ErrorClass::kQuota:
        return 429;
      case ErrorClass::kAuth:
        return 401;
      case ErrorClass::kOverloaded:
        return 503;
      case ErrorClass::kServerError:
        return 500;
      case ErrorClass::kContextLength:
      case ErrorClass::kContentFilter:
      case ErrorClass::kBadRequest:
        return 400;
      default:
        return 502;
    }
  }

  // The test as people write it: `metadata.plan eq "pro"`.
  std::string TestText(const Instruction& instruction) const {
    const ProgramParts& parts = program_.parts();
    compiler::Condition condition;
    condition.kind = compiler::Condition::Kind::kTest;
    compiler::Test& test = condition.test;
    test.opcode = instruction.opcode;
    test.field = program_.fields()[instruction.slot].text;
    test.flags = instruction.flags;
    switch (InfoOf(instruction.opcode).operand) {
      case OperandKind::kMatcher:
        return test.field + " " + std::string(InfoOf(instruction.opcode).name);
      case OperandKind::kPattern:
        test.pattern = parts.patterns[instruction.operand].pattern;
        test.pattern_options = parts.patterns[instruction.operand].options;
        break;
      case OperandKind::kTypeMask:
        test.type_mask = instruction.operand;
        break;
      case OperandKind::kNone:
        break;
      default:
        test.constant = parts.constants[instruction.operand];
    }
    return compiler::ConditionToText(condition);
  }

  const Program& program_;
  const Request& request_;
  const Assumptions& assumptions_;
  const KnownLimits* const limits_;  // null: nothing is known
  RandomSource random_;
  SlotFrame slots_;  // for keys, which the trace does not tell
  Execution execution_;
  Explanation result_;
  std::map<uint32_t, uint32_t> last_ordinals_;  // model by ordinal of its call
  // Responses that will break off, by the ordinals of their calls: the run before they were there.
  std::map<uint32_t, Execution::Checkpoint> breaking_;
  bool is_broken_ = false;  // one has, and the caller has a part of it
  uint64_t now_ms_ = 0;
  int last_status_ = 0;
};

}  // namespace

Explanation Explain(const std::shared_ptr<const Program>& program, const Request& request,
                    const Assumptions& assumptions, uint64_t seed, const KnownLimits* limits) {
  return Explainer(program, request, assumptions, seed, limits).Run();
}

}  // namespace junctor::engine
