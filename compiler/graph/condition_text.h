// A condition as one line of text, for dumps, exports and messages to people.
#pragma once

#include <string>

#include "compiler/graph/condition.h"

namespace junctor::compiler {

// `metadata.plan eq "pro" and not (body.n gt 5 or body.n exists)`: opcode names as mnemonics, long
// constants cut.
std::string ConditionToText(const Condition& condition);

}  // namespace junctor::compiler
