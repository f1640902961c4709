// A model with a fallback to another, and what tests of runs say to it.
#pragma once

#include <memory>

#include "gtest/gtest.h"
#include "runtime/interp/step.h"
#include "tests/unit/runtime/interp/program_builder.h"

namespace junctor::testing {

inline ModelSpec Model(uint8_t retries, bool has_fallback) {
  ModelSpec model;
  model.retries = retries;
  model.has_fallback = has_fallback;
  model.retry_on = DefaultRetryOn(has_fallback);
  model.fallback_on = DefaultFallbackOn();
  return model;
}

// first → (success: end | fallback: second → end)
inline std::shared_ptr<const Program> TwoModels(uint8_t retries, bool first_has_fallback = true) {
  ProgramBuilder builder;
  const ProgramBuilder::Label second = builder.NewLabel();
  const ProgramBuilder::Label end = builder.NewLabel();
  builder.Emit("first", Opcode::kCall, 0,
               builder.Model("first", Model(retries, first_has_fallback)), end,
               first_has_fallback ? second : end);
  builder.Place(second);
  builder.Emit("second", Opcode::kCall, 0, builder.Model("second", Model(0, true)), end, end);
  builder.Place(end);
  builder.Emit("end", Opcode::kEnd, 0, 0);
  return builder.Build();
}

inline CallAnswer Failed(ErrorClass error) {
  CallAnswer answer;
  answer.error = error;
  answer.random = uint64_t{1} << 63;  // the middle: no jitter
  return answer;
}

inline FinishStep Finish(const Step& step) {
  EXPECT_TRUE(std::holds_alternative<FinishStep>(step));
  return std::get<FinishStep>(step);
}

inline CallStep Call(const Step& step) {
  EXPECT_TRUE(std::holds_alternative<CallStep>(step));
  return std::get<CallStep>(step);
}

}  // namespace junctor::testing
