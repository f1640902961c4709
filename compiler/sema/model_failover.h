// What a model element says of a target that is slow or down: `hedge` and `health`.
#pragma once

#include "compiler/sema/context.h"
#include "compiler/sema/outputs.h"
#include "compiler/sema/properties.h"
#include "runtime/program/program_parts.h"

namespace junctor::compiler {

// Reads `hedge` and `health` of a model element into `spec`, whose times and error classes are
// read. Reports what is wrong, and a hedge that can't start.
void ReadFailover(const Properties& properties, const Outputs& outputs, SemaContext* context,
                  ModelSpec* spec);

}  // namespace junctor::compiler
