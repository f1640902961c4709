// JSON schemas as Anthropic's structured output takes them.
#pragma once

#include <string>
#include <string_view>

#include "absl/status/statusor.h"

namespace junctor::engine {

// Deepest nesting of a schema that is read.
inline constexpr int kMaxSchemaDepth = 64;

// `schema` with `"additionalProperties":false` in each object type that says nothing of it: Claude
// refuses the others. InvalidArgument where it is not JSON or too deep.
absl::StatusOr<std::string> CloseSchemaObjects(std::string_view schema);

}  // namespace junctor::engine
