// One run of a program over one request: a machine that stops whenever it needs the world.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <span>
#include <string>

#include "runtime/interp/step.h"
#include "runtime/interp/trace.h"
#include "runtime/program/program.h"
#include "runtime/request/request.h"
#include "runtime/request/slots.h"

namespace junctor {

// One run of one program. Movable, not copyable, not thread-safe; keeps its program alive.
// Deterministic: the same program, request and answers give the same steps. After construction
// nothing is allocated per step, but for fields that are arrays or documents.
class Execution {
 public:
  // Elements that path() keeps.
  static constexpr size_t kMaxPath = 64;

  // Where a run stands while it waits for the answer to a step: a copy of its state, some 300 bytes
  // of plain data, that owns and views nothing.
  class Checkpoint;

  // `request` and what it views must outlive the execution.
  Execution(std::shared_ptr<const Program> program, const Request* request);
  Execution(Execution&&) noexcept = default;
  Execution& operator=(Execution&&) noexcept = default;
  ~Execution();

  // Runs to the first step. Call once.
  Step Start();
  // Each answers the step that was returned last, and runs on to the next. Any other order yields
  // FinishStep::kMisuse.
  Step ResumeDraw(uint64_t uniform);
  Step ResumeLimit(const LimitAnswer& answer);
  Step ResumeCall(const CallAnswer& answer);

  // Remembers where the run stands, so that the step that was returned last can be answered again,
  // otherwise. Call while that step waits for its answer.
  //
  // What it is for:
  //   A stream that breaks (R22). The host marks before it resumes with a success. When that
  //   response is the one that it sends, and the policy of its model is kContinue, and it breaks,
  //   the host rewinds and resumes with kStream. See CallAnswer::error for what follows.
  //   A hedge. The host marks, resumes with a failure and `no_retry`, and so learns the call that
  //   the fallback leads to. It makes that call beside the first one and may rewind to answer the
  //   first; a mark taken at the second call leads back to that.
  Checkpoint Mark() const;

  // Puts the run back to where it stood at `checkpoint`, and returns the step that waited there,
  // which is to be answered next. Ordinals, attempts, path() and what the run would end with are as
  // they were; fields of the request stay read. A run that is given the same answers takes the same
  // steps with the same ordinals. A LimitStep is returned with its key, valid until the next
  // resume; keys of steps before are not valid any more.
  //
  // Any checkpoint of this execution may be gone back to, any number of times and in any order,
  // also after the execution was moved or its run has ended. It does not undo what the host did:
  // whatever a limit took stays taken, and a call made stays made. The trace sink is not told.
  // A checkpoint that was taken while no step waited is FinishStep::kMisuse, and changes nothing.
  Step Rewind(const Checkpoint& checkpoint);

  // As Start and Resume…, and tells `sink` of each test, draw and effect. The sink is called during
  // later resumes too and must outlive the execution. Call before Start.
  void TraceTo(TraceSink* sink) { trace_ = sink; }

  // Elements that this run has come through so far, in order, as indices into the program's
  // elements; the first kMaxPath are kept. Valid until the next resume or rewind.
  std::span<const uint32_t> path() const { return {state_.path.data(), state_.path_size}; }

  const Program& program() const { return *program_; }
  const std::shared_ptr<const Program>& shared_program() const { return program_; }

 private:
  enum class Waiting : uint8_t { kStart, kDraw, kLimit, kCall, kNothing };

  // All that changes as a run goes on, but for slots and buffers, which only depend on the request
  // and the step.
  struct State {
    uint32_t pc = 0;
    Waiting waiting = Waiting::kStart;
    bool has_response = false;
    bool has_failure = false;
    // A response has broken off after its caller got part of it: nothing but the rest of it can be
    // answered (R22).
    bool is_continuation = false;
    ErrorClass failure = ErrorClass::kConnect;
    uint32_t calls = 0;     // model elements begun so far
    uint32_t attempt = 0;   // of the current model element
    uint32_t delay_ms = 0;  // before that attempt
    uint32_t response_ordinal = 0;
    uint32_t failure_ordinal = 0;
    uint64_t refused_retry_after_ms = 0;
    uint32_t path_size = 0;
    std::array<uint32_t, kMaxPath> path = {};
  };

  Step Run();
  template <bool kTraced>
  Step Loop();
  LimitStep AskLimit();
  // The end, with what there is: the held response, else the last failure, else nothing (R23, R27).
  Step FinishAtEnd();
  Step FinishWithFailure();
  Step CallAttempt(uint32_t delay_ms);
  // Goes on from the effect at pc_.
  void TakeBranch(bool taken);
  void TakeShare(uint32_t share);
  void TraceTest(const Instruction& instruction, const Slot& slot, bool taken, uint32_t target,
                 int32_t output);
  void EnterElement(uint32_t element) {
    if (element == kNoElement) return;
    if (state_.path_size > 0 && state_.path[state_.path_size - 1] == element) return;
    if (state_.path_size < kMaxPath) state_.path[state_.path_size++] = element;
  }

  std::shared_ptr<const Program> program_;
  SlotFrame slots_;
  TraceSink* trace_ = nullptr;
  std::string limit_key_;
  State state_;
};

class Execution::Checkpoint {
 private:
  friend class Execution;
  explicit Checkpoint(const State& state) : state_(state) {}
  State state_;
};

}  // namespace junctor
