// What a decision costs: from the raw body, with the fields at hand, per hop, per swap. Run a
// release build:
//   flow_bench --benchmark_repetitions=5
//
// The route has four branches and five conditions, over fields of a chat body of 1 KB. Requests are
// drawn at random from 64, so that the branch predictor can't learn their order.
#include <cstdio>
#include <cstdlib>
#include <new>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "benchmark/benchmark.h"
#include "runtime/interp/execution.h"
#include "runtime/registry/registry.h"
#include "runtime/request/json_reader.h"

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

namespace junctor {
namespace {

constexpr size_t kRequests = 64;
constexpr size_t kBodyBytes = 1024;

class RouteParts {
 public:
  RouteParts() {
    parts_.route_name = "bench";
    parts_.arena = std::make_shared<std::pmr::monotonic_buffer_resource>();
    parts_.elements = {"conditions", "model", "end"};
  }

  uint16_t Slot(const char* field) {
    parts_.fields.emplace_back(field);
    return static_cast<uint16_t>(parts_.fields.size() - 1);
  }
  uint32_t Constant(const char* json) {
    parts_.constants.push_back(ReadJson(json, parts_.arena.get()));
    return static_cast<uint32_t>(parts_.constants.size() - 1);
  }
  void Add(Opcode opcode, uint16_t slot, uint32_t operand, uint32_t on_true, uint32_t on_false,
           uint32_t element) {
    parts_.code.push_back({opcode, 0, slot, operand, on_true, on_false});
    parts_.debug.push_back(element);
  }
  uint32_t Model(const char* name) {
    ModelSpec model;
    model.provider = "demo";
    model.model = name;
    model.element = 1;
    parts_.models.push_back(model);
    return static_cast<uint32_t>(parts_.models.size() - 1);
  }
  std::shared_ptr<const Program> Build() {
    parts_.bounds = {static_cast<uint32_t>(parts_.code.size()), 10'000, 1'000'000};
    auto program = Program::Create(std::move(parts_));
    if (!program.ok()) {
      fprintf(stderr, "%s\n", program.status().ToString().c_str());
      std::abort();
    }
    return *std::move(program);
  }

 private:
  ProgramParts parts_;
};

// user = "vip-7" → A; max_tokens > 4000 → B; stream and temperature <= 0.3 → C; tier in (…) → D;
// else none.
std::shared_ptr<const Program> FiveConditions() {
  RouteParts parts;
  const uint16_t user = parts.Slot("body.user");
  const uint16_t max_tokens = parts.Slot("body.max_tokens");
  const uint16_t stream = parts.Slot("body.stream");
  const uint16_t temperature = parts.Slot("body.temperature");
  const uint16_t tier = parts.Slot("body.metadata.tier");
  const uint32_t vip = parts.Constant("\"vip-7\"");
  const uint32_t many = parts.Constant("4000");
  const uint32_t yes = parts.Constant("true");
  const uint32_t cool = parts.Constant("0.3");
  const uint32_t tiers = parts.Constant(R"(["gold","silver","team","partner"])");
  parts.Add(Opcode::kEq, user, vip, 5, 1, 0);
  parts.Add(Opcode::kGt, max_tokens, many, 6, 2, 0);
  parts.Add(Opcode::kEq, stream, yes, 3, 4, 0);
  parts.Add(Opcode::kLe, temperature, cool, 7, 4, 0);
  parts.Add(Opcode::kIn, tier, tiers, 8, 9, 0);
  for (const char* model : {"a", "b", "c", "d"}) {
    parts.Add(Opcode::kCall, 0, parts.Model(model), 9, 9, 1);
  }
  parts.Add(Opcode::kEnd, 0, 0, 0, 0, 2);
  return parts.Build();
}

struct Body {
  std::string text;
  size_t size = 0;
};

std::vector<Body> Bodies() {
  std::mt19937 random(5);
  std::vector<Body> bodies;
  for (size_t i = 0; i < kRequests; ++i) {
    const auto pick = [&](std::vector<std::string> from) { return from[random() % from.size()]; };
    Body body;
    body.text = R"({"model":"dynamic/bench","user":")" + pick({"vip-7", "user-1234", "user-99"}) +
                R"(","max_tokens":)" + pick({"256", "8000", "1024"}) + R"(,"temperature":)" +
                pick({"0.2", "0.7", "1"}) + R"(,"stream":)" + pick({"true", "false"}) +
                R"(,"metadata":{"team":"search","tier":")" + pick({"gold", "free", "trial"}) +
                R"("},"messages":[{"role":"system","content":"You are a helpful assistant."})";
    int turn = 0;
    while (body.text.size() < kBodyBytes - 80) {
      body.text +=
          std::string(R"(,{"role":")") + (turn++ % 2 == 0 ? "user" : "assistant") +
          R"(","content":"Which of the two roads is the shorter one, and why?\nTell me \"all\"."})";
    }
    body.text += "]}";
    body.size = body.text.size();
    body.text.append(kBodyPadding, ' ');
    bodies.push_back(std::move(body));
  }
  return bodies;
}

