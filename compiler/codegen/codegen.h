// The last stage of the compiler: from the flow graph, after its passes, to a program in parts.
#pragma once

#include <cstdint>

#include "absl/status/statusor.h"
#include "compiler/graph/flow_graph.h"
#include "runtime/program/program_parts.h"

namespace junctor::compiler {

// What a program says of the route that it was made from.
struct ProgramFacts {
  ProgramBounds bounds;      // of the graph before the passes, as R7 reports them
  uint64_t source_hash = 0;  // XXH64 of the text
};

// The program of `graph`. Equal graphs give equal programs, and the parts own all that they hold.
// Linear in the size of the graph. ResourceExhausted when the route reads more fields than there
// are slots. REQUIRES: the required passes have run.
absl::StatusOr<ProgramParts> GenerateCode(const FlowGraph& graph, const ProgramFacts& facts);

}  // namespace junctor::compiler
