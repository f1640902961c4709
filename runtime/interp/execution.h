// One run of a program over one request: a machine that stops whenever it needs the world.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

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

  // As Start and Resume…, and tells `sink` of each test, draw and effect. The sink is called during
  // later resumes too and must outlive the execution. Call before Start.
  void TraceTo(TraceSink* sink) { trace_ = sink; }

  // Elements that this run has come through so far, in order, as indices into the program's
  // elements; at most kMaxPath are kept.
  std::span<const uint32_t> path() const { return path_; }
  static constexpr size_t kMaxPath = 64;

  const Program& program() const { return *program_; }
  const std::shared_ptr<const Program>& shared_program() const { return program_; }

 private:
  enum class Waiting : uint8_t { kStart, kDraw, kLimit, kCall, kNothing };

  Step Run();
  template <bool kTraced>
  Step Loop();
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
    if (element == kNoElement || (!path_.empty() && path_.back() == element)) return;
    if (path_.size() < kMaxPath) path_.push_back(element);
  }

  std::shared_ptr<const Program> program_;
  SlotFrame slots_;
  TraceSink* trace_ = nullptr;
  std::vector<uint32_t> path_;
  std::string limit_key_;
  uint32_t pc_ = 0;
  Waiting waiting_ = Waiting::kStart;
  uint32_t calls_ = 0;    // model elements begun so far
  uint32_t attempt_ = 0;  // of the current model element
  bool has_response_ = false;
  uint32_t response_ordinal_ = 0;
  bool has_failure_ = false;
  uint32_t failure_ordinal_ = 0;
  ErrorClass failure_ = ErrorClass::kConnect;
  uint64_t refused_retry_after_ms_ = 0;
};

}  // namespace junctor
