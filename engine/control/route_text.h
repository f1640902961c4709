// A stored route as the compiler gets it: its name and its elements put together into one text, and
// what the compiler says of it, in terms of what the client had sent.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "compiler/compile.h"
#include "engine/config/config.h"
#include "engine/control/control_error.h"
#include "engine/directory/directory.h"

namespace junctor::engine {

// `{"name":…,"elements":<as sent>}`: the text of a version, also what its `data` shows.
std::string RouteText(std::string_view name, std::string_view elements);

// SHA-256 of a version's elements, in hex: what says whether two versions are the same.
std::string SourceHash(std::string_view elements);

// How stored routes are compiled: without comments (R3). `directory` adds the custom providers to
// those that are known; null: none.
compiler::CompileOptions StoredRouteOptions(const Config& config, const Directory* directory);

// Compiles `elements`, a JSON array, as the route `name`.
compiler::CompileResult CompileElements(std::string_view name, std::string_view elements,
                                        const compiler::CompileOptions& options);

// A body with `name` and `elements` that is not quite JSON: comments, trailing commas, quotes of
// another kind. So that the compiler can say what is wrong, and where (R3).
struct LenientRoute {
  std::string name;  // empty: there is none
  std::string elements;
};
// Nothing where no array of elements can be made out.
std::optional<LenientRoute> ReadLeniently(std::string_view body);

// What the compiler said, errors and warnings, with lines and columns counted in `elements` and
// paths that begin with {"body", "elements"} or {"body", "name"}.
std::vector<ControlError> ToControlErrors(const std::vector<compiler::Diagnostic>& diagnostics,
                                          std::string_view name, std::string_view elements);

}  // namespace junctor::engine
