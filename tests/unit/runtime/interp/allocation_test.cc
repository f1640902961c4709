// Executions allocate when they are made, and not per step.
#include <cstdlib>
#include <new>

#include "gtest/gtest.h"
#include "runtime/interp/execution.h"
#include "tests/unit/runtime/interp/program_builder.h"
#include "tests/unit/runtime/interp/test_request.h"

namespace {
size_t allocations = 0;
}

// Not in line, or the compiler takes new and free for a mismatch.
[[gnu::noinline]] void* operator new(size_t size) {
  ++allocations;
  if (void* memory = std::malloc(size)) return memory;
  std::abort();
}
[[gnu::noinline]] void* operator new(size_t size, const std::nothrow_t&) noexcept {
  ++allocations;
  return std::malloc(size);
}
[[gnu::noinline]] void operator delete(void* memory) noexcept { std::free(memory); }
[[gnu::noinline]] void operator delete(void* memory, size_t) noexcept { std::free(memory); }

namespace junctor::testing {
namespace {

TEST(Allocation, NoStepOverScalarFieldsAllocates) {
  ProgramBuilder builder;
  const auto limited = builder.NewLabel();
  const auto split = builder.NewLabel();
  const auto call = builder.NewLabel();
  const auto end = builder.NewLabel();
  builder.Emit("if", Opcode::kEq, builder.SlotOf("body.user"), builder.JsonConstant("\"ada\""),
               limited, end);
  builder.Place(limited);
  LimitSpec limit;
  limit.limit = 1;
  limit.window_seconds = 1;
  limit.key_slots = {builder.SlotOf("body.user"), builder.SlotOf("headers.x-region"),
                     builder.SlotOf("metadata.plan")};
  builder.Emit("limit", Opcode::kLimit, 0, builder.Limit("limit", limit), split, end);
  builder.Place(split);
  SplitSpec spec;
  spec.key_slot = builder.SlotOf("metadata.plan");
  spec.outputs = {{"50%", 500'000, call}, {"else", kShareTotal, call}};
  builder.Emit("split", Opcode::kSplit, 0, builder.Split("split", spec));
  builder.Place(call);
  ModelSpec model;
  model.retries = 5;
  model.retry_on = kAllErrorClasses;
  builder.Emit("model", Opcode::kCall, 0, builder.Model("model", model), end, end);
  builder.Place(end);
  builder.Emit("end", Opcode::kEnd, 0, 0);
  const auto program = builder.Build();
  TestRequest request;
  request.Body(R"({"user":"ada"})").Header("X-Region", "eu").MetadataText(R"({"plan":"free"})");

  Execution execution(program, request.get());
  const size_t before = allocations;
  Step step = execution.Start();
  EXPECT_TRUE(std::holds_alternative<LimitStep>(step));
  step = execution.ResumeLimit({});
  CallAnswer failed;
  failed.error = ErrorClass::kReset;
  for (int i = 0; i < 5; ++i) step = execution.ResumeCall(failed);
  EXPECT_TRUE(std::holds_alternative<CallStep>(step));
  step = execution.ResumeCall({});
  EXPECT_TRUE(std::holds_alternative<FinishStep>(step));
  EXPECT_EQ(allocations - before, 0u);
}

}  // namespace
}  // namespace junctor::testing
