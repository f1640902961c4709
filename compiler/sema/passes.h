// The passes of the analysis, in the order in which they run. Each reports to context->sink and
// relies on those before it.
#pragma once

#include "compiler/sema/context.h"

namespace junctor::compiler {

// R5: the route's name and id, the elements' ids and their uniqueness. Fills `ids` and the graph's
// elements.
void CheckNames(SemaContext* context);

// R6: one start; every output leads to an element, and none to the start. Fills `targets`, `edges`,
// `start`.
void CheckLinks(SemaContext* context);

// R10–R14, R19, R25: each element's outputs and properties. Fills the graph's nodes.
void CheckElements(SemaContext* context);

// R19: the route's deadline.
void CheckDeadline(SemaContext* context);

// R7: no cycle. Reports each output that closes one.
void CheckCycles(SemaContext* context);

// R8: elements that nothing reaches, and a path to an end without a model. Relies on there being no
// cycle.
void CheckReachability(SemaContext* context);

// R16: models without a known price in a route with a cost limit. Relies on the graph being whole.
void CheckPrices(SemaContext* context);

}  // namespace junctor::compiler
