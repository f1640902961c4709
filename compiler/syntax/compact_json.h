// JSON as text again, without white space and comments.
#pragma once

#include <string>

#include "compiler/source/source.h"
#include "compiler/syntax/json_tree.h"

namespace junctor::compiler {

// The text of `value` without white space, comments and trailing commas; strings and numbers keep
// their spelling. For values without errors. Does not recurse.
std::string CompactJson(const JsonValue& value, const Source& source);

}  // namespace junctor::compiler
