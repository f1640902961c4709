#include "compiler/codegen/codegen.h"

#include <string>

#include "compiler/codegen/jumps.h"
#include "compiler/codegen/tables.h"

namespace junctor::compiler {

absl::StatusOr<ProgramParts> GenerateCode(const FlowGraph& graph, const ProgramFacts& facts) {
  const JumpCode jumps = LowerJumps(graph);
  TableBuilder tables(graph, jumps);
  ProgramParts parts;
  parts.route_name = graph.route_name;
  parts.source_hash = facts.source_hash;
  parts.deadline_ms = graph.deadline_ms;
  parts.bounds = facts.bounds;
  parts.code.reserve(jumps.drafts.size());
  parts.debug.reserve(jumps.drafts.size());
  for (const JumpDraft& draft : jumps.drafts) {
    parts.code.push_back(tables.Finish(draft));
    parts.debug.push_back(tables.ElementOf(graph.nodes[draft.node].element));
  }
  if (tables.field_count() > kNoSlot) {
    return absl::ResourceExhaustedError("too many different fields (limit is " +
                                        std::to_string(kNoSlot) + ", this route has " +
                                        std::to_string(tables.field_count()) + ")");
  }
  tables.MoveTo(parts);
  return parts;
}

}  // namespace junctor::compiler
