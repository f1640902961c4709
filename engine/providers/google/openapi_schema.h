// JSON Schema cut down to the subset of OpenAPI's schemas that Google's older models take.
#pragma once

#include <string>
#include <string_view>

#include "absl/status/statusor.h"

namespace simdjson::dom {
class element;
}  // namespace simdjson::dom

namespace junctor::engine {

// Deepest nesting of a schema, references followed: one that contains itself has no end.
inline constexpr int kMaxSchemaDepth = 64;
// Largest schema after its references were put in.
inline constexpr size_t kMaxSchemaBytes = 1024 * 1024;

// Writes `schema` with what the subset knows: `$ref` into `$defs` or `definitions` is replaced by
// what it stands for, a list of types with null becomes `nullable`, `const` a list of one, `oneOf`
// `anyOf`, and `allOf` of one is that one; other keys are left out. InvalidArgument: too deep or
// too large, or a reference that leads nowhere in this schema.
absl::StatusOr<std::string> OpenApiSchema(const simdjson::dom::element& schema);

}  // namespace junctor::engine
