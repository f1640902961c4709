// Regular expressions of conditions: options, and what RE2 says of the pattern (R31).
#pragma once

#include <string>
#include <string_view>

#include "compiler/sema/context.h"
#include "compiler/syntax/json_tree.h"

namespace junctor::compiler {

// `pattern` without what option `x` makes insignificant: white space and `#` comments, but for
// those that are escaped or stand in a character class.
std::string StripExtended(std::string_view pattern);

// Reads `options`, a string with any of i m s x. Sets `*kept` to those of i, m and s that are
// there, and `*extended` where x is. False where there are others (reported).
bool ReadPatternOptions(const JsonValue& options, std::string* kept, bool* extended,
                        SemaContext* context);

// Whether RE2 takes `pattern`; if not, reports at `value` why, with a code of its own for what RE2
// leaves out on purpose.
bool CheckPattern(const std::string& pattern, const std::string& options, const JsonValue& value,
                  SemaContext* context);

}  // namespace junctor::compiler