void CountAllocations(benchmark::State& state, size_t before) {
  state.counters["allocations"] = benchmark::Counter(static_cast<double>(allocations - before),
                                                     benchmark::Counter::kAvgIterations);
}

void BM_DecisionFromRawBody(benchmark::State& state) {
  const auto program = FiveConditions();
  const std::vector<Body> bodies = Bodies();
  BodyScanner scanner;
  BodyIndex index;
  std::minstd_rand random(3);
  const size_t before = allocations;
  for (auto _ : state) {
    const Body& body = bodies[random() % kRequests];
    if (!scanner.Scan({body.text.data(), body.size}, &index).ok()) std::abort();
    Request request;
    request.body = &index;
    Execution execution(program, &request);
    benchmark::DoNotOptimize(execution.Start());
  }
  CountAllocations(state, before);
}
BENCHMARK(BM_DecisionFromRawBody);

void BM_ScanOnly(benchmark::State& state) {
  const std::vector<Body> bodies = Bodies();
  BodyScanner scanner;
  BodyIndex index;
  std::minstd_rand random(3);
  for (auto _ : state) {
    const Body& body = bodies[random() % kRequests];
    benchmark::DoNotOptimize(scanner.Scan({body.text.data(), body.size}, &index));
  }
}
BENCHMARK(BM_ScanOnly);

// With the body scanned: look-up of the fields and the decision.
void BM_DecisionFromScannedBody(benchmark::State& state) {
  const auto program = FiveConditions();
  const std::vector<Body> bodies = Bodies();
  BodyScanner scanner;
  std::vector<BodyIndex> indices(kRequests);
  std::vector<Request> requests(kRequests);
  for (size_t i = 0; i < kRequests; ++i) {
    if (!scanner.Scan({bodies[i].text.data(), bodies[i].size}, &indices[i]).ok()) std::abort();
    requests[i].body = &indices[i];
  }
  std::minstd_rand random(3);
  const size_t before = allocations;
  for (auto _ : state) {
    Execution execution(program, &requests[random() % kRequests]);
    benchmark::DoNotOptimize(execution.Start());
  }
  CountAllocations(state, before);
}
BENCHMARK(BM_DecisionFromScannedBody);

// Fields at hand: the same five conditions many times over in one program, whose slots the first
// round fills; the time of a round.
constexpr uint32_t kRounds = 1000;

