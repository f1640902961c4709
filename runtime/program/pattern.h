// Regular expressions of conditions (R31): one way to compile them, for the compiler's checks and
// for programs.
#pragma once

#include <memory>
#include <string_view>

#include "absl/status/statusor.h"
#include "re2/re2.h"

namespace junctor {

// Compiles `pattern` with `options` (any of `i`, `m`, `s`, each at most once) as programs run it:
// RE2 syntax, UTF-8, no captures, no logging. InvalidArgument holds RE2's own reason, e.g. "invalid
// perl operator: (?=", or names the bad option. The result is thread-safe.
absl::StatusOr<std::unique_ptr<re2::RE2>> CompilePattern(std::string_view pattern,
                                                         std::string_view options);

}  // namespace junctor
