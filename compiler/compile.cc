// The stages of the compiler in order: source → syntax → sema → passes → codegen → verified
// program.
#define XXH_INLINE_ALL
#include "compiler/compile.h"

#include <xxhash.h>

#include <algorithm>
#include <string>
#include <utility>

#include "absl/status/statusor.h"
#include "compiler/codegen/codegen.h"
#include "compiler/diag/sink.h"
#include "compiler/graph/bounds.h"
#include "compiler/sema/analyze.h"
#include "compiler/syntax/parser.h"

namespace junctor::compiler {
namespace {

// From the checked graph to the program, which the verifier has the last word on.
absl::StatusOr<std::shared_ptr<const Program>> BuildProgram(const FlowGraph& checked,
                                                            std::string_view text,
                                                            const CompileOptions& options) {
  ProgramFacts facts;
  facts.bounds = ComputeBounds(checked).values;
  facts.source_hash = XXH64(text.data(), text.size(), 0);
  FlowGraph graph = checked;
  RunPasses(graph, options.optimise ? options.passes : RequiredPasses());
  absl::StatusOr<ProgramParts> parts = GenerateCode(graph, facts);
  if (!parts.ok()) return parts.status();
  return Program::Create(*std::move(parts));
}

std::unique_ptr<FlowGraph> CheckRoute(const Source& source, const CompileOptions& options,
                                      DiagnosticSink& sink) {
  const std::unique_ptr<RouteSyntax> route =
      ParseRoute(source, {.allow_comments = options.allow_comments}, &sink);
  if (route == nullptr) return nullptr;
  return Analyze(*route, source,
                 {.cost_limits_act = options.cost_limits_act,
                  .known_providers = options.known_providers,
                  .is_priced = options.is_priced},
                 &sink);
}

}  // namespace

size_t CompileResult::CountOf(Severity severity) const {
  return static_cast<size_t>(
      std::count_if(diagnostics.begin(), diagnostics.end(),
                    [severity](const Diagnostic& one) { return one.severity == severity; }));
}

CompileResult Compile(std::string_view name, std::string_view text, const CompileOptions& options) {
  CompileResult result;
  auto source = std::make_shared<const Source>(std::string(name), std::string(text));
  DiagnosticSink sink(*source);
  if (std::unique_ptr<FlowGraph> checked = CheckRoute(*source, options, sink)) {
    absl::StatusOr<std::shared_ptr<const Program>> program = BuildProgram(*checked, text, options);
    if (program.ok()) {
      result.graph = std::move(checked);
      result.program = *std::move(program);
    } else {
      Diagnostic refused;
      refused.code = DiagCode::kProgramRefused;
      refused.message = "the route compiles to a program that may not run: " +
                        std::string(program.status().message());
      sink.Report(std::move(refused));
    }
  }
  result.diagnostics = sink.Take();
  result.source = std::move(source);
  return result;
}

}  // namespace junctor::compiler
