// One function per type of element: its outputs and properties checked and turned into a node.
#pragma once

#include "compiler/sema/context.h"

namespace junctor::compiler {

// Element `index` of the route, which must be of the type in the function's name. Errors go to
// context->sink; the node is then only good for going on with the other checks.
StartNode CheckStart(uint32_t index, SemaContext* context);         // R10
BranchNode CheckConditional(uint32_t index, SemaContext* context);  // R11
SplitNode CheckPercentage(uint32_t index, SemaContext* context);    // R12, R13
LimitNode CheckRate(uint32_t index, SemaContext* context);          // R14
CallNode CheckModel(uint32_t index, SemaContext* context);          // R19
EndNode CheckEnd(uint32_t index, SemaContext* context);             // R25

}  // namespace junctor::compiler
