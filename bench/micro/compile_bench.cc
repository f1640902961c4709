// Compile time per element, from 10 to 100,000 elements: it must stay flat, and 100,000 elements
// take less than 2 s.
//
//   compile_bench --benchmark_counters_tabular=true
//
// The counter `per_element` is the time that one element takes.
#include <benchmark/benchmark.h>

#include <memory>
#include <string>

#include "absl/strings/str_cat.h"
#include "compiler/codegen/codegen.h"
#include "compiler/compile.h"
#include "compiler/graph/bounds.h"
#include "compiler/passes/pass.h"

namespace junctor::compiler {
namespace {

std::string Output(const std::string& name, const std::string& target) {
  return absl::StrCat("\"", name, "\":{\"elementId\":\"", target, "\"}");
}

// One element on a line of its own; `properties` may be empty.
std::string Element(const std::string& id, const std::string& type, const std::string& properties,
                    const std::string& outputs) {
  std::string text = absl::StrCat("{\"id\":\"", id, "\",\"type\":\"", type, "\"");
  if (!properties.empty()) absl::StrAppend(&text, ",\"properties\":{", properties, "}");
  if (!outputs.empty()) absl::StrAppend(&text, ",\"outputs\":{", outputs, "}");
  return text + "}";
}

std::string Document(const std::string& elements) {
  return absl::StrCat("{\n  \"name\":\"bench\",\n  \"elements\":[\n", elements, "\n  ]\n}\n");
}

// An ordinary route, `count` elements long, short enough for 100,000 to keep the limit of the text
// (R4): groups of a branch with two tests, a limit, a model with fallback, a split.
std::string MixedRoute(int64_t count) {
  std::string text = Element("start", "start", "", Output("next", "e0"));
  for (int64_t i = 0; i < count - 2; ++i) {
    const std::string id = absl::StrCat("e", i);
    const std::string next = i + 1 < count - 2 ? absl::StrCat("e", i + 1) : "end";
    text += ",\n";
    switch (i % 4) {
      case 0:
        text += Element(id, "conditional",
                        absl::StrCat("\"conditions\":{\"metadata.plan\":\"p", i % 97,
                                     "\",\"body.max_tokens\":{\"$gt\":", i, "}}"),
                        Output("true", next) + "," + Output("false", "end"));
        break;
      case 1:
        text +=
            Element(id, "rate",
                    "\"limitType\":\"count\",\"key\":\"metadata.user\",\"limit\":10,\"window\":60",
                    Output("success", next));
        break;
      case 2:
        text += Element(id, "model",
                        "\"provider\":\"openai\",\"model\":\"gpt-4o-mini\",\"timeout\":5000,"
                        "\"retries\":1",
                        Output("success", "end") + "," + Output("fallback", next));
        break;
      default:
        text +=
            Element(id, "percentage", "", Output("10% new", next) + "," + Output("else", "end"));
        break;
    }
  }
  return Document(text + ",\n" + Element("end", "end", "", ""));
}

// A chain of equalities on one field, which becomes one switch.
std::string EqualityChain(int64_t count) {
  std::string text = Element("start", "start", "", Output("next", "e0"));
  for (int64_t i = 0; i < count - 3; ++i) {
    const std::string next = i + 1 < count - 3 ? absl::StrCat("e", i + 1) : "end";
    text += ",\n" + Element(absl::StrCat("e", i), "conditional",
                            absl::StrCat("\"conditions\":{\"metadata.user\":\"u", i, "\"}"),
                            Output("true", "model") + "," + Output("false", next));
  }
  text += ",\n" + Element("model", "model", "\"provider\":\"openai\",\"model\":\"gpt-4o-mini\"",
                          Output("success", "end"));
  return Document(text + ",\n" + Element("end", "end", "", ""));
}

void ReportPerElement(benchmark::State& state) {
  state.counters["per_element"] = benchmark::Counter(
      static_cast<double>(state.range(0)),
      benchmark::Counter::kIsIterationInvariantRate | benchmark::Counter::kInvert);
}

void CompileText(benchmark::State& state, const std::string& text, const CompileOptions& options) {
  for (auto _ : state) {
    const CompileResult result = Compile("bench", text, options);
    if (!result.ok()) {
      state.SkipWithError(result.diagnostics.empty() ? "no program"
                                                     : result.diagnostics[0].message.c_str());
      break;
    }
    benchmark::DoNotOptimize(result.program.get());
  }
  ReportPerElement(state);
}

void CompileMixedRoute(benchmark::State& state) {
  CompileText(state, MixedRoute(state.range(0)), {});
}

void CompileMixedRouteUnoptimised(benchmark::State& state) {
  CompileOptions options;
  options.optimise = false;
  CompileText(state, MixedRoute(state.range(0)), options);
}

void CompileEqualityChain(benchmark::State& state) {
  CompileText(state, EqualityChain(state.range(0)), {});
}

// What stands behind sema: bounds, passes, codegen, verifier.
void BackEndOfMixedRoute(benchmark::State& state) {
  const CompileResult result = Compile("bench", MixedRoute(state.range(0)), {});
  if (!result.ok()) {
    state.SkipWithError("the route does not compile");
    return;
  }
  for (auto _ : state) {
    ProgramFacts facts;
    facts.bounds = ComputeBounds(*result.graph).values;
    FlowGraph graph = *result.graph;
    RunPasses(graph, EveryPass());
    auto parts = GenerateCode(graph, facts);
    auto program = Program::Create(*std::move(parts));
    benchmark::DoNotOptimize(program);
  }
  ReportPerElement(state);
}

BENCHMARK(CompileMixedRoute)
    ->RangeMultiplier(10)
    ->Range(10, 100'000)
    ->Unit(benchmark::kMillisecond);
BENCHMARK(CompileMixedRouteUnoptimised)
    ->RangeMultiplier(10)
    ->Range(10, 100'000)
    ->Unit(benchmark::kMillisecond);
BENCHMARK(CompileEqualityChain)
    ->RangeMultiplier(10)
    ->Range(10, 100'000)
    ->Unit(benchmark::kMillisecond);
BENCHMARK(BackEndOfMixedRoute)
    ->RangeMultiplier(10)
    ->Range(10, 100'000)
    ->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace junctor::compiler
