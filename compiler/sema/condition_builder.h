// Putting conditions together.
#pragma once

#include <vector>

#include "compiler/graph/condition.h"
#include "compiler/syntax/json_tree.h"

namespace junctor::compiler {

// The bytes of `member`, key and value.
Span SpanOf(const JsonMember& member);

Condition Always(Span span);
Condition Never(Span span);
// A test without an operand yet.
Condition MakeTest(Opcode opcode, const std::string& field, Span span);
Condition MakeTest(Opcode opcode, const std::string& field, Span span, const Value& constant);
Condition Not(Condition child, Span span);
// All (any) of `children`: one child is itself, none is always (never).
Condition AllOf(std::vector<Condition> children, Span span);
Condition AnyOf(std::vector<Condition> children, Span span);

}  // namespace junctor::compiler
