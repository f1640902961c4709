// See analyze.h. The order of the passes is part of the design: each one relies on what those
// before it reported.
#include "compiler/sema/analyze.h"

#include "compiler/sema/context.h"
#include "compiler/sema/passes.h"

namespace junctor::compiler {

std::unique_ptr<FlowGraph> Analyze(const RouteSyntax& route, const Source& source,
                                   const AnalyzeOptions& options, DiagnosticSink* sink) {
  auto graph = std::make_unique<FlowGraph>();
  graph->arena = std::make_shared<std::pmr::monotonic_buffer_resource>();
  SemaContext context = {.route = route,
                         .source = source,
                         .options = options,
                         .sink = sink,
                         .graph = graph.get(),
                         .ids = {},
                         .targets = {},
                         .edges = {},
                         .first_edge = {},
                         .fields = {},
                         .patterns = {}};
  CheckNames(&context);
  CheckDeadline(&context);
  CheckLinks(&context);
  CheckElements(&context);
  CheckCycles(&context);
  if (sink->error_count() > 0) return nullptr;
  graph->start = context.start;
  CheckReachability(&context);
  CheckPrices(&context);
  return graph;
}

}  // namespace junctor::compiler
