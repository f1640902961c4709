// The loop. All jumps go forward (the verifier's V4), so a run between two steps ends without a
// counter.
#include "runtime/interp/execution.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "runtime/interp/key_encoding.h"
#include "runtime/interp/match.h"
#include "runtime/interp/path_walk.h"
#include "runtime/interp/retry_policy.h"
#include "runtime/interp/value_test.h"
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
  path_.reserve(std::min(kMaxPath, program_->parts().elements.size()));
  if (!program_->parts().limits.empty()) {
    limit_key_.reserve(kMaxLimitKeyFields * kMaxKeyFieldBytes);
  }
}

Execution::~Execution() = default;

Step Execution::Start() {
  if (waiting_ != Waiting::kStart) return Misuse();
  pc_ = 0;
  return Run();
}

Step Execution::ResumeDraw(uint64_t uniform) {
  if (waiting_ != Waiting::kDraw) return Misuse();
  TakeShare(ShareOf(uniform));
  return Run();
}

Step Execution::ResumeLimit(const LimitAnswer& answer) {
  if (waiting_ != Waiting::kLimit) return Misuse();
  if (!answer.admitted) refused_retry_after_ms_ = answer.retry_after_ms;
  TakeBranch(answer.admitted);
  return Run();
}

Step Execution::ResumeCall(const CallAnswer& answer) {
  if (waiting_ != Waiting::kCall) return Misuse();
  const ModelSpec& model = program_->parts().models[program_->code()[pc_].operand];
  const uint32_t ordinal = calls_ - 1;
  if (!answer.error) {
    has_response_ = true;
    response_ordinal_ = ordinal;
    TakeBranch(true);
    return Run();
  }
  has_failure_ = true;
  failure_ = *answer.error;
  failure_ordinal_ = ordinal;
  if (answer.deadline_passed) return FinishAtEnd();
  const FailedAttempt failed{attempt_, failure_, answer.retry_after_ms, answer.random};
  if (const std::optional<uint32_t> delay = DelayBeforeRetry(model, failed)) {
    ++attempt_;
    return CallAttempt(*delay);
  }
  if (!LeadsToFallback(model, failure_)) return FinishWithFailure();
  TakeBranch(false);
  return Run();
}

void Execution::TakeBranch(bool taken) {
  const Instruction& instruction = program_->code()[pc_];
  const uint32_t target = taken ? instruction.on_true : instruction.on_false;
  if (trace_ != nullptr) {
    TraceEvent event;
    event.pc = pc_;
    event.taken = taken;
    event.target = target;
    trace_->OnEvent(event);
  }
  pc_ = target;
}

void Execution::TakeShare(uint32_t share) {
  const SplitSpec& split = program_->parts().splits[program_->code()[pc_].operand];
  const uint32_t output = OutputOfShare(split, share);
  const uint32_t target = split.outputs[output].target;
  if (trace_ != nullptr) {
    TraceEvent event;
    event.pc = pc_;
    event.target = target;
    event.operand = Value::Int(share);
    event.output = static_cast<int32_t>(output);
    trace_->OnEvent(event);
  }
  pc_ = target;
}

Step Execution::Run() { return trace_ == nullptr ? Loop<false>() : Loop<true>(); }

template <bool kTraced>
Step Execution::Loop() {
  const Program& program = *program_;
  const ProgramParts& parts = program.parts();
  while (true) {
    const Instruction instruction = parts.code[pc_];
    EnterElement(parts.debug[pc_]);
    switch (instruction.opcode) {
      case Opcode::kEnd:
        return FinishAtEnd();
      case Opcode::kRefuse: {
        FinishStep finish;
        finish.kind = FinishStep::Kind::kLimited;
        finish.limit = instruction.operand;
        finish.retry_after_ms = refused_retry_after_ms_;
        waiting_ = Waiting::kNothing;
        return finish;
      }
      case Opcode::kCall:
        ++calls_;
        attempt_ = 0;
        return CallAttempt(0);
      case Opcode::kLimit:
        EncodeLimitKey(parts.limits[instruction.operand].key_slots, program, &slots_, &limit_key_);
        waiting_ = Waiting::kLimit;
        return LimitStep{instruction.operand, limit_key_};
      case Opcode::kSplit: {
        const uint16_t key_slot = parts.splits[instruction.operand].key_slot;
        uint64_t hash = 0;
        if (key_slot == kNoSlot || !HashSplitKey(program.fields()[key_slot], slots_.Get(key_slot),
                                                 program.split_seed(instruction.operand), &hash)) {
          waiting_ = Waiting::kDraw;
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
        pc_ = target;
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
        pc_ = target;
        break;
      }
    }
  }
}

void Execution::TraceTest(const Instruction& instruction, const Slot& slot, bool taken,
                          uint32_t target, int32_t output) {
  std::vector<Value> storage;
  TraceEvent event;
  event.pc = pc_;
  event.taken = taken;
  event.target = target;
  event.operand = OperandOf(program_->fields()[instruction.slot], slot, &storage);
  event.output = output;
  trace_->OnEvent(event);
}

Step Execution::CallAttempt(uint32_t delay_ms) {
  waiting_ = Waiting::kCall;
  return CallStep{program_->code()[pc_].operand, calls_ - 1, attempt_, delay_ms};
}

Step Execution::FinishAtEnd() {
  if (!has_response_ && has_failure_) return FinishWithFailure();
  waiting_ = Waiting::kNothing;
  FinishStep finish;
  if (has_response_) {
    finish.kind = FinishStep::Kind::kResponse;
    finish.ordinal = response_ordinal_;
  }
  return finish;
}

Step Execution::FinishWithFailure() {
  waiting_ = Waiting::kNothing;
  FinishStep finish;
  finish.kind = FinishStep::Kind::kFailure;
  finish.ordinal = failure_ordinal_;
  finish.error = failure_;
  return finish;
}

}  // namespace junctor
