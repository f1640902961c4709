// Tests that can never hold: wrong types and contradictions (R32). Warnings only: nothing here
// changes a condition.
#pragma once

#include <string>
#include <vector>

#include "compiler/graph/condition.h"
#include "compiler/sema/context.h"
#include "compiler/syntax/json_tree.h"

namespace junctor::compiler {

// Warns where `operand` is of a type that `field` never has, or outside its range. `opcode` is kEq,
// kIn (of one item), or a comparison.
void LintComparison(const KnownField& field, Opcode opcode, const JsonValue& operand,
                    const Value& constant, SemaContext* context);

// Warns where `field` never has a type of `mask` (of TypeBit), which `test`, such as "`$regex`",
// wants. `wanted` names the types: "strings".
void LintTypes(const KnownField& field, uint32_t mask, std::string_view test,
               std::string_view wanted, const JsonMember& member, SemaContext* context);

// Warns of tests of one field, all of which must hold, that contradict one another. With
// `scalars_only`, looks at fields alone that can't be arrays: of an array, different elements can
// pass different tests.
void LintContradictions(const std::vector<Condition>& all_of, bool scalars_only,
                        SemaContext* context);

}  // namespace junctor::compiler
