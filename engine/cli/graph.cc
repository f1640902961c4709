// junctor graph: a route as a picture's source.
#include "compiler/graph/export.h"
#include "engine/cli/commands.h"
#include "engine/cli/route_input.h"

namespace junctor::engine {

int RunGraph(const GraphOptions& options, const Console& console) {
  const std::optional<compiler::CompileResult> result = CompileInput(options.file, console);
  if (!result.has_value()) return kExitFailure;
  console.out << (options.format == GraphFormat::kDot ? compiler::ToDot(*result->graph)
                                                      : compiler::ToMermaid(*result->graph));
  return kExitOk;
}

}  // namespace junctor::engine
