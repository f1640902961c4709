// What a traced execution tells: each decision with the values that made it.
#pragma once

#include <cstdint>
#include <string_view>

#include "runtime/program/value.h"

namespace junctor {

// One decision of a run.
struct TraceEvent {
  uint32_t pc = 0;      // instruction
  bool taken = false;   // tests, limits, calls: whether it went to on_true
  uint32_t target = 0;  // instruction that the run goes on to
  Value operand;  // tests and switches: the slot's value; draws: the number drawn or hashed, in
                  // shares of 1/10000 %
  int32_t output =
      -1;  // splits and switches: index of the output or case that was chosen; -1: default
};

// Receives the events of one execution, in order.
class TraceSink {
 public:
  virtual ~TraceSink() = default;
  virtual void OnEvent(const TraceEvent& event) = 0;
};

}  // namespace junctor
