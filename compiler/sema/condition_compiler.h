// From a condition as written to the condition of a graph: MongoDB's operators reduced to tests
// (R29, R30).
#pragma once

#include "compiler/graph/condition.h"
#include "compiler/sema/context.h"
#include "compiler/syntax/json_tree.h"

namespace junctor::compiler {

// Compiles the condition `document`, an object. Errors go to context->sink; what they concern then
// always holds. Constants live in the graph's arena.
Condition CompileCondition(const JsonValue& document, SemaContext* context);

}  // namespace junctor::compiler