std::shared_ptr<const Program> ManyRounds() {
  RouteParts parts;
  const uint16_t user = parts.Slot("body.user");
  const uint16_t max_tokens = parts.Slot("body.max_tokens");
  const uint16_t stream = parts.Slot("body.stream");
  const uint16_t temperature = parts.Slot("body.temperature");
  const uint16_t tier = parts.Slot("body.metadata.tier");
  const uint32_t vip = parts.Constant("\"vip-7\"");
  const uint32_t many = parts.Constant("4000");
  const uint32_t yes = parts.Constant("true");
  const uint32_t cool = parts.Constant("0.3");
  const uint32_t tiers = parts.Constant(R"(["gold","silver","team","partner"])");
  for (uint32_t round = 0; round < kRounds; ++round) {
    const uint32_t at = round * 5;
    parts.Add(Opcode::kEq, user, vip, at + 1, at + 1, 0);
    parts.Add(Opcode::kGt, max_tokens, many, at + 2, at + 2, 0);
    parts.Add(Opcode::kEq, stream, yes, at + 3, at + 3, 0);
    parts.Add(Opcode::kLe, temperature, cool, at + 4, at + 4, 0);
    parts.Add(Opcode::kIn, tier, tiers, at + 5, at + 5, 0);
  }
  parts.Add(Opcode::kEnd, 0, 0, 0, 0, 2);
  return parts.Build();
}

void BM_FiveConditionsFieldsAtHand(benchmark::State& state) {
  const auto program = ManyRounds();
  const std::vector<Body> bodies = Bodies();
  BodyScanner scanner;
  BodyIndex index;
  std::minstd_rand random(3);
  for (auto _ : state) {
    state.PauseTiming();
    const Body& body = bodies[random() % kRequests];
    if (!scanner.Scan({body.text.data(), body.size}, &index).ok()) std::abort();
    Request request;
    request.body = &index;
    Execution execution(program, &request);
    state.ResumeTiming();
    benchmark::DoNotOptimize(execution.Start());
  }
  state.counters["per_decision"] =
      benchmark::Counter(static_cast<double>(state.iterations()) * kRounds,
                         benchmark::Counter::kIsRate | benchmark::Counter::kInvert);
}
BENCHMARK(BM_FiveConditionsFieldsAtHand);

// One hop: a call that fails over to the next, without conditions.
void BM_Hop(benchmark::State& state) {
  constexpr uint32_t kHops = 1000;
  RouteParts parts;
  const uint32_t model = parts.Model("a");
  for (uint32_t i = 0; i < kHops; ++i) parts.Add(Opcode::kCall, 0, model, i + 1, i + 1, 1);
  parts.Add(Opcode::kEnd, 0, 0, 0, 0, 2);
  const auto program = parts.Build();
  const Request request;
  const CallAnswer answered;
  for (auto _ : state) {
    Execution execution(program, &request);
    Step step = execution.Start();
    for (uint32_t i = 0; i < kHops; ++i) step = execution.ResumeCall(answered);
    benchmark::DoNotOptimize(step);
  }
  state.counters["per_hop"] =
      benchmark::Counter(static_cast<double>(state.iterations()) * kHops,
                         benchmark::Counter::kIsRate | benchmark::Counter::kInvert);
}
BENCHMARK(BM_Hop);

void BM_ReaderUnchanged(benchmark::State& state) {
  Registry registry;
  registry.Publish("bench", FiveConditions());
  RegistryReader reader(&registry);
  for (auto _ : state) benchmark::DoNotOptimize(&reader.Get());
}
BENCHMARK(BM_ReaderUnchanged);

void BM_RouteLookUp(benchmark::State& state) {
  Registry registry;
  const auto program = FiveConditions();
  for (int i = 0; i < 1000; ++i) registry.Publish("route-" + std::to_string(i), program);
  RegistryReader reader(&registry);
  for (auto _ : state) benchmark::DoNotOptimize(reader.Get().Find("route-500"));
}
BENCHMARK(BM_RouteLookUp);

// One swap in a table of as many routes, with a reader that follows.
void BM_Swap(benchmark::State& state) {
  Registry registry;
  const auto program = FiveConditions();
  for (int64_t i = 0; i < state.range(0); ++i) {
    registry.Publish("route-" + std::to_string(i), program);
  }
  RegistryReader reader(&registry);
  for (auto _ : state) {
    registry.Publish("route-0", program);
    benchmark::DoNotOptimize(&reader.Get());
  }
}
BENCHMARK(BM_Swap)->Arg(1)->Arg(10)->Arg(100)->Arg(1000)->Arg(10'000);

}  // namespace
}  // namespace junctor

BENCHMARK_MAIN();
