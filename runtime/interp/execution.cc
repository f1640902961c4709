// The loop. All jumps go forward (the verifier's V4), so a run between two steps ends without a
// counter.
#include "runtime/interp/execution.h"

#include <utility>
#include <vector>

#include "runtime/interp/key_encoding.h"
#include "runtime/interp/match.h"
#include "runtime/interp/path_walk.h"
#include "runtime/interp/retry_policy.h"
#include "runtime/interp/value_test.h"
#include "runtime/program/retry_rules.h"
#include "runtime/program/switch_table.h"

namespace junctor {
namespace {

FinishStep Misuse() {
  FinishStep finish;
  finish.kind = FinishStep::Kind::kMisuse;
  return finish;
}

uint32_t OutputOfShare(const SplitSpec& split, uint32_t share) {
  uint32_t output = 0;
  while (share >= split.outputs[output].threshold) ++output;
  return output;
}

// What a trace shows of a slot: its value, or, where the path goes on through an array, all that it
// leads to. `storage` keeps the latter.
Value OperandOf(const Field& field, const Slot& slot, std::vector<Value>* storage) {
  if (slot.state == Slot::State::kScalar || slot.path_from == field.segments.size()) {
    return slot.value;
  }
  const auto visit = [&](const Value& value) {
    if (!value.is_missing()) storage->push_back(value);
    return false;
  };
  PathWalk(field.segments, LeafArrays::kKeep, visit).From(slot.value, slot.path_from);
  if (storage->empty()) return Value();
  if (storage->size() == 1) return storage->front();
  return Value::Array(storage->data(), static_cast<uint32_t>(storage->size()));
}

}  // namespace

Execution::Execution(std::shared_ptr<const Program> program, const Request* request)
    : program_(std::move(program)), slots_(program_.get(), request) {
  // All that a step will need is taken here.
  if (!program_->parts().limits.empty()) {
    limit_key_.reserve(kMaxLimitKeyFields * kMaxKeyFieldBytes);
  }
}

Execution::~Execution() = default;

Step Execution::Start() {
  if (state_.waiting != Waiting::kStart) return Misuse();
  state_.pc = 0;
  return Run();
}

Step Execution::ResumeDraw(uint64_t uniform) {
  if (state_.waiting != Waiting::kDraw) return Misuse();
  TakeShare(ShareOf(uniform));
  return Run();
}

Step Execution::ResumeLimit(const LimitAnswer& answer) {
  if (state_.waiting != Waiting::kLimit) return Misuse();
  if (!answer.admitted) state_.refused_retry_after_ms = answer.retry_after_ms;
  TakeBranch(answer.admitted);
  return Run();
}

Step Execution::ResumeCall(const CallAnswer& answer) {
  if (state_.waiting != Waiting::kCall) return Misuse();
  const ModelSpec& model = program_->parts().models[program_->code()[state_.pc].operand];
  const uint32_t ordinal = state_.calls - 1;
  if (!answer.error) {
    state_.has_response = true;
    state_.response_ordinal = ordinal;
    if (state_.is_continuation) return FinishAtEnd();
    TakeBranch(true);
    return Run();
  }
  state_.has_failure = true;
  state_.failure = *answer.error;
  state_.failure_ordinal = ordinal;
  if (*answer.error == ErrorClass::kStream &&
      model.on_stream_failure != StreamFailurePolicy::kHold) {
    // The caller has part of this response, so no earlier one can be answered in its place.
    state_.is_continuation = true;
    state_.has_response = false;
  }
  if (answer.deadline_passed) return FinishAtEnd();
  const FailedAttempt failed{state_.attempt, state_.failure, answer.retry_after_ms, answer.random};
  const std::optional<uint32_t> delay =
      answer.no_retry ? std::nullopt : DelayBeforeRetry(model, failed);
  if (delay) {
    ++state_.attempt;
    return CallAttempt(*delay);
  }
  if (!LeadsToFallback(model, state_.failure)) return FinishWithFailure();
  TakeBranch(false);
  return Run();
}

Execution::Checkpoint Execution::Mark() const { return Checkpoint(state_); }

Step Execution::Rewind(const Checkpoint& checkpoint) {
  switch (checkpoint.state_.waiting) {
    case Waiting::kStart:
    case Waiting::kNothing:
      return Misuse();
    case Waiting::kDraw:
      state_ = checkpoint.state_;
      return DrawStep{program_->code()[state_.pc].operand};
    case Waiting::kLimit:
      state_ = checkpoint.state_;
      return AskLimit();
    case Waiting::kCall:
      state_ = checkpoint.state_;
      return CallAttempt(state_.delay_ms);
  }
  return Misuse();
}

void Execution::TakeBranch(bool taken) {
  const Instruction& instruction = program_->code()[state_.pc];
  const uint32_t target = taken ? instruction.on_true : instruction.on_false;
  if (trace_ != nullptr) {
    TraceEvent event;
    event.pc = state_.pc;
    event.taken = taken;
    event.target = target;
    trace_->OnEvent(event);
  }
  state_.pc = target;
}

void Execution::TakeShare(uint32_t share) {
  const SplitSpec& split = program_->parts().splits[program_->code()[state_.pc].operand];
  const uint32_t output = OutputOfShare(split, share);
  const uint32_t target = split.outputs[output].target;
  if (trace_ != nullptr) {
    TraceEvent event;
    event.pc = state_.pc;
    event.target = target;
    event.operand = Value::Int(share);
    event.output = static_cast<int32_t>(output);
    trace_->OnEvent(event);
  }
  state_.pc = target;
}

Step Execution::Run() { return trace_ == nullptr ? Loop<false>() : Loop<true>(); }

template <bool kTraced>
Step Execution::Loop() {
  const Program& program = *program_;
  const ProgramParts& parts = program.parts();
  while (true) {
    const Instruction instruction = parts.code[state_.pc];
    EnterElement(parts.debug[state_.pc]);
    switch (instruction.opcode) {
      case Opcode::kEnd:
        return FinishAtEnd();
      case Opcode::kRefuse: {
        FinishStep finish;
        finish.kind = FinishStep::Kind::kLimited;
        finish.limit = instruction.operand;
        finish.retry_after_ms = state_.refused_retry_after_ms;
        state_.waiting = Waiting::kNothing;
        return finish;
      }
      case Opcode::kCall:
        ++state_.calls;
        state_.attempt = 0;
        return CallAttempt(0);
      case Opcode::kLimit:
        return AskLimit();
      case Opcode::kSplit: {
        const uint16_t key_slot = parts.splits[instruction.operand].key_slot;
        uint64_t hash = 0;
        if (key_slot == kNoSlot || !HashSplitKey(program.fields()[key_slot], slots_.Get(key_slot),
                                                 program.split_seed(instruction.operand), &hash)) {
          state_.waiting = Waiting::kDraw;
          return DrawStep{instruction.operand};
        }
        TakeShare(ShareOf(hash));
        break;
      }
      case Opcode::kSwitch: {
        const SwitchSpec& spec = parts.switches[instruction.operand];
        const Slot& slot = slots_.Get(instruction.slot);
        const uint32_t chosen =
            slot.state == Slot::State::kScalar
                ? program.switch_table(instruction.operand).Find(slot.value)
                : CaseAlong(program, instruction.operand, slot.value,
                            program.fields()[instruction.slot].segments, slot.path_from);
        const bool is_case = chosen != SwitchTable::kNoCase;
        const uint32_t target = is_case ? spec.cases[chosen].target : spec.default_target;
        if constexpr (kTraced) {
          TraceTest(instruction, slot, is_case, target,
                    is_case ? static_cast<int32_t>(chosen) : int32_t{-1});
        }
        state_.pc = target;
        break;
      }
      default: {
        const ValueTest test{instruction.opcode, instruction.flags, instruction.operand};
        const Slot& slot = slots_.Get(instruction.slot);
        const bool taken =
            slot.state == Slot::State::kScalar
                ? HoldsOfScalar(program, test, slot.value)
                : HoldsAlong(program, test, slot.value, program.fields()[instruction.slot].segments,
                             slot.path_from);
        const uint32_t target = taken ? instruction.on_true : instruction.on_false;
        if constexpr (kTraced) TraceTest(instruction, slot, taken, target, -1);
        state_.pc = target;
        break;
      }
    }
  }
}

void Execution::TraceTest(const Instruction& instruction, const Slot& slot, bool taken,
                          uint32_t target, int32_t output) {
  std::vector<Value> storage;
  TraceEvent event;
  event.pc = state_.pc;
  event.taken = taken;
  event.target = target;
  event.operand = OperandOf(program_->fields()[instruction.slot], slot, &storage);
  event.output = output;
  trace_->OnEvent(event);
}

LimitStep Execution::AskLimit() {
  const uint32_t limit = program_->code()[state_.pc].operand;
  EncodeLimitKey(program_->parts().limits[limit].key_slots, *program_, &slots_, &limit_key_);
  state_.waiting = Waiting::kLimit;
  return LimitStep{limit, limit_key_};
}

Step Execution::CallAttempt(uint32_t delay_ms) {
  state_.waiting = Waiting::kCall;
  state_.delay_ms = delay_ms;
  return CallStep{program_->code()[state_.pc].operand, state_.calls - 1, state_.attempt, delay_ms};
}

Step Execution::FinishAtEnd() {
  if (!state_.has_response && state_.has_failure) return FinishWithFailure();
  state_.waiting = Waiting::kNothing;
  FinishStep finish;
  if (state_.has_response) {
    finish.kind = FinishStep::Kind::kResponse;
    finish.ordinal = state_.response_ordinal;
  }
  return finish;
}

Step Execution::FinishWithFailure() {
  state_.waiting = Waiting::kNothing;
  FinishStep finish;
  finish.kind = FinishStep::Kind::kFailure;
  finish.ordinal = state_.failure_ordinal;
  finish.error = state_.failure;
  return finish;
}

}  // namespace junctor
